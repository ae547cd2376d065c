package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MemoryManager;

/** Timeouts as calls take them, in a {@code struct timespec} or {@code timeval} or in milliseconds. */
final class Timeouts {
    /** Wait without end. */
    static final long NEVER = Long.MAX_VALUE;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int SECONDS = 0;
    private static final int FRACTION = 8;

    private Timeouts() {}

    /** A timespec as nanoseconds, at most Long.MAX_VALUE - 1; EINVAL if it is negative or not normal. */
    static long readTimespec(MemoryManager memory, long address) throws ErrnoException {
        return nanos(memory.getLong(address + SECONDS), memory.getLong(address + FRACTION), 1);
    }

    /** A timeval as nanoseconds, as select(2) takes it: more than a million microseconds are carried over. */
    static long readTimeval(MemoryManager memory, long address) throws ErrnoException {
        long seconds = memory.getLong(address + SECONDS);
        long micros = memory.getLong(address + FRACTION);
        if (micros >= 1_000_000) {
            long carried = seconds + micros / 1_000_000;
            seconds = carried < seconds ? Long.MAX_VALUE : carried;
            micros %= 1_000_000;
        }
        return nanos(seconds, micros, 1000);
    }

    static void writeTimespec(MemoryManager memory, long address, long nanos) throws ErrnoException {
        memory.putLong(address + SECONDS, nanos / NANOS_PER_SECOND);
        memory.putLong(address + FRACTION, nanos % NANOS_PER_SECOND);
    }

    static void writeTimeval(MemoryManager memory, long address, long nanos) throws ErrnoException {
        memory.putLong(address + SECONDS, nanos / NANOS_PER_SECOND);
        memory.putLong(address + FRACTION, nanos % NANOS_PER_SECOND / 1000);
    }

    /**
     * When a timeout that begins now ends, by {@link System#nanoTime()}; {@link #NEVER} for {@link #NEVER}. One below zero,
     * as what is left until an absolute time may be, has ended already.
     */
    static long deadline(long timeoutNanos) {
        if (timeoutNanos == NEVER) {
            return NEVER;
        }
        long now = System.nanoTime();
        if (timeoutNanos <= 0) {
            return now;
        }
        long deadline = now + timeoutNanos;
        // 292 years is never; nanoTime may begin anywhere, even below zero.
        return deadline < now ? NEVER : deadline;
    }

    /** Time until a deadline, not negative. */
    static long left(long deadlineNanos) {
        return deadlineNanos == NEVER ? NEVER : Math.max(0, deadlineNanos - System.nanoTime());
    }

    private static long nanos(long seconds, long fraction, long unit) throws ErrnoException {
        if (seconds < 0 || fraction < 0 || fraction * unit >= NANOS_PER_SECOND) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (seconds >= Long.MAX_VALUE / NANOS_PER_SECOND - 1) {
            return NEVER - 1;
        }
        return seconds * NANOS_PER_SECOND + fraction * unit;
    }
}
