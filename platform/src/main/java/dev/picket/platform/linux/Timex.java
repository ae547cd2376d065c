package dev.picket.platform.linux;

/** Tuning of a clock: {@code struct timex} and the constants of adjtimex(2). */
public final class Timex {
    public static final int ADJ_OFFSET_READONLY = 0x2000;
    public static final int ADJ_ADJTIME = 0x8000;
    public static final int ADJ_OFFSET_SINGLESHOT = 0x8001;

    public static final int STA_UNSYNC = 0x40;

    /** The clock is not synchronized. */
    public static final int TIME_ERROR = 5;

    /** NTP_PHASE_LIMIT, in microseconds: what errors are said to be while nobody knows. */
    public static final long UNKNOWN_ERROR_MICROS = 16_000_000;

    /** MAXFREQ_SCALED: 500 parts in a million, with 16 bits behind the point. */
    public static final long LARGEST_FREQUENCY = 32_768_000;

    // struct timex
    public static final int TIMEX_MODES = 0;
    public static final int TIMEX_OFFSET = 8;
    public static final int TIMEX_FREQ = 16;
    public static final int TIMEX_MAXERROR = 24;
    public static final int TIMEX_ESTERROR = 32;
    public static final int TIMEX_STATUS = 40;
    public static final int TIMEX_CONSTANT = 48;
    public static final int TIMEX_PRECISION = 56;
    public static final int TIMEX_TOLERANCE = 64;
    public static final int TIMEX_TIME = 72;
    public static final int TIMEX_TICK = 88;
    /** Where the counters of pulses per second begin; behind them, tai and what is unused. */
    public static final int TIMEX_PPS = 96;

    public static final int TIMEX_BYTES = 208;

    private Timex() {}
}
