package dev.picket.sentry.kernel;

import dev.picket.platform.GuestContext;
import dev.picket.platform.linux.Ptrace;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalStack;
import dev.picket.sentry.vfs.Path;
import java.util.List;

/**
 * execve(2) past the point of no return: the new program is loaded, in memory of its own; the other tasks of the process
 * end, and this one becomes the process's only one.
 */
public final class Execute implements RunState {
    private static final long USER_CS = 0x33;
    private static final long USER_SS = 0x2b;
    private static final long FLAGS = 0x202; // interrupts on, and the bit that is always 1

    private final ProgramLoader.Program program;

    private Execute(ProgramLoader.Program program) {
        this.program = program;
    }

    /**
     * Loads a program, and makes the task's run loop go over to it. By the task's own thread, from a system call.
     *
     * @param flags AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
     * @throws ErrnoException if it cannot be loaded; then nothing has changed
     */
    public static void execute(
            Task task, Path start, String fileName, int flags, List<String> arguments, List<String> environment)
            throws ErrnoException {
        // What runs with more privileges must not be in the hands of a tracer that lacks them.
        var tracer = task.tracing().tracer();
        boolean noNewPrivileges = task.privileges().noNewPrivileges()
                || tracer != null && !tracer.credentials().has(Credentials.CAP_SYS_PTRACE);
        var program = task.kernel()
                .loader()
                .load(new ProgramLoader.Request(
                        task,
                        start,
                        fileName,
                        flags,
                        arguments,
                        environment,
                        task.group().limits().bound(Resource.RLIMIT_STACK),
                        task.kernel().vdso(),
                        executable -> SetUserId.credentials(task.credentials(), executable, noNewPrivileges)));
        task.enter(new Execute(program));
    }

    /** Sets the registers as a new program finds them. */
    static void enterProgram(GuestContext context, ProgramLoader.Program program) {
        var registers = context.registers();
        registers.r15(0);
        registers.r14(0);
        registers.r13(0);
        registers.r12(0);
        registers.r11(0);
        registers.r10(0);
        registers.r9(0);
        registers.r8(0);
        registers.rbp(0);
        registers.rbx(0);
        registers.rax(0);
        registers.rcx(0);
        registers.rdx(0);
        registers.rsi(0);
        registers.rdi(0);
        registers.fsBase(0);
        registers.gsBase(0);
        registers.cs(USER_CS);
        registers.ss(USER_SS);
        registers.ds(0);
        registers.es(0);
        registers.fs(0);
        registers.gs(0);
        registers.eflags(FLAGS);
        registers.rip(program.entry());
        registers.rsp(program.stackPointer());
        context.resetFpuState();
    }

    @Override
    public RunState step(Task task) {
        var signals = task.group().signals();
        if (!signals.beginExecute(task) || !awaitOthers(task)) {
            program.memory().release();
            return HandleSignals.INSTANCE; // another task, or a fatal signal, was faster: this one ends
        }
        RobustFutexes.ownerEnds(task);
        int formerId = task.id();
        takeOverProcess(task);
        takeOverMemory(task);
        closeFiles(task);
        resetSignals(task);
        becomeProgram(task);
        signals.endExecute();
        enterProgram(task.context(), program);
        task.tracing().forgetTrapFlag();
        var tracing = task.tracing();
        if (!tracing.event(Ptrace.PTRACE_EVENT_EXEC, formerId) && tracing.isTraced() && !tracing.isSeized()) {
            task.send(SignalInfo.ofUser(
                    Signal.SIGTRAP, SignalCode.SI_USER, task.group().id(), 0));
        }
        return RunGuest.INSTANCE;
    }

    private static boolean awaitOthers(Task task) {
        var group = task.group();
        while (true) {
            task.prepareToSleep();
            if (group.signals().isExiting()) {
                group.signals().endExecute();
                return false;
            }
            synchronized (task.kernel().tree()) {
                if (group.unfinishedTasks() == 1) {
                    return true;
                }
            }
            task.sleep();
        }
    }

    /** A task that is not the leader takes over the process's id. */
    private static void takeOverProcess(Task task) {
        var group = task.group();
        if (group.leader() == task) {
            return;
        }
        var processes = task.kernel().processes();
        synchronized (task.kernel().tree()) {
            processes.remove(task);
            processes.remove(group.leader());
            group.leader().tracing().unlink(0);
            task.setId(group.id());
            group.setLeader(task);
            processes.put(task);
        }
    }

    private void takeOverMemory(Task task) {
        var old = task.memory();
        task.group().noteResident(old.residentBytes());
        program.memory().setLimits(new GroupMemoryLimits(task.group()));
        task.setMemory(program.memory());
        old.release();
        MemoryUse.releaseVfork(task);
    }

    private static void closeFiles(Task task) {
        var files = task.files();
        if (files.isShared()) {
            task.setFiles(files.fork(task.group().limits()));
            files.release();
        }
        task.files().closeOnExec();
    }

    private static void resetSignals(Task task) {
        var signals = task.group().signals();
        synchronized (signals) {
            signals.setActions(signals.actions().withoutHandlers());
        }
        task.signals().setStack(SignalStack.NONE);
        task.group().timers().deletePosixTimers();
    }

    private void becomeProgram(Task task) {
        var group = task.group();
        var old = task.credentials();
        var credentials = program.credentials();
        boolean changed = old.effectiveUser() != credentials.effectiveUser()
                || old.effectiveGroup() != credentials.effectiveGroup();
        if (changed) {
            task.words().setParentDeathSignal(0);
        }
        group.setDumpable(!changed);
        task.setCredentials(credentials);
        task.privileges().setKeepCapabilities(false);
        task.setName(program.name());
        group.setExecutable(program.executable());
        group.setHasExecuted();
        group.forgetBarriers();
        synchronized (task.kernel().tree()) {
            group.setExitSignal(Signal.SIGCHLD);
        }
    }
}
