package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Ptrace;

/** Ends a task: what it holds is let go in the order of Linux's do_exit(), then those who wait for it are told. */
final class Exit implements RunState {
    private final int waitStatus;

    /** @param waitStatus as wait4(2) shows it, if this turns out to be the last task of the process */
    Exit(int waitStatus) {
        this.waitStatus = waitStatus;
    }

    @Override
    public RunState step(Task task) {
        task.tracing().event(Ptrace.PTRACE_EVENT_EXIT, task.group().signals().exitStatusOr(waitStatus));
        task.releaseHeldFiles();
        boolean last = ProcessEnd.leaveGroup(task, waitStatus);
        RobustFutexes.ownerEnds(task);
        if (last) {
            task.group().timers().cancelAll();
        }
        task.freezeUsage(); // while the stub of the address space, which knows, is there
        MemoryUse.end(task);
        task.undoSemaphores();
        task.files().release();
        ProcessEnd.finish(task, waitStatus);
        return null;
    }
}
