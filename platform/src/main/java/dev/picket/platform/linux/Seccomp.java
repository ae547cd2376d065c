package dev.picket.platform.linux;

/** Operations, actions and data of seccomp(2), and the few instructions of classic BPF that filters are made of. */
public final class Seccomp {
    public static final int SECCOMP_SET_MODE_FILTER = 1;
    public static final int SECCOMP_FILTER_FLAG_TSYNC = 1;

    public static final int SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
    public static final int SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1 << 5;

    public static final int SECCOMP_RET_KILL_PROCESS = 0x8000_0000;
    public static final int SECCOMP_RET_TRAP = 0x0003_0000;
    public static final int SECCOMP_RET_ERRNO = 0x0005_0000;
    public static final int SECCOMP_RET_USER_NOTIF = 0x7fc0_0000;
    public static final int SECCOMP_RET_TRACE = 0x7ff0_0000;
    public static final int SECCOMP_RET_ALLOW = 0x7fff_0000;

    public static final int AUDIT_ARCH_X86_64 = 0xc000_003e;

    /** Offsets in {@code struct seccomp_data}; an argument is 8 bytes, its low half first. */
    public static final int DATA_NR = 0;

    public static final int DATA_ARCH = 4;
    public static final int DATA_INSTRUCTION_POINTER = 8;
    public static final int DATA_ARGUMENTS = 16;

    /** Load the 32-bit word at the absolute offset. */
    public static final int BPF_LD_W_ABS = 0x20;

    /** Jump if equal. */
    public static final int BPF_JMP_JEQ_K = 0x15;

    /** Jump if any of the bits is set. */
    public static final int BPF_JMP_JSET_K = 0x45;

    /** Jump if greater or equal, unsigned. */
    public static final int BPF_JMP_JGE_K = 0x35;

    /** Return a constant. */
    public static final int BPF_RET_K = 0x06;

    // Requests of ioctl(2) on a listener; see seccomp_unotify(2)
    public static final long SECCOMP_IOCTL_NOTIF_RECV = 0xc050_2100L;
    public static final long SECCOMP_IOCTL_NOTIF_SEND = 0xc018_2101L;
    public static final long SECCOMP_IOCTL_NOTIF_ADDFD = 0x4018_2103L;
    public static final long SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x4008_2104L;

    /** Flag of a listener: who answers is about to sleep, so wake the other on this CPU. Since Linux 6.6. */
    public static final int SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;

    /** Flag of ADDFD: the descriptor gets the number that is asked for. */
    public static final int SECCOMP_ADDFD_FLAG_SETFD = 1;

    private Seccomp() {}
}
