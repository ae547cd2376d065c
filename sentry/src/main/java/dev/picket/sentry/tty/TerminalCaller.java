package dev.picket.sentry.tty;

import dev.picket.sentry.vfs.Caller;

/**
 * A caller with a place in job control; the kernel's task implements it. Terminals take a {@link Caller} that is not one
 * for somebody outside of job control, as the Sentry itself is.
 */
public interface TerminalCaller extends Caller {
    /** The session of the caller's process. */
    TerminalSession session();

    /** The process group of the caller's process. */
    JobGroup processGroup();

    /** Whether the caller's process leads its session. */
    boolean isSessionLeader();

    /** Whether the caller ignores or blocks {@code signal}. */
    boolean ignoresOrBlocks(int signal);
}
