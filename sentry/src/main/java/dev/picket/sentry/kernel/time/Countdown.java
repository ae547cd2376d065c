package dev.picket.sentry.kernel.time;

import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * A timer that can be set, read and stopped, and that may repeat; for setitimer(2), timer_settime(2) and limits of CPU
 * time. Any thread may call.
 *
 * <p>On a clock of CPU time, which cannot wake anybody, the timer looks again when the time could be reached, and less and
 * less often while the clock stands still.
 *
 * <p>Lock order: its own lock, then the service's. The action runs without either.
 */
public final class Countdown {
    /** A guest may ask for repetitions every nanosecond; it gets them counted, not one by one. */
    private static final long SHORTEST_PERIOD_NANOS = 100_000;

    private static final long CPU_LOOK_NANOS = 4_000_000;
    private static final long CPU_LOOK_IDLE_NANOS = 1_000_000_000;

    private final TimerService service;
    private final LongSupplier clock;
    private final boolean cpuTime;
    private final LongConsumer action;

    private TimerService.Entry entry;
    private boolean armed;
    private long expiryNanos;
    private long intervalNanos;
    private long lastSeen;
    private long lookNanos;

    /**
     * @param clock time now, in nanoseconds: {@link System#nanoTime()}, or CPU time
     * @param cpuTime whether the clock is one of CPU time
     * @param action given how often the timer expired since it last ran, at least 1
     */
    public Countdown(TimerService service, LongSupplier clock, boolean cpuTime, LongConsumer action) {
        this.service = service;
        this.clock = clock;
        this.cpuTime = cpuTime;
        this.action = action;
    }

    /**
     * What a timer is set to.
     *
     * @param leftNanos time until it expires; 0 if it is stopped, at least 1 otherwise
     */
    public record Setting(long leftNanos, long intervalNanos) {}

    /** As {@link #set}; answers what it was set to before. */
    public synchronized Setting replace(long delayNanos, long interval) {
        var before = setting();
        set(delayNanos, interval);
        return before;
    }

    /** What it is set to. */
    public synchronized Setting setting() {
        return new Setting(remainingNanos(), intervalNanos);
    }

    /** Time now, by its clock. */
    public long now() {
        return clock.getAsLong();
    }

    /** Sets the timer to expire in {@code delayNanos}, and then every {@code intervalNanos}; 0 stops it, or repeats never. */
    public synchronized void set(long delayNanos, long intervalNanos) {
        stopEntry();
        this.intervalNanos = intervalNanos;
        armed = delayNanos > 0;
        if (armed) {
            long now = clock.getAsLong();
            expiryNanos = delayNanos > Long.MAX_VALUE / 4 ? now + Long.MAX_VALUE / 4 : now + delayNanos;
            lastSeen = now;
            lookNanos = CPU_LOOK_NANOS;
            schedule(now, 0);
        }
    }

    /** Time until it expires; 0 if it is stopped, at least 1 otherwise. */
    public synchronized long remainingNanos() {
        if (!armed) {
            return 0;
        }
        long left = expiryNanos - clock.getAsLong();
        // It may have expired without anybody having looked yet; one that repeats runs on meanwhile.
        return left > 0 || intervalNanos == 0 ? Math.max(1, left) : intervalNanos - -left % intervalNanos;
    }

    public synchronized long intervalNanos() {
        return intervalNanos;
    }

    public synchronized void cancel() {
        armed = false;
        stopEntry();
    }

    private void stopEntry() {
        if (entry != null) {
            entry.cancel();
            entry = null;
        }
    }

    private void schedule(long now, long shortestNanos) {
        long delay = Math.max(expiryNanos - now, shortestNanos);
        if (cpuTime) {
            delay = Math.min(Math.max(delay, CPU_LOOK_NANOS), Math.max(lookNanos, CPU_LOOK_NANOS));
        }
        var scheduled = new TimerService.Entry[1];
        scheduled[0] = service.schedule(System.nanoTime() + delay, () -> expire(scheduled));
        entry = scheduled[0];
    }

    private void expire(TimerService.Entry[] scheduled) {
        long times;
        synchronized (this) {
            if (!armed || entry != scheduled[0]) {
                return; // stopped or set anew meanwhile
            }
            entry = null;
            long now = clock.getAsLong();
            if (now < expiryNanos) {
                // CPU time runs only as fast as there are threads to use it.
                lookNanos =
                        now - lastSeen > lookNanos / 8 ? CPU_LOOK_NANOS : Math.min(lookNanos * 2, CPU_LOOK_IDLE_NANOS);
                lastSeen = now;
                schedule(now, 0);
                return;
            }
            if (intervalNanos > 0) {
                long missed = (now - expiryNanos) / intervalNanos;
                times = 1 + missed;
                expiryNanos += (missed + 1) * intervalNanos;
                lastSeen = now;
                schedule(now, SHORTEST_PERIOD_NANOS);
            } else {
                times = 1;
                armed = false;
            }
        }
        action.accept(times);
    }
}
