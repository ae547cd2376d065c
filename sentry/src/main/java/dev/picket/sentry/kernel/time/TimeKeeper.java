package dev.picket.sentry.kernel.time;

import dev.picket.platform.host.TimestampCounter;
import dev.picket.sentry.vdso.TimePage;
import dev.picket.sentry.vdso.TimeScale;
import java.util.function.BooleanSupplier;

/**
 * Keeps the parameters by which the vDSO tells the time in step with the host's clocks: every second as long as guest code
 * runs, and when it runs again after a pause. An idle sandbox uses no CPU for it.
 *
 * <p>CLOCK_MONOTONIC of the guest never goes back: where it is ahead of the host's it is slowed down, by no more than 0.1
 * percent, until they agree; where it is behind it is sped up, or set if it is far behind. If the counter turns out to be
 * no clock, after the host was moved to another machine for instance, system calls tell the time from then on.
 *
 * <p>Any thread may call. Lock order: its own lock, then the timer service's and the time page's.
 */
public final class TimeKeeper {
    private static final long PERIOD_NANOS = 1_000_000_000L;

    /** The first rate is taken over at least so long: an error of 100 ns is one part in a million then. */
    private static final long FIRST_PERIOD_NANOS = 100_000_000L;

    private static final int READINGS = 5;

    /** Rates farther apart than this, in parts of the rate, are not those of one clock. */
    private static final long DIFFERENT_RATE = 1_000;

    /** Most that the guest's clock is sped up or slowed down, in parts of its rate. */
    private static final long LARGEST_SLEW = 1_000;

    /** A clock that is this far behind is set. */
    private static final long FAR_BEHIND_NANOS = 1_000_000;

    /** Readings of two host clocks one after the other differ by less than this as long as nobody sets one. */
    private static final long REALTIME_NOISE_NANOS = 50_000;

    /** A reading of the counter and of CLOCK_MONOTONIC of the sandbox, at the same moment. */
    private record Pair(long counter, long monotonicNanos) {}

    private final TimestampCounter counter;
    private final TimePage page;
    private final Clock clock;
    private final TimerService timers;
    private final BooleanSupplier guestsRun;

    private Pair last;
    private long multiplier;
    private boolean stopped;
    private volatile boolean dormant;

    /**
     * Begins to keep time.
     *
     * @param guestsRun whether any task runs guest code, or may at any moment
     */
    public TimeKeeper(
            TimestampCounter counter, TimePage page, Clock clock, TimerService timers, BooleanSupplier guestsRun) {
        this.counter = counter;
        this.page = page;
        this.clock = clock;
        this.timers = timers;
        this.guestsRun = guestsRun;
        this.last = new Pair(counter.firstReading(), clock.hostMonotonicNanos(counter.firstNanoTime()));
        begin();
    }

    /** A worker that was warm for a while tells the time at once; otherwise system calls do for a tenth of a second. */
    private synchronized void begin() {
        calibrate(false);
        timers.schedule(System.nanoTime() + (multiplier == 0 ? FIRST_PERIOD_NANOS : PERIOD_NANOS), this::tick);
    }

    /** To be called before guest code runs or asks for the time. Costs next to nothing. */
    public void guestRuns() {
        if (dormant) {
            wake();
        }
    }

    private synchronized void wake() {
        if (dormant) {
            dormant = false;
            calibrate(true);
            timers.schedule(System.nanoTime() + PERIOD_NANOS, this::tick);
        }
    }

    private synchronized void tick() {
        // The flag first: whoever begins to run after the question sees it.
        dormant = true;
        if (stopped || !guestsRun.getAsBoolean()) {
            return;
        }
        dormant = false;
        calibrate(false);
        timers.schedule(System.nanoTime() + PERIOD_NANOS, this::tick);
    }

    /** @param unseen whether no guest can have read the clock for a while, so that it may be set */
    private void calibrate(boolean unseen) {
        if (stopped) {
            return;
        }
        Pair now = read();
        long counts = now.counter - last.counter;
        long nanos = now.monotonicNanos - last.monotonicNanos;
        if (counts <= 0 || nanos <= 0) {
            stop();
            return;
        }
        if (nanos >= FIRST_PERIOD_NANOS / 2) {
            long measured = Math.round((double) nanos / counts * (1L << TimeScale.SHIFT));
            if (multiplier != 0 && Math.abs(measured - multiplier) > multiplier / DIFFERENT_RATE) {
                stop();
                return;
            }
            multiplier = measured;
            last = now;
        } else if (multiplier == 0) {
            return; // too early to tell the rate
        }
        page.setScale(next(now, unseen));
    }

    private TimeScale next(Pair now, boolean unseen) {
        TimeScale old = page.scale();
        long offset = clock.hostRealtimeOffsetNanos();
        if (old == null) {
            return new TimeScale(now.counter, multiplier, now.monotonicNanos, offset);
        }
        if (Math.abs(offset - old.realtimeOffsetNanos()) < REALTIME_NOISE_NANOS) {
            offset = old.realtimeOffsetNanos();
        }
        long shown = old.monotonicNanos(now.counter);
        long behind = now.monotonicNanos - shown;
        if (behind > FAR_BEHIND_NANOS || unseen && now.monotonicNanos > last(old)) {
            return new TimeScale(now.counter, multiplier, now.monotonicNanos, offset);
        }
        // Made good for within the next period.
        long slewed = multiplier + Math.round((double) behind / PERIOD_NANOS * multiplier);
        long most = multiplier / LARGEST_SLEW;
        slewed = Math.max(multiplier - most, Math.min(multiplier + most, slewed));
        return new TimeScale(now.counter, slewed, shown, offset);
    }

    /** No guest has seen a later time than this while the keeper was dormant: two periods after the last calibration. */
    private static long last(TimeScale old) {
        return old.baseNanos() + 2 * PERIOD_NANOS;
    }

    /** The counter is no clock: never again by it. What was shown stays the least. */
    private void stop() {
        stopped = true;
        TimeScale old = page.scale();
        if (old != null) {
            clock.setLeastMonotonic(old.monotonicNanos(counter.read()));
            page.setScale(null);
        }
    }

    /** The reading that was interrupted least. */
    private Pair read() {
        long best = Long.MAX_VALUE;
        Pair pair = null;
        for (int reading = 0; reading < READINGS; reading++) {
            long before = counter.read();
            long nanos = clock.hostMonotonicNanos();
            long after = counter.read();
            if (after - before < best) {
                best = after - before;
                pair = new Pair(before + (after - before) / 2, nanos);
            }
        }
        return pair;
    }
}
