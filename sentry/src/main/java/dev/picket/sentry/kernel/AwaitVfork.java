package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Ptrace;

/** The parent of a vfork(2) waits until its child has let go of their memory. Only a fatal signal ends it earlier. */
record AwaitVfork(VforkWait vfork, int childId) implements RunState {
    @Override
    public RunState step(Task task) {
        while (true) {
            task.prepareToSleep();
            if (vfork.isReleased()) {
                break;
            }
            if (task.group().signals().isDoomed(task)) {
                return HandleSignals.INSTANCE;
            }
            task.sleep();
        }
        task.context().setSyscallResult(childId);
        task.tracing().event(Ptrace.PTRACE_EVENT_VFORK_DONE, childId);
        return RunGuest.INSTANCE;
    }
}
