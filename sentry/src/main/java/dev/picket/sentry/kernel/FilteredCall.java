package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Seccomp.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ptrace;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.seccomp.FilterChain;
import dev.picket.sentry.kernel.signal.SignalInfo;

/** Asks a task's filters about the call that it is about to make, and does what they say; see seccomp(2). */
final class FilteredCall {
    private static final int MAX_ERRNO = 4095;
    private static final int RT_SIGRETURN = 15;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int EXIT = 60;

    private FilteredCall() {}

    /** Whether the call is to be made; if not, its result is set, or a run state that ends the task. */
    static boolean permits(Task task) {
        if (task.tracing().has(Ptrace.PTRACE_O_SUSPEND_SECCOMP)) {
            return true;
        }
        if (task.filters().isStrict()) {
            return permitsStrictly(task);
        }
        return permits(task, false);
    }

    private static boolean permitsStrictly(Task task) {
        int number = task.tracing().callNumber();
        if (number == READ || number == WRITE || number == EXIT || number == RT_SIGRETURN) {
            return true;
        }
        endThread(task, Signal.SIGKILL);
        return false;
    }

    private static boolean permits(Task task, boolean again) {
        byte[] data = data(task);
        var verdict = task.filters().chain().run(data);
        int action = verdict.action();
        switch (action) {
            case SECCOMP_RET_ALLOW, SECCOMP_RET_LOG -> {
                return true;
            }
            case SECCOMP_RET_ERRNO -> setResult(task, -Math.min(verdict.data(), MAX_ERRNO));
            case SECCOMP_RET_TRACE -> {
                return again || show(task, verdict.data());
            }
            case SECCOMP_RET_TRAP -> {
                var info = info(task, verdict.data());
                rollBack(task);
                task.signals().clearFault();
                task.signals().force(info);
            }
            case SECCOMP_RET_USER_NOTIF -> {
                return ask(task, verdict, data);
            }
            default -> end(task, action, verdict.data());
        }
        return false;
    }

    private static byte[] data(Task task) {
        var context = task.context();
        byte[] data = new byte[DATA_BYTES];
        Bytes.putInt(data, DATA_NR, task.tracing().callNumber());
        Bytes.putInt(data, DATA_ARCH, AUDIT_ARCH_X86_64);
        Bytes.putLong(data, DATA_INSTRUCTION_POINTER, context.registers().rip());
        for (int i = 0; i < 6; i++) {
            Bytes.putLong(data, DATA_ARGUMENTS + i * Long.BYTES, context.syscallArgument(i));
        }
        return data;
    }

    private static void setResult(Task task, long result) {
        task.context().registers().rax(result);
    }

    /** The registers are again as the call found them, for the handler of SIGSYS. */
    private static void rollBack(Task task) {
        setResult(task, task.tracing().callNumber());
    }

    private static SignalInfo info(Task task, int reason) {
        return SignalInfo.ofFilteredCall(
                reason, task.context().registers().rip(), task.tracing().callNumber(), AUDIT_ARCH_X86_64);
    }

    /** SECCOMP_RET_TRACE: the tracer decides; without one the call fails with ENOSYS. */
    private static boolean show(Task task, int data) {
        var tracing = task.tracing();
        if (!tracing.event(Ptrace.PTRACE_EVENT_SECCOMP, data)) {
            setResult(task, -Errno.ENOSYS);
            return false;
        }
        if (task.group().signals().isDoomed(task) || tracing.callNumber() < 0) {
            return false;
        }
        // The tracer may have made another call of it: that one too must be allowed.
        return permits(task, true);
    }

    private static boolean ask(Task task, FilterChain.Verdict<FilterListener> verdict, byte[] data) {
        if (verdict.listener() == null) {
            setResult(task, -Errno.ENOSYS);
            return false;
        }
        try {
            var answer = verdict.listener().ask(task, data);
            if (answer.continues()) {
                return true;
            }
            setResult(task, answer.result());
        } catch (InterruptedCallException e) {
            setResult(task, task.interruptedCall(e));
        } catch (ErrnoException e) {
            setResult(task, -e.errno());
        }
        return false;
    }

    private static void end(Task task, int action, int reason) {
        if (action == SECCOMP_RET_KILL_THREAD && task.group().tasks().size() > 1) {
            endThread(task, Signal.SIGSYS);
            return;
        }
        rollBack(task);
        task.exitGroup(Signal.SIGSYS);
    }

    private static void endThread(Task task, int signal) {
        task.exit(signal);
    }
}
