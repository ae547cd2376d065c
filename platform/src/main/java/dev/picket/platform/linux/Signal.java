package dev.picket.platform.linux;

/** Signal numbers, masks and actions; see signal(7), sigaction(2). */
public final class Signal {
    // Numbers
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGQUIT = 3;
    public static final int SIGILL = 4;
    public static final int SIGTRAP = 5;
    public static final int SIGABRT = 6;
    public static final int SIGBUS = 7;
    public static final int SIGFPE = 8;
    public static final int SIGKILL = 9;
    public static final int SIGUSR1 = 10;
    public static final int SIGSEGV = 11;
    public static final int SIGUSR2 = 12;
    public static final int SIGPIPE = 13;
    public static final int SIGALRM = 14;
    public static final int SIGTERM = 15;
    public static final int SIGSTKFLT = 16;
    public static final int SIGCHLD = 17;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;
    public static final int SIGTSTP = 20;
    public static final int SIGTTIN = 21;
    public static final int SIGTTOU = 22;
    public static final int SIGURG = 23;
    public static final int SIGXCPU = 24;
    public static final int SIGXFSZ = 25;
    public static final int SIGVTALRM = 26;
    public static final int SIGPROF = 27;
    public static final int SIGWINCH = 28;
    public static final int SIGIO = 29;
    public static final int SIGPWR = 30;
    public static final int SIGSYS = 31;
    /** The first real-time signal of the kernel; the C library keeps the first two for itself. */
    public static final int SIGRTMIN = 32;

    public static final int SIGRTMAX = 64;

    // How of sigprocmask
    public static final int SIG_BLOCK = 0;
    public static final int SIG_UNBLOCK = 1;
    public static final int SIG_SETMASK = 2;

    // Handlers that are no functions
    public static final long SIG_DFL = 0L;
    public static final long SIG_IGN = 1L;

    // Flags of sigaction
    public static final int SA_NOCLDSTOP = 1;
    public static final int SA_NOCLDWAIT = 2;
    public static final int SA_SIGINFO = 4;
    public static final int SA_UNSUPPORTED = 0x0400;
    public static final int SA_EXPOSE_TAGBITS = 0x0800;
    public static final int SA_RESTORER = 0x0400_0000;
    public static final int SA_ONSTACK = 0x0800_0000;
    public static final int SA_RESTART = 0x1000_0000;
    public static final int SA_NODEFER = 0x4000_0000;
    public static final int SA_RESETHAND = 0x8000_0000;

    // Flags of sigaltstack
    public static final int SS_ONSTACK = 1;
    public static final int SS_DISABLE = 2;
    public static final int SS_AUTODISARM = 0x8000_0000;

    private Signal() {}
}
