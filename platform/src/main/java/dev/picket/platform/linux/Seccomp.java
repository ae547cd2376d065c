package dev.picket.platform.linux;

/** Operations, actions and data of seccomp(2), and the few instructions of classic BPF that filters are made of. */
public final class Seccomp {
    // Operations
    public static final int SECCOMP_SET_MODE_STRICT = 0;
    public static final int SECCOMP_SET_MODE_FILTER = 1;
    public static final int SECCOMP_GET_ACTION_AVAIL = 2;
    public static final int SECCOMP_GET_NOTIF_SIZES = 3;

    // Modes of PR_GET_SECCOMP
    public static final int SECCOMP_MODE_DISABLED = 0;
    public static final int SECCOMP_MODE_STRICT = 1;
    public static final int SECCOMP_MODE_FILTER = 2;

    // Flags of SECCOMP_SET_MODE_FILTER
    public static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
    public static final int SECCOMP_FILTER_FLAG_LOG = 2;
    public static final int SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
    public static final int SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
    public static final int SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 16;
    public static final int SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 32;

    // Actions, in the upper half of what a filter returns; the lower half is for SECCOMP_RET_DATA
    public static final int SECCOMP_RET_KILL_PROCESS = 0x8000_0000;
    public static final int SECCOMP_RET_KILL_THREAD = 0;
    public static final int SECCOMP_RET_TRAP = 0x0003_0000;
    public static final int SECCOMP_RET_ERRNO = 0x0005_0000;
    public static final int SECCOMP_RET_USER_NOTIF = 0x7fc0_0000;
    public static final int SECCOMP_RET_TRACE = 0x7ff0_0000;
    public static final int SECCOMP_RET_LOG = 0x7ffc_0000;
    public static final int SECCOMP_RET_ALLOW = 0x7fff_0000;
    public static final int SECCOMP_RET_ACTION_FULL = 0xffff_0000;
    public static final int SECCOMP_RET_DATA = 0xffff;

    /** Flag of an answer: the call is made after all. */
    public static final int SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;

    // struct seccomp_notif: 0 id, 8 pid, 12 flags, 16 data; struct seccomp_notif_resp: 0 id, 8 value, 16 error, 20
    // flags
    public static final int NOTIF_BYTES = 80;
    public static final int NOTIF_RESP_BYTES = 24;

    /** Size of {@code struct seccomp_data}. */
    public static final int DATA_BYTES = 64;

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
    public static final long SECCOMP_IOCTL_NOTIF_ID_VALID = 0x4008_2102L;
    public static final long SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR = 0x8008_2102L;
    public static final long SECCOMP_IOCTL_NOTIF_ADDFD = 0x4018_2103L;
    public static final long SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x4008_2104L;

    /** Flag of a listener: who answers is about to sleep, so wake the other on this CPU. Since Linux 6.6. */
    public static final int SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;

    /** Flag of ADDFD: the descriptor gets the number that is asked for. */
    public static final int SECCOMP_ADDFD_FLAG_SETFD = 1;

    /** Flag of ADDFD: the descriptor is the answer too. */
    public static final int SECCOMP_ADDFD_FLAG_SEND = 2;

    private Seccomp() {}
}
