package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Clocks.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.Usage;
import java.util.function.LongSupplier;

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
            default -> {
                var cpuClock = cpuClock(task, clock);
                if (cpuClock == null) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                yield cpuClock.getAsLong();
            }
        };
    }

    /** The CPU time that a clock of a process or thread counts; null if there is no such clock. */
    static LongSupplier cpuClock(Task task, int clock) {
        if (clock == CLOCK_PROCESS_CPUTIME_ID) {
            var own = task.group();
            return () -> sum(own.usage());
        }
        if (clock == CLOCK_THREAD_CPUTIME_ID) {
            return () -> task.userNanos() + task.systemNanos();
        }
        if (clock >= 0 || (clock & CLOCK_MASK) == CLOCK_MASK) {
            return null;
        }
        int id = ~(clock >> CPU_CLOCK_BITS);
        boolean userOnly = (clock & CLOCK_MASK) == VIRTUAL;
        if ((clock & PER_THREAD) != 0) {
            var thread = id == 0 ? task : task.kernel().processes().task(id);
            return thread == null || thread.group() != task.group()
                    ? null
                    : () -> thread.userNanos() + (userOnly ? 0 : thread.systemNanos());
        }
        var process = id == 0 ? task.group() : task.kernel().processes().process(id);
        return process == null ? null : () -> userOnly ? process.usage().userNanos() : sum(process.usage());
    }

    /** Whether it is the clock of the CPU time of the calling thread, by which nobody can sleep. */
    static boolean isOwnThreads(Task task, int clock) {
        int id = ~(clock >> CPU_CLOCK_BITS);
        return clock < 0 && (clock & PER_THREAD) != 0 && (id == 0 || id == task.id());
    }

    /** Whether the clock counts in ticks of the scheduler: CPUCLOCK_PROF and CPUCLOCK_VIRT of Linux. */
    static boolean countsTicks(int clock) {
        return clock < 0 && (clock & CLOCK_MASK) <= VIRTUAL;
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
