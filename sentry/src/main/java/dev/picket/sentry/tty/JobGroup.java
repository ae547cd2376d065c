package dev.picket.sentry.tty;

/** A process group, as terminals see it; the kernel's process group implements it. See setpgid(2). */
public interface JobGroup {
    /** The process group's id. */
    int id();

    /** The session that the group belongs to, for good. */
    TerminalSession session();

    /**
     * Sends a signal of the kernel to every process of the group. Called without any lock of a terminal held, so it may
     * take the kernel's.
     */
    void signal(int signal);

    /**
     * Whether no member has a parent in another group of the same session: then nobody could continue the group once it
     * is stopped.
     */
    boolean isOrphaned();
}
