package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Clocks.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.time.Clock;

/** Telling the time, and sleeping: clock_gettime(2), gettimeofday(2), times(2), nanosleep(2). */
final class TimeCalls {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long TICK_NANOS = 10_000_000L;

    private TimeCalls() {}

    /** clock_gettime(2). */
    static long clockGettime(Task task, SyscallArguments args) throws ErrnoException {
        long now = GuestClocks.now(task, args.asInt(0));
        Timeouts.writeTimespec(task.memory(), args.asAddress(1), now);
        return 0;
    }

    /** clock_getres(2). */
    static long clockGetres(Task task, SyscallArguments args) throws ErrnoException {
        int clock = args.asInt(0);
        GuestClocks.now(task, clock); // only to find out whether there is such a clock
        boolean coarse =
                clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE || GuestClocks.countsTicks(clock);
        if (args.asAddress(1) != 0) {
            Timeouts.writeTimespec(task.memory(), args.asAddress(1), coarse ? Clock.COARSE_NANOS : 1);
        }
        return 0;
    }

    /** gettimeofday(2). */
    static long gettimeofday(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asAddress(0) != 0) {
            Timeouts.writeTimeval(
                    task.memory(), args.asAddress(0), task.kernel().clock().realtimeNanos());
        }
        if (args.asAddress(1) != 0) {
            task.memory().putLong(args.asAddress(1), 0); // struct timezone: UTC, no daylight saving time
        }
        return 0;
    }

    /** time(2). */
    static long time(Task task, SyscallArguments args) throws ErrnoException {
        long seconds = task.kernel().clock().realtimeNanos() / NANOS_PER_SECOND;
        if (args.asAddress(0) != 0) {
            task.memory().putLong(args.asAddress(0), seconds);
        }
        return seconds;
    }

    /** times(2): clock ticks of 10 ms. */
    static long times(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        if (address != 0) {
            var own = task.group().usage();
            var children = task.group().childrenUsage();
            task.memory().putLong(address, own.userNanos() / TICK_NANOS);
            task.memory().putLong(address + 8, own.systemNanos() / TICK_NANOS);
            task.memory().putLong(address + 16, children.userNanos() / TICK_NANOS);
            task.memory().putLong(address + 24, children.systemNanos() / TICK_NANOS);
        }
        return task.kernel().clock().bootNanos() / TICK_NANOS;
    }

    /** nanosleep(2). */
    static long nanosleep(Task task, SyscallArguments args) throws ErrnoException {
        long duration = Timeouts.readTimespec(task.memory(), args.asAddress(0));
        return sleep(task, Timeouts.deadline(duration), args.asAddress(1));
    }

    /** clock_nanosleep(2). */
    static long clockNanosleep(Task task, SyscallArguments args) throws ErrnoException {
        int clock = args.asInt(0);
        int flags = args.asInt(1);
        long now = GuestClocks.now(task, clock);
        boolean wall = GuestClocks.isWallClock(clock);
        if (!wall && clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        long time = Timeouts.readTimespec(task.memory(), args.asAddress(2));
        boolean absolute = (flags & TIMER_ABSTIME) != 0;
        if (!wall) {
            return CpuTimeSleep.sleep(
                    task, clock, absolute ? time : now + time, absolute ? 0 : args.asAddress(3), absolute);
        }
        if (!absolute) {
            return sleep(task, Timeouts.deadline(time), args.asAddress(3));
        }
        if (time <= now) {
            return 0;
        }
        try {
            task.blockUntil(Timeouts.deadline(time - now), () -> false);
            return 0;
        } catch (InterruptedCallException e) {
            throw InterruptedCallException.NOHAND;
        }
    }

    private static long sleep(Task task, long deadline, long restAddress) throws ErrnoException {
        try {
            task.blockUntil(deadline, () -> false);
            return 0;
        } catch (InterruptedCallException e) {
            long left = Timeouts.left(deadline);
            if (left == 0) {
                return 0;
            }
            if (restAddress != 0) {
                Timeouts.writeTimespec(task.memory(), restAddress, left);
            }
            throw task.restartBy(again -> sleep(again, deadline, restAddress));
        }
    }
}
