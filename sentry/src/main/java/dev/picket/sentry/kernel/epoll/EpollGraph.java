package dev.picket.sentry.kernel.epoll;

/**
 * One per sandbox: its lock is held while an epoll instance is added to another, so that the check for loops and the
 * addition are one step.
 */
public final class EpollGraph {
    /** Longest chain of instances that watch each other; EP_MAX_NESTS of fs/eventpoll.c. */
    static final int MAXIMUM_DEPTH = 4;
}
