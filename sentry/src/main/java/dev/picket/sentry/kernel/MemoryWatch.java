package dev.picket.sentry.kernel;

import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps a sandbox within its memory limit, which needs no cgroup of the host: it looks again and again at what the guest's
 * memory file really holds, processes and tmpfs files together, and kills the largest process when that is too much. A
 * guest that touches memory at full speed gets a few MiB beyond the limit before it is noticed.
 *
 * <p>It looks as often as it must: not before the guest could have used up what is left to it, and hardly ever while all
 * tasks are blocked. Then the first one that goes on wakes it; see {@link #guestRuns}.
 */
final class MemoryWatch implements Runnable {
    /** fstat(2) of the file costs 0.2 µs; a guest touches 2 to 3 GiB a second. */
    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** 4 GiB a second: more than guests have been seen to touch with small pages. */
    private static final long BYTES_PER_NANO = 4;

    /** While nobody runs that could touch memory. */
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** A killed process needs a moment to let go of its memory. */
    private static final long AFTER_KILL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Kernel kernel;
    private final long limitBytes;
    private final Thread thread;

    /** Whether the next task that goes on has to wake this. */
    private volatile boolean resting;

    MemoryWatch(Kernel kernel, long limitBytes) {
        this.kernel = kernel;
        this.limitBytes = limitBytes;
        this.thread = new Thread(null, this, "memory watch", Kernel.TASK_STACK_BYTES);
        thread.setDaemon(true);
    }

    /** Begins to watch; ends with the kernel. */
    void start() {
        thread.start();
    }

    /** A task is no longer blocked, and says so by {@link Task#isBlocked} already. Called by the task. */
    void guestRuns() {
        if (resting) {
            resting = false;
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void run() {
        try {
            while (!kernel.isClosing()) {
                long room = limitBytes - kernel.frames().residentBytes();
                if (room < 0) {
                    killLargest();
                    LockSupport.parkNanos(this, AFTER_KILL_NANOS);
                } else if (!rest()) {
                    LockSupport.parkNanos(
                            this, Math.max(SHORTEST_NANOS, Math.min(room / BYTES_PER_NANO, LONGEST_NANOS)));
                }
            }
        } catch (RuntimeException | Error e) {
            kernel.crash("the memory watch", e);
        }
    }

    /** Sleeps until a task goes on, if none runs now; answers whether it did. */
    private boolean rest() {
        // First this, then the look: a task that goes on does the opposite, so one of the two sees the other.
        resting = true;
        boolean idle = !kernel.isAnyTaskAwake();
        if (idle) {
            LockSupport.parkNanos(this, REST_NANOS);
        }
        resting = false;
        return idle;
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
