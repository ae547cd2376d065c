package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Clocks.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.signal.SignalSet;
import dev.picket.sentry.kernel.time.Countdown;

/** Timers that send signals: setitimer(2), alarm(2), timer_create(2) and their kin. */
final class TimerCalls {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int VALUE = 16;

    // struct sigevent: 0 value, 8 signal, 12 notify, 16 thread id.
    private static final int EVENT_SIGNAL = 8;
    private static final int EVENT_NOTIFY = 12;
    private static final int EVENT_THREAD = 16;

    private TimerCalls() {}

    /** getitimer(2). */
    static long getitimer(Task task, SyscallArguments args) throws ErrnoException {
        writeInterval(task, args.asAddress(1), interval(task, args.asInt(0)));
        return 0;
    }

    /** setitimer(2). */
    static long setitimer(Task task, SyscallArguments args) throws ErrnoException {
        var timer = interval(task, args.asInt(0));
        long newAddress = args.asAddress(1);
        long oldAddress = args.asAddress(2);
        long interval = 0;
        long value = 0;
        if (newAddress != 0) { // Linux takes null for zero
            interval = readTimeval(task, newAddress);
            value = readTimeval(task, newAddress + VALUE);
        }
        long oldLeft = timer.remainingNanos();
        long oldInterval = timer.intervalNanos();

        timer.set(value, interval);
        if (oldAddress != 0) {
            Timeouts.writeTimeval(task.memory(), oldAddress, oldInterval);
            Timeouts.writeTimeval(task.memory(), oldAddress + VALUE, shown(oldLeft));
        }
        return 0;
    }

    /** alarm(2). */
    static long alarm(Task task, SyscallArguments args) {
        long seconds = args.asInt(0) & 0xffffffffL;
        var timer = task.group().timers().interval(ITIMER_REAL);
        long left = timer.remainingNanos();
        timer.set(seconds * NANOS_PER_SECOND, 0);
        // Less than a second left is shown as one, so that it is not taken for no alarm.
        return left == 0 ? 0 : Math.max(1, (left + NANOS_PER_SECOND / 2) / NANOS_PER_SECOND);
    }

    private static Countdown interval(Task task, int which) throws ErrnoException {
        if (which < ITIMER_REAL || which > ITIMER_PROF) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return task.group().timers().interval(which);
    }

    private static void writeInterval(Task task, long address, Countdown timer) throws ErrnoException {
        long left = timer.remainingNanos();
        Timeouts.writeTimeval(task.memory(), address, timer.intervalNanos());
        Timeouts.writeTimeval(task.memory(), address + VALUE, shown(left));
    }

    /** A timer that runs never shows zero: not even in whole microseconds. */
    private static long shown(long leftNanos) {
        return leftNanos == 0 ? 0 : Math.max(1_000, leftNanos);
    }

    private static long readTimeval(Task task, long address) throws ErrnoException {
        if (Long.compareUnsigned(task.memory().getLong(address + 8), 1_000_000) >= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return Timeouts.readTimeval(task.memory(), address);
    }

    /** timer_create(2). */
    static long timerCreate(Task task, SyscallArguments args) throws ErrnoException {
        int clock = args.asInt(0);
        long eventAddress = args.asAddress(1);
        long idAddress = args.asAddress(2);
        boolean cpu = clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
        if (!cpu && !GuestClocks.isWallClock(clock)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int notify = SIGEV_SIGNAL;
        int signal = 0;
        long value = -1;
        Task target = null;
        if (eventAddress != 0) {
            value = task.memory().getLong(eventAddress);
            signal = task.memory().getInt(eventAddress + EVENT_SIGNAL);
            notify = task.memory().getInt(eventAddress + EVENT_NOTIFY);
            switch (notify) {
                case SIGEV_NONE -> {}
                case SIGEV_SIGNAL, SIGEV_THREAD -> checkSignal(signal);
                case SIGEV_THREAD_ID | SIGEV_SIGNAL -> {
                    checkSignal(signal);
                    target = task.kernel().processes().task(task.memory().getInt(eventAddress + EVENT_THREAD));
                    if (target == null || target.group() != task.group()) {
                        throw ErrnoException.of(Errno.EINVAL);
                    }
                }
                default -> throw ErrnoException.of(Errno.EINVAL);
            }
        }

        var timers = task.group().timers();
        var timer = timers.create(clock, notify, signal, value, target, task);
        try {
            if (eventAddress == 0) {
                timer.useIdAsValue();
            }
            task.memory().putInt(idAddress, timer.id());
        } catch (ErrnoException e) {
            timers.delete(timer.id());
            throw e;
        }
        return 0;
    }

    private static void checkSignal(int signal) throws ErrnoException {
        if (!SignalSet.isSignal(signal)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** timer_settime(2). */
    static long timerSettime(Task task, SyscallArguments args) throws ErrnoException {
        var timer = task.group().timers().timer(args.asInt(0));
        boolean absolute = (args.asInt(1) & TIMER_ABSTIME) != 0;
        long newAddress = args.asAddress(2);
        long oldAddress = args.asAddress(3);
        if (newAddress == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long interval = Timeouts.readTimespec(task.memory(), newAddress);
        long value = Timeouts.readTimespec(task.memory(), newAddress + VALUE);
        long delay = value == 0 || !absolute ? value : Math.max(1, value - GuestClocks.now(task, timer.clock()));
        long oldLeft = timer.countdown().remainingNanos();
        long oldInterval = timer.countdown().intervalNanos();

        timer.countdown().set(delay, interval);
        if (oldAddress != 0) {
            Timeouts.writeTimespec(task.memory(), oldAddress, oldInterval);
            Timeouts.writeTimespec(task.memory(), oldAddress + VALUE, oldLeft);
        }
        return 0;
    }

    /** timer_gettime(2). */
    static long timerGettime(Task task, SyscallArguments args) throws ErrnoException {
        var countdown = task.group().timers().timer(args.asInt(0)).countdown();
        long address = args.asAddress(1);
        Timeouts.writeTimespec(task.memory(), address, countdown.intervalNanos());
        Timeouts.writeTimespec(task.memory(), address + VALUE, countdown.remainingNanos());
        return 0;
    }

    /** timer_getoverrun(2). */
    static long timerGetoverrun(Task task, SyscallArguments args) throws ErrnoException {
        return task.group().timers().timer(args.asInt(0)).overrun();
    }

    /** timer_delete(2). */
    static long timerDelete(Task task, SyscallArguments args) throws ErrnoException {
        task.group().timers().delete(args.asInt(0));
        return 0;
    }
}
