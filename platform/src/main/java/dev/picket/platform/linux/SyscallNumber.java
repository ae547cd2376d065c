package dev.picket.platform.linux;

/** Numbers of those system calls on x86-64 that the platforms make in stubs; see {@code asm/unistd_64.h}. */
public final class SyscallNumber {
    public static final int READ = 0;
    public static final int CLOSE = 3;
    public static final int MMAP = 9;
    public static final int MPROTECT = 10;
    public static final int MUNMAP = 11;
    public static final int RT_SIGACTION = 13;
    public static final int RT_SIGPROCMASK = 14;
    public static final int RT_SIGRETURN = 15;
    public static final int MREMAP = 25;
    public static final int GETPID = 39;
    public static final int SENDTO = 44;
    public static final int SENDMSG = 46;
    public static final int RECVMSG = 47;
    public static final int CLONE = 56;
    public static final int EXIT = 60;
    public static final int FCNTL = 72;
    public static final int GETTIMEOFDAY = 96;
    public static final int CAPSET = 126;
    public static final int SIGALTSTACK = 131;
    public static final int PRCTL = 157;
    public static final int SETRLIMIT = 160;
    public static final int TIME = 201;
    public static final int EXIT_GROUP = 231;
    public static final int DUP3 = 292;
    public static final int GETCPU = 309;
    public static final int SECCOMP = 317;

    /** Since Linux 6.14 no filter sees it; outside of a probe's trampoline it does nothing but raise SIGILL. */
    public static final int URETPROBE = 335;

    public static final int CLOSE_RANGE = 436;

    private SyscallNumber() {}
}
