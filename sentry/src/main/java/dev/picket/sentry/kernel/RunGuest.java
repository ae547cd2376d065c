package dev.picket.sentry.kernel;

import dev.picket.platform.Access;
import dev.picket.platform.GuestContext;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.kernel.signal.SignalInfo;

/** Runs the task's program, and carries out its system calls, until something else is to be done. Allocates nothing. */
final class RunGuest implements RunState {
    static final RunGuest INSTANCE = new RunGuest();

    private RunGuest() {}

    @Override
    public RunState step(Task task) {
        var context = task.context();
        var signals = task.signals();
        while (true) {
            signals.enterGuest();
            if (signals.needsAttention()) {
                signals.leaveGuest();
                return HandleSignals.INSTANCE;
            }
            var stop = context.run(task.memory().addressSpace());
            signals.leaveGuest();

            switch (stop) {
                case SYSCALL -> {
                    RunState next = call(task, context);
                    if (next != null) {
                        return next;
                    }
                }
                case FAULT -> fault(task, context);
                case EXCEPTION -> {
                    signals.clearFault();
                    signals.force(SignalInfo.ofFault(
                            context.exceptionSignal(), context.exceptionCode(), context.exceptionAddress()));
                }
                case INTERRUPTED -> task.countInterruption();
                case LOST -> task.group().beginExit(Signal.SIGKILL);
            }
        }
    }

    private static RunState call(Task task, GuestContext context) {
        if (task.watchesCalls()) {
            return TracedCall.run(task);
        }
        // Linux looks at the lower half of rax only.
        long result = task.call((int) context.syscallNumber());
        task.releaseHeldFiles();
        RunState next = task.takeNext();
        if (next != null) {
            return next;
        }
        if (task.signals().interruption() != null) {
            return HandleSignals.INSTANCE;
        }
        context.setSyscallResult(result);
        return null;
    }

    private static void fault(Task task, GuestContext context) {
        long address = context.faultAddress();
        int access = context.faultAccess();
        int signal;
        int code;
        switch (task.memory().handleFault(address, access)) {
            case SEGV_MAPERR -> {
                signal = Signal.SIGSEGV;
                code = SignalCode.SEGV_MAPERR;
            }
            case SEGV_ACCERR -> {
                signal = Signal.SIGSEGV;
                code = SignalCode.SEGV_ACCERR;
            }
            case BUS_ADRERR -> {
                signal = Signal.SIGBUS;
                code = SignalCode.BUS_ADRERR;
            }
            case OUT_OF_MEMORY -> {
                task.group().killForMemory();
                return;
            }
            default -> {
                task.countFault();
                return;
            }
        }
        task.signals().noteFault(address, errorCode(address, access, code));
        task.signals().force(SignalInfo.ofFault(signal, code, address));
    }

    /** The page-fault error code of the processor: present, write, user, instruction fetch. */
    private static int errorCode(long address, int access, int code) {
        // Linux does not tell which addresses of its own half are mapped: all of them, as it seems.
        return (code == SignalCode.SEGV_ACCERR || address < 0 ? 1 : 0)
                | ((access & Access.WRITE) != 0 ? 2 : 0)
                | 4
                | ((access & Access.EXECUTE) != 0 ? 16 : 0);
    }
}
