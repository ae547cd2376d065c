package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Clocks.*;
import static dev.picket.platform.linux.Timex.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Setting and tuning clocks: clock_settime(2), settimeofday(2), adjtimex(2). The clock is the host's: it can be asked how
 * it is tuned, like one that nobody has tuned yet, but never set, whatever capabilities a process has in its sandbox.
 */
final class ClockSettings {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Linux takes no time so late that the clock could overflow within 30 years: TIME_SETTOD_SEC_MAX. */
    private static final long LATEST_SECONDS = Long.MAX_VALUE / NANOS_PER_SECOND - 30L * 365 * 24 * 3600;

    private ClockSettings() {}

    /** clock_settime(2). */
    static long clockSettime(Task task, SyscallArguments args) throws ErrnoException {
        int clock = args.asInt(0);
        long address = args.asAddress(1);
        if (clock >= 0 && clock != CLOCK_REALTIME) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long seconds = task.memory().getLong(address);
        long nanos = task.memory().getLong(address + 8);
        if (clock == CLOCK_REALTIME) {
            checkTime(seconds, nanos);
        } else if (GuestClocks.cpuClock(task, clock) == null) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        throw ErrnoException.of(Errno.EPERM);
    }

    /** settimeofday(2). */
    static long settimeofday(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long zoneAddress = args.asAddress(1);
        long seconds = 0;
        long micros = 0;
        if (address != 0) {
            seconds = task.memory().getLong(address);
            micros = task.memory().getLong(address + 8);
            if (micros < 0 || micros > 1_000_000) { // not >=: so is Linux
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
        if (zoneAddress != 0) {
            task.memory().getLong(zoneAddress);
        }
        if (address != 0) {
            checkTime(seconds, micros * 1000);
        }

        throw ErrnoException.of(Errno.EPERM);
    }

    private static void checkTime(long seconds, long nanos) throws ErrnoException {
        if (seconds < 0 || seconds >= LATEST_SECONDS || nanos < 0 || nanos >= NANOS_PER_SECOND) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** adjtimex(2). */
    static long adjtimex(Task task, SyscallArguments args) throws ErrnoException {
        return adjust(task, CLOCK_REALTIME, args.asAddress(0));
    }

    /** clock_adjtime(2). */
    static long clockAdjtime(Task task, SyscallArguments args) throws ErrnoException {
        return adjust(task, args.asInt(0), args.asAddress(1));
    }

    private static long adjust(Task task, int clock, long address) throws ErrnoException {
        byte[] bytes = new byte[TIMEX_BYTES];
        task.memory().copyIn(address, bytes, 0, TIMEX_BYTES);
        if (clock != CLOCK_REALTIME) {
            if (clock >= 0) {
                GuestClocks.now(task, clock); // only to find out whether there is such a clock
            }
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        var timex = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int modes = timex.getInt(TIMEX_MODES);
        if ((modes & ADJ_ADJTIME) != 0) {
            if ((modes & ADJ_OFFSET_SINGLESHOT & ~ADJ_ADJTIME) == 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if ((modes & ADJ_OFFSET_READONLY) == 0) {
                throw ErrnoException.of(Errno.EPERM);
            }
        } else if (modes != 0) {
            throw ErrnoException.of(Errno.EPERM);
        }

        long now = task.kernel().clock().realtimeNanos();
        timex.putLong(TIMEX_OFFSET, 0)
                .putLong(TIMEX_FREQ, 0)
                .putLong(TIMEX_MAXERROR, UNKNOWN_ERROR_MICROS)
                .putLong(TIMEX_ESTERROR, UNKNOWN_ERROR_MICROS)
                .putInt(TIMEX_STATUS, STA_UNSYNC)
                .putLong(TIMEX_CONSTANT, 2)
                .putLong(TIMEX_PRECISION, 1)
                .putLong(TIMEX_TOLERANCE, LARGEST_FREQUENCY)
                .putLong(TIMEX_TIME, now / NANOS_PER_SECOND)
                .putLong(TIMEX_TIME + 8, now % NANOS_PER_SECOND / 1000)
                .putLong(TIMEX_TICK, 10_000);
        // No pulses per second are counted, and the clock runs by UTC: zero, all of it.
        java.util.Arrays.fill(bytes, TIMEX_PPS, TIMEX_BYTES, (byte) 0);
        task.memory().copyOut(address, bytes, 0, TIMEX_BYTES);
        return TIME_ERROR;
    }
}
