package dev.picket.sentry.kernel.time;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.host.TimestampCounter;
import dev.picket.platform.linux.Clocks;
import dev.picket.sentry.vdso.TimePage;
import dev.picket.sentry.vdso.TimeScale;

/**
 * The clocks of a sandbox: the host's, with a boot time of its own. Any thread may call.
 *
 * <p>As long as the vDSO tells guests the time by the processor's counter, so do these, in the same way: a guest cannot
 * tell a system call's time from the vDSO's.
 */
public final class Clock implements AutoCloseable {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** CPU clock of a thread, in {@code clockid_t}: {@code (~tid << 3) | CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED}. */
    private static final int THREAD_CLOCK = 4 | 2;

    private static final int TIMESPEC_BYTES = 16;

    /** Resolution of the coarse clocks, that of a kernel with 250 ticks a second. */
    public static final long COARSE_NANOS = 4_000_000L;

    // A scratch area per thread would leak with the threads; reading a clock under a lock costs next to nothing.
    private final long scratch = NativeMemory.allocate(TIMESPEC_BYTES);
    private final long startMonotonic;
    private final long startRealtime;
    private final TimePage page;
    private final TimestampCounter counter;
    private volatile long leastMonotonic;
    private boolean closed;

    /** Clocks by system calls of the host only. */
    public Clock() {
        this(null, null);
    }

    /** @param counter the host's, or null if it is no clock */
    public Clock(TimePage page, TimestampCounter counter) {
        this.page = page;
        this.counter = counter;
        startMonotonic = System.nanoTime();
        startRealtime = read(Clocks.CLOCK_REALTIME);
    }

    /** Nanoseconds since 1970 (UTC): CLOCK_REALTIME. */
    public long realtimeNanos() {
        while (counter != null) {
            TimeScale scale = page.scale();
            if (scale == null) {
                break;
            }
            long now = scale.monotonicNanos(counter.read()) + scale.realtimeOffsetNanos();
            if (page.scale() == scale) {
                return now;
            }
        }
        return read(Clocks.CLOCK_REALTIME);
    }

    /** CLOCK_MONOTONIC: nanoseconds since the sandbox began, so that a guest does not see how long the host runs. */
    public long monotonicNanos() {
        while (counter != null) {
            TimeScale scale = page.scale();
            if (scale == null) {
                break;
            }
            long now = scale.monotonicNanos(counter.read());
            if (page.scale() == scale) {
                return now;
            }
        }
        return Math.max(leastMonotonic, hostMonotonicNanos());
    }

    /** CLOCK_MONOTONIC_COARSE: as of the last tick, one every {@link #COARSE_NANOS}. */
    public long coarseMonotonicNanos() {
        long now = monotonicNanos();
        return now - now % COARSE_NANOS;
    }

    /** CLOCK_REALTIME_COARSE: as of the last tick, which CLOCK_MONOTONIC makes. */
    public long coarseRealtimeNanos() {
        TimeScale scale = page == null ? null : page.scale();
        long offset = scale == null ? hostRealtimeOffsetNanos() : scale.realtimeOffsetNanos();
        return coarseMonotonicNanos() + offset;
    }

    /** CLOCK_BOOTTIME: the same, as a sandbox is never suspended. */
    public long bootNanos() {
        return monotonicNanos();
    }

    /** CLOCK_MONOTONIC by the host's clock of that name. */
    long hostMonotonicNanos() {
        return hostMonotonicNanos(System.nanoTime());
    }

    /** CLOCK_MONOTONIC at a time of {@link System#nanoTime()}. */
    long hostMonotonicNanos(long nanoTime) {
        return nanoTime - startMonotonic;
    }

    /** What CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, by the host's clocks. */
    long hostRealtimeOffsetNanos() {
        long before = hostMonotonicNanos();
        long realtime = read(Clocks.CLOCK_REALTIME);
        long after = hostMonotonicNanos();
        return realtime - (before + (after - before) / 2);
    }

    /** CLOCK_MONOTONIC does not fall behind this when it is told by the host's clock again. */
    void setLeastMonotonic(long nanos) {
        leastMonotonic = nanos;
    }

    /** When the sandbox began, in nanoseconds since 1970. */
    public long startRealtimeNanos() {
        return startRealtime;
    }

    /** The host's id of the current thread, for {@link #threadCpuNanos}. */
    public int currentThreadId() {
        return Host.gettid();
    }

    /** CPU time of a thread of this process, in nanoseconds; 0 if it has ended or not begun. */
    public long threadCpuNanos(int hostThreadId) {
        if (hostThreadId <= 0) {
            return 0;
        }
        return Math.max(0, read(~hostThreadId << 3 | THREAD_CLOCK));
    }

    private synchronized long read(int clock) {
        if (closed || Host.clockGettime(clock, scratch) < 0) {
            return 0;
        }
        return NativeMemory.getLong(scratch) * NANOS_PER_SECOND + NativeMemory.getLong(scratch + 8);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            NativeMemory.free(scratch);
        }
    }
}
