package dev.picket.sentry.kernel;

/** The Java thread of a task: so that what is deep below a system call can ask for whom it is done. */
final class TaskThread extends Thread {
    private final Task task;

    TaskThread(Task task, long stackBytes) {
        super(null, task, "task " + task.id(), stackBytes, false);
        this.task = task;
    }

    /** Id of the process whose task the current thread runs; 0 for a thread of the Sentry's own. */
    static int currentProcessId() {
        return Thread.currentThread() instanceof TaskThread thread
                ? thread.task.group().id()
                : 0;
    }
}
