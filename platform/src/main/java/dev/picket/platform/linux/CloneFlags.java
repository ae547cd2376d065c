package dev.picket.platform.linux;

/** Flags of clone(2), clone3(2) and unshare(2). */
public final class CloneFlags {
    // What is shared
    public static final int CSIGNAL = 0xff;
    public static final int CLONE_NEWTIME = 0x80;
    public static final int CLONE_VM = 0x100;
    public static final int CLONE_FS = 0x200;
    public static final int CLONE_FILES = 0x400;
    public static final int CLONE_SIGHAND = 0x800;
    public static final int CLONE_PIDFD = 0x1000;
    public static final int CLONE_PTRACE = 0x2000;
    public static final int CLONE_VFORK = 0x4000;
    public static final int CLONE_PARENT = 0x8000;
    public static final int CLONE_THREAD = 0x1_0000;
    public static final int CLONE_NEWNS = 0x2_0000;
    public static final int CLONE_SYSVSEM = 0x4_0000;
    public static final int CLONE_SETTLS = 0x8_0000;
    public static final int CLONE_PARENT_SETTID = 0x10_0000;
    public static final int CLONE_CHILD_CLEARTID = 0x20_0000;
    public static final int CLONE_DETACHED = 0x40_0000;
    public static final int CLONE_UNTRACED = 0x80_0000;
    public static final int CLONE_CHILD_SETTID = 0x100_0000;
    public static final int CLONE_NEWCGROUP = 0x200_0000;
    public static final int CLONE_NEWUTS = 0x400_0000;
    public static final int CLONE_NEWIPC = 0x800_0000;
    public static final int CLONE_NEWUSER = 0x1000_0000;
    public static final int CLONE_NEWPID = 0x2000_0000;
    public static final int CLONE_NEWNET = 0x4000_0000;
    public static final int CLONE_IO = 0x8000_0000;

    // Only clone3
    public static final long CLONE_CLEAR_SIGHAND = 0x1_0000_0000L;
    public static final long CLONE_INTO_CGROUP = 0x2_0000_0000L;

    /** All that ask for a namespace of one's own; namespaces(7). Unsigned: none is above bit 31. */
    public static final long NEW_NAMESPACES = (CLONE_NEWNS
                    | CLONE_NEWCGROUP
                    | CLONE_NEWUTS
                    | CLONE_NEWIPC
                    | CLONE_NEWUSER
                    | CLONE_NEWPID
                    | CLONE_NEWNET
                    | CLONE_NEWTIME)
            & 0xffffffffL;

    private CloneFlags() {}
}
