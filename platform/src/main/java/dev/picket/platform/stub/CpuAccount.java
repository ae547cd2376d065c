package dev.picket.platform.stub;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The CPU time of one context, worked out from that of its stub process: the host tells the CPU time of another process,
 * but not that of its single threads. So each context notes how long it runs, by the clock, and what the process has used
 * is shared in proportion.
 */
public final class CpuAccount {
    private static final int TIMESPEC_BYTES = 16;

    private volatile long runStartNanos;
    private final AtomicLong runNanos = new AtomicLong();
    private final AtomicLong cpuNanos = new AtomicLong();

    /** To be called by the context's owner before it lets guest code run beside that of other contexts. */
    public void begin() {
        runStartNanos = System.nanoTime();
    }

    /** To be called when guest code has stopped; does nothing without {@link #begin}. */
    public void end() {
        long start = runStartNanos;
        if (start != 0) {
            runStartNanos = 0;
            runNanos.addAndGet(System.nanoTime() - start);
        }
    }

    /** CPU time in nanoseconds, as of the last sharing out. */
    public long nanos() {
        return cpuNanos.get();
    }

    /** How long it has been running guest code since this was last asked. */
    private long takeRunTime() {
        long taken = runNanos.getAndSet(0);
        long start = runStartNanos;
        if (start != 0) {
            long now = System.nanoTime();
            taken += now - start;
            runNanos.addAndGet(start - now); // the run under way counts what is taken here once more
        }
        return Math.max(0, taken);
    }

    /** Shares CPU time of a process out among the contexts that have run in it since the last time. */
    public static void share(long nanos, CpuAccount[] accounts) {
        long[] runTimes = new long[accounts.length];
        long total = 0;
        for (int i = 0; i < accounts.length; i++) {
            runTimes[i] = accounts[i].takeRunTime();
            total += runTimes[i];
        }
        for (int i = 0; i < accounts.length; i++) {
            double share = total == 0 ? 1.0 / accounts.length : (double) runTimes[i] / total;
            accounts[i].cpuNanos.addAndGet((long) (nanos * share));
        }
    }

    /** CPU time in nanoseconds that all threads of a process have used; 0 if it is gone. */
    public static long ofProcess(int processId) {
        // The clock of a process: see CPUCLOCK_SCHED in the kernel's posix-timers, and clock_getcpuclockid(3).
        int clock = ~processId << 3 | 2;
        long time = NativeMemory.allocate(TIMESPEC_BYTES);
        try {
            if (Host.clockGettime(clock, time) < 0) {
                return 0;
            }
            return NativeMemory.getLong(time) * 1_000_000_000L + NativeMemory.getLong(time + 8);
        } finally {
            NativeMemory.free(time);
        }
    }
}
