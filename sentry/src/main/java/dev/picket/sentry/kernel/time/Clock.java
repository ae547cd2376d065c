package dev.picket.sentry.kernel.time;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Clocks;

/** The clocks of a sandbox: the host's, with a boot time of its own. Any thread may call. */
public final class Clock implements AutoCloseable {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** CPU clock of a thread, in {@code clockid_t}: {@code (~tid << 3) | CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED}. */
    private static final int THREAD_CLOCK = 4 | 2;

    private static final int TIMESPEC_BYTES = 16;

    // A scratch area per thread would leak with the threads; reading a clock under a lock costs next to nothing.
    private final long scratch = NativeMemory.allocate(TIMESPEC_BYTES);
    private final long startMonotonic;
    private final long startRealtime;
    private boolean closed;

    public Clock() {
        startMonotonic = System.nanoTime();
        startRealtime = read(Clocks.CLOCK_REALTIME);
    }

    /** Nanoseconds since 1970 (UTC): CLOCK_REALTIME. */
    public long realtimeNanos() {
        return read(Clocks.CLOCK_REALTIME);
    }

    /** CLOCK_MONOTONIC: nanoseconds since the sandbox began, so that a guest does not see how long the host runs. */
    public long monotonicNanos() {
        return System.nanoTime() - startMonotonic;
    }

    /** CLOCK_BOOTTIME: the same, as a sandbox is never suspended. */
    public long bootNanos() {
        return System.nanoTime() - startMonotonic;
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
