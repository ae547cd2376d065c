package dev.picket.platform.linux;

/** Scheduling: policies and flags of sched_setattr(2), targets of setpriority(2), classes of ioprio_set(2). */
public final class Sched {
    public static final int SCHED_NORMAL = 0;
    public static final int SCHED_FIFO = 1;
    public static final int SCHED_RR = 2;
    public static final int SCHED_BATCH = 3;
    public static final int SCHED_IDLE = 5;
    public static final int SCHED_DEADLINE = 6;
    public static final int SCHED_RESET_ON_FORK = 0x40000000;

    public static final int SCHED_FLAG_RESET_ON_FORK = 0x01;
    public static final int SCHED_FLAG_RECLAIM = 0x02;
    public static final int SCHED_FLAG_DL_OVERRUN = 0x04;
    public static final int SCHED_FLAG_KEEP_POLICY = 0x08;
    public static final int SCHED_FLAG_KEEP_PARAMS = 0x10;
    public static final int SCHED_FLAG_UTIL_CLAMP = 0x60;
    public static final int SCHED_FLAG_ALL = 0x7f;

    // struct sched_attr: 0 size, 4 policy, 8 flags, 16 nice, 20 priority, 24 runtime, 32 deadline, 40 period, 48
    // clamps.
    public static final int SCHED_ATTR_SIZE_VER0 = 48;
    public static final int SCHED_ATTR_SIZE_VER1 = 56;

    /** Highest priority of SCHED_FIFO and SCHED_RR; the lowest is 1. */
    public static final int MAX_RT_PRIO = 99;

    public static final int MIN_NICE = -20;
    public static final int MAX_NICE = 19;

    public static final int PRIO_PROCESS = 0;
    public static final int PRIO_PGRP = 1;
    public static final int PRIO_USER = 2;

    public static final int IOPRIO_CLASS_SHIFT = 13;
    public static final int IOPRIO_CLASS_NONE = 0;
    public static final int IOPRIO_CLASS_RT = 1;
    public static final int IOPRIO_CLASS_BE = 2;
    public static final int IOPRIO_CLASS_IDLE = 3;
    public static final int IOPRIO_NR_LEVELS = 8;
    public static final int IOPRIO_WHO_PROCESS = 1;
    public static final int IOPRIO_WHO_PGRP = 2;
    public static final int IOPRIO_WHO_USER = 3;

    private Sched() {}
}
