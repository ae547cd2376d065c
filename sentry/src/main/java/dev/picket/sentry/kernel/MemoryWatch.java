package dev.picket.sentry.kernel;

import java.util.Comparator;

/**
 * Keeps a sandbox within its memory limit, which needs no cgroup of the host: it looks every few milliseconds at what the
 * guest's memory file really holds, processes and tmpfs files together, and kills the largest process when that is too
 * much. A guest that touches memory at full speed gets a few MiB beyond the limit before it is noticed.
 */
final class MemoryWatch implements Runnable {
    /** fstat(2) of the file costs 0.2 µs; a guest touches 2 to 3 GiB a second. */
    private static final long PERIOD_MILLIS = 5;

    /** A killed process needs a moment to let go of its memory. */
    private static final long AFTER_KILL_MILLIS = 50;

    private final Kernel kernel;
    private final long limitBytes;

    MemoryWatch(Kernel kernel, long limitBytes) {
        this.kernel = kernel;
        this.limitBytes = limitBytes;
    }

    /** Begins to watch; ends with the kernel. */
    void start() {
        var thread = new Thread(null, this, "memory watch", Kernel.TASK_STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        try {
            while (!kernel.isClosing()) {
                boolean over = kernel.frames().residentBytes() > limitBytes;
                if (over) {
                    killLargest();
                }
                Thread.sleep(over ? AFTER_KILL_MILLIS : PERIOD_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            kernel.crash("the memory watch", e);
        }
    }

    private void killLargest() {
        kernel.processes().all().stream()
                .max(Comparator.comparingLong(MemoryWatch::residentBytes))
                .ifPresent(ThreadGroup::killForMemory);
    }

    private static long residentBytes(ThreadGroup process) {
        Task leader = process.leader();
        return leader == null || leader.hasEnded() ? -1 : leader.memory().residentBytes();
    }
}
