package dev.picket.sentry.kernel.signal;

import static dev.picket.platform.linux.Signal.*;

/** Sets of signals: bit {@code n - 1} of a long is signal {@code n}, as in the kernel's {@code sigset_t}. */
public final class SignalSet {
    /** What cannot be blocked, caught or ignored. */
    public static final long UNBLOCKABLE = of(SIGKILL) | of(SIGSTOP);

    /** What stops a process by default. */
    public static final long STOP = of(SIGSTOP) | of(SIGTSTP) | of(SIGTTIN) | of(SIGTTOU);

    /** What is ignored by default. */
    public static final long IGNORED = of(SIGCHLD) | of(SIGCONT) | of(SIGURG) | of(SIGWINCH);

    /** What faults cause; these come first when several are pending. */
    public static final long SYNCHRONOUS =
            of(SIGSEGV) | of(SIGBUS) | of(SIGILL) | of(SIGTRAP) | of(SIGFPE) | of(SIGSYS);

    /** What dumps core by default. */
    public static final long CORE = of(SIGQUIT)
            | of(SIGILL)
            | of(SIGTRAP)
            | of(SIGABRT)
            | of(SIGBUS)
            | of(SIGFPE)
            | of(SIGSEGV)
            | of(SIGXCPU)
            | of(SIGXFSZ)
            | of(SIGSYS);

    private SignalSet() {}

    /** The set of one signal. */
    public static long of(int signal) {
        return 1L << (signal - 1);
    }

    public static boolean contains(long set, int signal) {
        return (set >>> (signal - 1) & 1) != 0;
    }

    /** Whether {@code signal} is the number of a signal, 1 to 64. */
    public static boolean isSignal(int signal) {
        return signal >= 1 && signal <= SIGRTMAX;
    }
}
