package dev.picket.sentry.vdso;

/**
 * How to make time of the processor's time-stamp counter: {@code base + (counter - baseCounter) * multiplier / 2^40}.
 *
 * @param multiplier nanoseconds for a count, times 2^40
 * @param baseNanos CLOCK_MONOTONIC of the sandbox when the counter was {@code baseCounter}
 * @param realtimeOffsetNanos what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC
 */
public record TimeScale(long baseCounter, long multiplier, long baseNanos, long realtimeOffsetNanos) {
    /** Bits behind the point of the multiplier. */
    public static final int SHIFT = 40;

    /** CLOCK_MONOTONIC when the counter is {@code counter}; exactly as the vDSO computes it. */
    public long monotonicNanos(long counter) {
        long passed = Math.max(0, counter - baseCounter); // counters of two processors may differ by a few counts
        long low = passed * multiplier;
        long high = Math.multiplyHigh(passed, multiplier);
        return baseNanos + (low >>> SHIFT | high << 64 - SHIFT);
    }
}
