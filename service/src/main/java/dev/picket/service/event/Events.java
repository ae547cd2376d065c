package dev.picket.service.event;

import dev.picket.service.failure.Failure;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;

/**
 * Tells everybody who subscribed what happens, in one order, and keeps the last {@value #HISTORY} events for those who ask
 * about the past. A subscriber that lags more than {@value #BUFFER} events behind is ended with an error, not waited for.
 */
public final class Events {
    private static final int HISTORY = 256;
    private static final int BUFFER = 1024;

    private final Clock clock;
    private final Executor executor;
    private final ArrayDeque<SystemEvent> history = new ArrayDeque<>();
    private final CopyOnWriteArrayList<EventSubscription> subscriptions = new CopyOnWriteArrayList<>();

    /** @param executor where subscribers are called */
    public Events(Clock clock, Executor executor) {
        this.clock = clock;
        this.executor = executor;
    }

    /** Publishes an event that happened now. Never blocks on a subscriber. */
    public void publish(String type, String action, String actor, Map<String, String> attributes) {
        synchronized (history) {
            var event = new SystemEvent(type, action, actor, attributes, clock.instant());
            if (history.size() == HISTORY) {
                history.removeFirst();
            }
            history.addLast(event);
            for (EventSubscription subscription : subscriptions) {
                if (!subscription.offer(event)) {
                    subscriptions.remove(subscription);
                }
            }
        }
    }

    /**
     * Events from {@code since} on (null: from the subscription on). It does not end by itself; a subscriber that lags too
     * far behind gets a {@link Failure.Unavailable}.
     */
    public Flow.Publisher<SystemEvent> watch(Instant since) {
        return subscriber -> {
            var subscription = new EventSubscription(subscriber, executor, BUFFER, subscriptions::remove);
            List<SystemEvent> past = new ArrayList<>();
            synchronized (history) {
                if (since != null) {
                    history.stream()
                            .filter(event -> !event.time().isBefore(since))
                            .forEach(past::add);
                }
                subscription.start(past);
                subscriptions.add(subscription);
            }
        };
    }

    /** What happened lately, between two times (null: unbounded). */
    public List<SystemEvent> past(Instant since, Instant until) {
        synchronized (history) {
            return history.stream()
                    .filter(event -> since == null || !event.time().isBefore(since))
                    .filter(event -> until == null || !event.time().isAfter(until))
                    .toList();
        }
    }

    /** Ends all subscriptions. */
    public void close() {
        for (EventSubscription subscription : subscriptions) {
            subscription.complete();
        }
        subscriptions.clear();
    }
}
