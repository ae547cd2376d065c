package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Poll;
import dev.picket.sentry.wait.WaitQueue;
import dev.picket.sentry.wait.Waiter;

/** An open file with a wait queue of its own: sockets, event counters, timers, epoll instances. */
public abstract class WaitableFile extends OpenFile {
    private final WaitQueue waiters = new WaitQueue();

    /** @param flags as of {@link OpenFile#flags} */
    protected WaitableFile(int flags) {
        super(null, flags);
    }

    /** Woken with the events of poll(2) that may have become true, after they did. */
    public final WaitQueue waiters() {
        return waiters;
    }

    @Override
    public final void addWaiter(Waiter waiter, int events) {
        waiters.add(waiter, events | Poll.POLLERR | Poll.POLLHUP); // these end every wait
    }

    @Override
    public final void removeWaiter(Waiter waiter) {
        waiters.remove(waiter);
    }

    @Override
    public final boolean supportsPolling() {
        return true;
    }
}
