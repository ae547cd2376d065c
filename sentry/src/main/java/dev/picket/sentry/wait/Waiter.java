package dev.picket.sentry.wait;

/** Somebody who wants to hear of events of a {@link WaitQueue}: a blocked task, or an epoll instance. */
public interface Waiter {
    /**
     * Called when {@code events} (EPOLLIN and so on) became true. Runs in the thread that caused them, perhaps with locks
     * of the file held: it only takes notes and wakes threads.
     */
    void wake(int events);
}
