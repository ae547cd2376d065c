package dev.picket.sentry.kernel;

/** Letting go of a task's memory. */
final class MemoryUse {
    private MemoryUse() {}

    /** The task ends: its memory goes, and a parent that waits for that by vfork(2) runs on. */
    static void end(Task task) {
        task.group().noteResident(task.memory().residentBytes());
        task.memory().release();
        releaseVfork(task);
    }

    /** A parent that lent its memory to {@code task} runs on. */
    static void releaseVfork(Task task) {
        var vfork = task.vfork();
        if (vfork != null) {
            task.setVfork(null);
            vfork.release();
        }
    }
}
