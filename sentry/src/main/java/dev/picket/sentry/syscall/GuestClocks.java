package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Clocks.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.Usage;

/** The clocks that a clockid_t names; see clock_getres(2), and clock_getcpuclockid(3) for those of other processes. */
final class GuestClocks {
    /** Bits of a clock id that stands for the CPU time of a process or thread: its id, inverted, is above them. */
    private static final int CPU_CLOCK_BITS = 3;

    private static final int PER_THREAD = 4;
    private static final int CLOCK_MASK = 3;
    private static final int VIRTUAL = 1;

    private GuestClocks() {}

    /** Time now; EINVAL if there is no such clock. */
    static long now(Task task, int clock) throws ErrnoException {
        var clocks = task.kernel().clock();
        return switch (clock) {
            case CLOCK_REALTIME, CLOCK_REALTIME_ALARM, CLOCK_TAI -> clocks.realtimeNanos();
            case CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW -> clocks.monotonicNanos();
            case CLOCK_REALTIME_COARSE -> clocks.coarseRealtimeNanos();
            case CLOCK_MONOTONIC_COARSE -> clocks.coarseMonotonicNanos();
            case CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM -> clocks.bootNanos();
            case CLOCK_PROCESS_CPUTIME_ID -> sum(task.group().usage());
            case CLOCK_THREAD_CPUTIME_ID -> task.userNanos() + task.systemNanos();
            default -> cpuTime(task, clock);
        };
    }

    private static long cpuTime(Task task, int clock) throws ErrnoException {
        if (clock >= 0 || (clock & CLOCK_MASK) == CLOCK_MASK) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int id = ~(clock >> CPU_CLOCK_BITS);
        boolean userOnly = (clock & CLOCK_MASK) == VIRTUAL;
        if ((clock & PER_THREAD) != 0) {
            var thread = id == 0 ? task : task.kernel().processes().task(id);
            if (thread == null || thread.group() != task.group()) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            return thread.userNanos() + (userOnly ? 0 : thread.systemNanos());
        }
        var process = id == 0 ? task.group() : task.kernel().processes().process(id);
        if (process == null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var usage = process.usage();
        return userOnly ? usage.userNanos() : sum(usage);
    }

    /** Whether a timer may run, or a call sleep, by this clock. */
    static boolean isWallClock(int clock) {
        return switch (clock) {
            case CLOCK_REALTIME,
                    CLOCK_MONOTONIC,
                    CLOCK_BOOTTIME,
                    CLOCK_TAI,
                    CLOCK_REALTIME_ALARM,
                    CLOCK_BOOTTIME_ALARM -> true;
            default -> false;
        };
    }

    private static long sum(Usage usage) {
        return usage.userNanos() + usage.systemNanos();
    }
}
