package dev.picket.service.worker;

import dev.picket.sentry.control.Event;

/** Hears from a worker. Called by one thread at a time, in order; must not block for long: the worker's output waits. */
public interface WorkerListener {
    /** @throws RuntimeException if the worker broke the rules; it is killed then */
    void event(Event event);

    /** The worker has ended; nothing comes after this. {@code reason} is for the user. */
    void ended(String reason);
}
