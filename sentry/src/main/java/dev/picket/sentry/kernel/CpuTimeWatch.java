package dev.picket.sentry.kernel;

import java.util.concurrent.TimeUnit;

/**
 * Keeps a sandbox within its CPU time, which all its processes share: a program cannot get more by forking, as it can
 * under RLIMIT_CPU. It looks no earlier than the sandbox could have used up what is left to it, on all CPUs at once, and
 * then a few milliseconds after the limit at most; less and less often while nothing runs.
 *
 * <p>Runs in the thread of the kernel's timers.
 */
final class CpuTimeWatch {
    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** While all tasks are blocked: one that goes on is noticed so much later at most. */
    private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Kernel kernel;
    private final long limitNanos;
    private final int cpus = Runtime.getRuntime().availableProcessors();
    private long restNanos = SHORTEST_NANOS;

    CpuTimeWatch(Kernel kernel, long limitSeconds) {
        this.kernel = kernel;
        this.limitNanos = TimeUnit.SECONDS.toNanos(limitSeconds); // at most Long.MAX_VALUE
    }

    /** Looks, ends the sandbox if its time is over, and looks again later. */
    void look() {
        long left = limitNanos - kernel.cpuNanos();
        if (left <= 0) {
            kernel.killForCpuTime();
            return;
        }
        if (kernel.isClosing()) {
            return;
        }
        restNanos = kernel.isAnyTaskAwake() ? SHORTEST_NANOS : Math.min(2 * restNanos, REST_NANOS);
        kernel.timers().schedule(System.nanoTime() + Math.max(restNanos, left / cpus), this::look);
    }
}
