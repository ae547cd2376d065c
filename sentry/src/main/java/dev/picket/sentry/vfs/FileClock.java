package dev.picket.sentry.vfs;

import java.time.Clock;

/** The time that files are stamped with: the realtime clock. */
public final class FileClock {
    private static final Clock CLOCK = Clock.systemUTC();

    private FileClock() {}

    /** Nanoseconds since 1970 (UTC). */
    public static long nowNanos() {
        var now = CLOCK.instant();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
