package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.time.Countdown;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/** Sleeping until a process or a thread has used so much CPU time: clock_nanosleep(2). */
final class CpuTimeSleep {
    private CpuTimeSleep() {}

    /**
     * Sleeps by a clock of CPU time that there is.
     *
     * @param untilNanos by that clock; below 0 for one that no counter reaches
     * @param restAddress where to write how much is left after a signal; 0 for nowhere
     * @param absolute whether a signal's handler ends the call for good
     * @throws ErrnoException EINVAL if the calling thread would wait for itself
     */
    static long sleep(Task task, int clock, long untilNanos, long restAddress, boolean absolute) throws ErrnoException {
        if (GuestClocks.isOwnThreads(task, clock)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var cpuClock = GuestClocks.cpuClock(task, clock);
        if (cpuClock == null) {
            throw ErrnoException.of(Errno.EINVAL); // it has just ended
        }
        return await(task, cpuClock, untilNanos < 0 ? Long.MAX_VALUE : untilNanos, restAddress, absolute);
    }

    private static long await(Task task, LongSupplier cpuClock, long untilNanos, long restAddress, boolean absolute)
            throws ErrnoException {
        var reached = new AtomicBoolean();
        var countdown = new Countdown(task.kernel().timers(), cpuClock, true, times -> {
            reached.set(true);
            task.unblock();
        });
        long left = untilNanos - cpuClock.getAsLong();
        if (left <= 0) {
            return 0;
        }
        countdown.set(left, 0);
        try {
            task.blockUntil(Timeouts.NEVER, reached::get);
            return 0;
        } catch (InterruptedCallException e) {
            if (absolute) {
                throw InterruptedCallException.NOHAND;
            }
            if (restAddress != 0) {
                Timeouts.writeTimespec(task.memory(), restAddress, Math.max(0, untilNanos - cpuClock.getAsLong()));
            }
            throw task.restartBy(again -> await(again, cpuClock, untilNanos, restAddress, false));
        } finally {
            countdown.cancel();
        }
    }
}
