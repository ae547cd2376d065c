package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Clocks.*;
import static dev.picket.platform.linux.Signal.SIGALRM;

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

        var before = timer.replace(value, interval);
        if (oldAddress != 0) {
            Timeouts.writeTimeval(task.memory(), oldAddress, before.intervalNanos());
            Timeouts.writeTimeval(task.memory(), oldAddress + VALUE, shown(before.leftNanos()));
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
        int notify = SIGEV_SIGNAL;
        int signal = SIGALRM;
        int thread = 0;
        long value = 0;
        if (eventAddress != 0) {
            value = task.memory().getLong(eventAddress);
            signal = task.memory().getInt(eventAddress + EVENT_SIGNAL);
            notify = task.memory().getInt(eventAddress + EVENT_NOTIFY);
            thread = task.memory().getInt(eventAddress + EVENT_THREAD);
        }
        boolean wall = GuestClocks.isWallClock(clock);
        var cpuClock = wall ? null : GuestClocks.cpuClock(task, clock);
        if (!wall && cpuClock == null) {
            GuestClocks.now(task, clock); // only to find out whether there is such a clock
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        Task target = null;
        switch (notify) {
            case SIGEV_NONE -> {}
            case SIGEV_SIGNAL, SIGEV_THREAD -> checkSignal(signal);
            case SIGEV_THREAD_ID | SIGEV_SIGNAL -> {
                target = task.kernel().processes().task(thread);
                if (target == null || target.group() != task.group()) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                checkSignal(signal);
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }

        var timers = task.group().timers();
        var timer = timers.create(clock, cpuClock, notify, signal, value, target);
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
        boolean absolute = (args.asInt(1) & TIMER_ABSTIME) != 0;
        long newAddress = args.asAddress(2);
        long oldAddress = args.asAddress(3);
        if (newAddress == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long interval = Timeouts.readTimespec(task.memory(), newAddress);
        long value = Timeouts.readTimespec(task.memory(), newAddress + VALUE);
        var timer = task.group().timers().timer(args.asInt(0));
        long delay = value;
        if (absolute && value != 0) {
            long now = GuestClocks.isWallClock(timer.clock())
                    ? GuestClocks.now(task, timer.clock())
                    : timer.countdown().now();
            delay = Math.max(1, value - now);
        }

        var before = timer.set(delay, interval);
        if (oldAddress != 0) {
            writeSetting(task, oldAddress, before);
        }
        return 0;
    }

    /** timer_gettime(2). */
    static long timerGettime(Task task, SyscallArguments args) throws ErrnoException {
        var countdown = task.group().timers().timer(args.asInt(0)).countdown();
        long address = args.asAddress(1);
        writeSetting(task, address, countdown.setting());
        return 0;
    }

    private static void writeSetting(Task task, long address, Countdown.Setting setting) throws ErrnoException {
        Timeouts.writeTimespec(task.memory(), address, setting.intervalNanos());
        Timeouts.writeTimespec(task.memory(), address + VALUE, setting.leftNanos());
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
