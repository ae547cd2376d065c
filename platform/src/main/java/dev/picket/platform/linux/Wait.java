package dev.picket.platform.linux;

/** Options and status words of wait4(2) and waitid(2). */
public final class Wait {
    // Options
    public static final int WNOHANG = 1;
    public static final int WUNTRACED = 2;
    public static final int WSTOPPED = 2;
    public static final int WEXITED = 4;
    public static final int WCONTINUED = 8;
    public static final int WNOWAIT = 0x0100_0000;
    public static final int __WNOTHREAD = 0x2000_0000;
    public static final int __WALL = 0x4000_0000;
    public static final int __WCLONE = 0x8000_0000;

    // Kinds of id of waitid
    public static final int P_ALL = 0;
    public static final int P_PID = 1;
    public static final int P_PGID = 2;
    public static final int P_PIDFD = 3;

    private Wait() {}
}
