package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Clocks;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.time.Countdown;

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
    private int overrun;
    private int lastOverrun;

    /**
     * @param notify SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID
     * @param target the task that SIGEV_THREAD_ID names, or null
     */
    PosixTimer(ThreadGroup group, int id, int clock, int notify, int signal, long value, Task target, Task creator) {
        this.group = group;
        this.id = id;
        this.clock = clock;
        this.notify = notify;
        this.signal = signal;
        this.value = value;
        this.target = target;
        boolean cpu = clock == Clocks.CLOCK_PROCESS_CPUTIME_ID || clock == Clocks.CLOCK_THREAD_CPUTIME_ID;
        this.countdown = new Countdown(
                group.kernel().timers(),
                switch (clock) {
                    case Clocks.CLOCK_PROCESS_CPUTIME_ID -> () -> {
                        var usage = group.usage();
                        return usage.userNanos() + usage.systemNanos();
                    };
                    case Clocks.CLOCK_THREAD_CPUTIME_ID -> () -> creator.userNanos() + creator.systemNanos();
                    default -> System::nanoTime;
                },
                cpu,
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

    private void expired(long times) {
        if (notify == Clocks.SIGEV_NONE) {
            return;
        }
        int count;
        synchronized (this) {
            overrun = (int) Math.min(Integer.MAX_VALUE, overrun + times);
            count = overrun - 1;
        }
        var receiver = notify == Clocks.SIGEV_THREAD_ID ? target : null;
        if (receiver != null && receiver.hasEnded()) {
            return;
        }
        if (group.signals().sendTimer(receiver, SignalInfo.ofTimer(signal, id, count, value))) {
            synchronized (this) {
                lastOverrun = count;
                overrun = 0;
            }
        }
    }
}
