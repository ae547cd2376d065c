package dev.picket.sentry.kernel;

/** Adding tasks to their process. */
final class TaskList {
    private TaskList() {}

    /** Makes a task known: it gets signals from here on. With the tree lock; then the task is started. */
    static void add(Task task) {
        var group = task.group();
        synchronized (group.signals()) {
            group.tasks().add(task);
            if (group.signals().isStopping()) {
                task.signals().requestStop();
            }
            // A process that is ending, or stopping, takes its new tasks along.
            task.signals().recalculate();
            if (task.kernel().isFrozen()) {
                task.signals().drawAttention();
            }
        }
        group.taskAdded();
        task.kernel().processes().put(task);
        task.kernel().taskThreadStarted(task);
    }
}
