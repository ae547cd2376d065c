package dev.picket.sentry.vfs;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * The time that files are stamped with: the realtime clock. Every write asks for it, so it is told by {@link
 * System#nanoTime()}, which allocates nothing, and brought in step with the host's clock again and again.
 */
public final class FileClock {
    private static final FileClock INSTANCE = new FileClock(Clock.systemUTC());
    private static final long IN_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** What {@link System#nanoTime()} was, and nanoseconds since 1970 at the same moment. */
    private record Pair(long nanoTime, long realtimeNanos) {}

    private final Clock host;
    private volatile Pair last;

    private FileClock(Clock host) {
        this.host = host;
        last = read();
    }

    /** Nanoseconds since 1970 (UTC). */
    public static long nowNanos() {
        return INSTANCE.realtimeNanos();
    }

    private long realtimeNanos() {
        Pair pair = last;
        long passed = System.nanoTime() - pair.nanoTime;
        if (passed > IN_STEP_NANOS) {
            last = read();
            return last.realtimeNanos;
        }
        return pair.realtimeNanos + passed;
    }

    private Pair read() {
        Instant now = host.instant();
        return new Pair(System.nanoTime(), now.getEpochSecond() * 1_000_000_000L + now.getNano());
    }
}
