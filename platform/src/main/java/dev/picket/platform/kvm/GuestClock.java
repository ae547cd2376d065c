package dev.picket.platform.kvm;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * CPU time of a guest thread. Time in KVM_RUN is measured by the clock on the wall, which costs next to nothing; it is too
 * much if the thread had to wait for a CPU, but never more than the CPU time of the Java thread, which is asked for when
 * somebody wants to know.
 */
final class GuestClock implements AutoCloseable {
    /** Of clock_gettime(2): the CPU time of one thread, CPUCLOCK_PERTHREAD_MASK and CPUCLOCK_SCHED in the kernel. */
    private static final int THREAD_CPU_CLOCK = 6;

    private final AtomicLong runNanos = new AtomicLong();
    private volatile long startNanos;
    private volatile int clock;
    private long timespec = NativeMemory.allocate(16);

    /** CPU time of earlier threads, less what the current one had used when it began. */
    private long baseNanos;

    private long reportedNanos;

    /** The thread that runs the context from now on: the current one. */
    synchronized void begin(int threadId) {
        baseNanos = reportedNanos;
        clock = ~threadId << 3 | THREAD_CPU_CLOCK;
        long used = threadNanos();
        baseNanos -= Math.max(used, 0);
    }

    void start() {
        startNanos = System.nanoTime();
    }

    void stop() {
        long start = startNanos;
        startNanos = 0;
        runNanos.lazySet(runNanos.getPlain() + (System.nanoTime() - start));
    }

    synchronized long nanos() {
        long start = startNanos;
        long wall = runNanos.get() + (start == 0 ? 0 : Math.max(0, System.nanoTime() - start));
        long thread = clock == 0 ? -1 : threadNanos();
        if (thread >= 0) {
            wall = Math.min(wall, baseNanos + thread);
        }
        reportedNanos = Math.max(reportedNanos, wall);
        return reportedNanos;
    }

    /** CPU time of the thread, or -1 if it has ended. */
    private long threadNanos() {
        if (timespec == 0 || Host.clockGettime(clock, timespec) < 0) {
            return -1;
        }
        return NativeMemory.getLong(timespec) * 1_000_000_000L + NativeMemory.getLong(timespec + 8);
    }

    @Override
    public synchronized void close() {
        nanos();
        NativeMemory.free(timespec);
        timespec = 0;
    }
}
