package dev.picket.sentry.tty;

/**
 * A session, as terminals see it; the kernel's session implements it. See setsid(2) and credentials(7).
 *
 * <p>The kernel must call {@link Terminal#sessionLeaderExited} when the leader of a session that has a controlling
 * terminal ends.
 */
public interface TerminalSession {
    /** The session's id, which is its leader's process id. */
    int id();

    /** The controlling terminal, or null. A volatile field is enough: only terminals set it, under their own lock. */
    Terminal controllingTerminal();

    /** Sets ({@code terminal} not null) or takes away (null) the controlling terminal. Only terminals call this. */
    void setControllingTerminal(Terminal terminal);

    /** The process group {@code id} if it exists and is of this session; otherwise null. */
    JobGroup processGroup(int id);

    /** Whether a process group {@code id} exists in any session; tells EPERM from ESRCH in tcsetpgrp(3). */
    boolean processGroupExists(int id);

    /** Sends a signal of the kernel to the session's leader, if it still lives. Called without locks of terminals. */
    void signalLeader(int signal);
}
