package dev.picket.sentry.kernel.epoll;

import dev.picket.sentry.errno.ErrnoException;

/** Takes the events that epoll_wait(2) reports, one by one. */
@FunctionalInterface
public interface EpollSink {
    /**
     * Takes one event.
     *
     * @throws ErrnoException EFAULT if it cannot be stored: it stays to be reported
     */
    void accept(int events, long data) throws ErrnoException;
}
