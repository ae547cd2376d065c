package dev.picket.sentry.kernel;

/** What a task does next: run its program, handle a signal, wait for its vfork child, end. A step leads to the next one. */
@FunctionalInterface
interface RunState {
    /** Does this, in the task's own thread, and answers what comes next; null if the task has ended. */
    RunState step(Task task);
}
