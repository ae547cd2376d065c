package dev.picket.sentry.kernel;

import dev.picket.sentry.errno.ErrnoException;

/** How restart_syscall(2) goes on with an interrupted call, such as a sleep that was half over. */
@FunctionalInterface
public interface RestartBlock {
    /** Goes on, and answers what the call returns. */
    long restart(Task task) throws ErrnoException;
}
