package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Clocks;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.time.Countdown;
import java.util.function.LongSupplier;

/** A timer of timer_create(2). Any thread may call. */
public final class PosixTimer {
    private final ThreadGroup group;
    private final int id;
    private final int clock;
    private final int notify;
    private final int signal;
    private long value;
    private final Task target;
    private final Countdown countdown;
    /** Expirations since its signal was taken last. */
    private long expirations;

    private int lastOverrun;

    /**
     * @param cpuClock CPU time by which it runs, or null if it runs by the time of day
     * @param notify SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID
     * @param target the task that SIGEV_THREAD_ID names, or null
     */
    PosixTimer(
            ThreadGroup group,
            int id,
            int clock,
            LongSupplier cpuClock,
            int notify,
            int signal,
            long value,
            Task target) {
        this.group = group;
        this.id = id;
        this.clock = clock;
        this.notify = notify;
        this.signal = signal;
        this.value = value;
        this.target = target;
        this.countdown = new Countdown(
                group.kernel().timers(),
                cpuClock == null ? System::nanoTime : cpuClock,
                cpuClock != null,
                this::expired);
    }

    public int id() {
        return id;
    }

    /** The clock by which it runs: CLOCK_ constant. */
    public int clock() {
        return clock;
    }

    public Countdown countdown() {
        return countdown;
    }

    /** How often it expired while its signal was pending, before that was handled last; see timer_getoverrun(2). */
    public synchronized int overrun() {
        return lastOverrun;
    }

    /** Its signals carry the timer's id, as if no struct sigevent was given to timer_create(2). */
    public void useIdAsValue() {
        value = id;
    }

    /** Sets the timer; answers what it was set to before. See timer_settime(2). */
    public Countdown.Setting set(long delayNanos, long intervalNanos) {
        var before = countdown.replace(delayNanos, intervalNanos);
        synchronized (this) {
            expirations = 0;
            lastOverrun = 0;
        }
        return before;
    }

    private void expired(long times) {
        if (notify == Clocks.SIGEV_NONE) {
            return;
        }
        synchronized (this) {
            expirations += times;
        }
        var receiver = notify == Clocks.SIGEV_THREAD_ID ? target : null;
        if (receiver != null && receiver.hasEnded()) {
            return;
        }
        group.signals().sendTimer(receiver, SignalInfo.ofTimer(signal, id, value, this::takeOverrun));
    }

    /** The signal is taken: all expirations but the one that it tells of are overruns. With the signal lock. */
    private synchronized int takeOverrun() {
        lastOverrun = (int) Math.min(Integer.MAX_VALUE, Math.max(0, expirations - 1)); // DELAYTIMER_MAX
        expirations = 0;
        return lastOverrun;
    }
}
