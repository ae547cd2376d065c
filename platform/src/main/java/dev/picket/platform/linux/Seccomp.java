package dev.picket.platform.linux;

/** Operations, actions and data of seccomp(2), and the few instructions of classic BPF that filters are made of. */
public final class Seccomp {
    public static final int SECCOMP_SET_MODE_FILTER = 1;
    public static final int SECCOMP_FILTER_FLAG_TSYNC = 1;

    public static final int SECCOMP_RET_KILL_PROCESS = 0x8000_0000;
    public static final int SECCOMP_RET_TRAP = 0x0003_0000;
    public static final int SECCOMP_RET_ERRNO = 0x0005_0000;
    public static final int SECCOMP_RET_ALLOW = 0x7fff_0000;

    public static final int AUDIT_ARCH_X86_64 = 0xc000_003e;

    /** Offsets in {@code struct seccomp_data}; an argument is 8 bytes, its low half first. */
    public static final int DATA_NR = 0;

    public static final int DATA_ARCH = 4;
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

    private Seccomp() {}
}
