package dev.picket.service.event;

import dev.picket.service.failure.Failure;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/** One watcher of events, with a bounded queue of its own. */
final class EventSubscription implements Flow.Subscription {
    private final Flow.Subscriber<? super SystemEvent> subscriber;
    private final Executor executor;
    private final int bound;
    private final Consumer<EventSubscription> onEnd;
    private final ArrayDeque<SystemEvent> queue = new ArrayDeque<>();
    private long demand;
    private boolean delivering;
    private boolean ended;
    private Throwable failure;
    private boolean done;

    EventSubscription(
            Flow.Subscriber<? super SystemEvent> subscriber,
            Executor executor,
            int bound,
            Consumer<EventSubscription> onEnd) {
        this.subscriber = subscriber;
        this.executor = executor;
        this.bound = bound;
        this.onEnd = onEnd;
    }

    void start(List<SystemEvent> past) {
        synchronized (this) {
            queue.addAll(past);
            delivering = true;
        }
        executor.execute(() -> {
            subscriber.onSubscribe(this);
            deliver();
        });
    }

    /** @return false if the subscription is over, or is over now because it lags too far behind */
    synchronized boolean offer(SystemEvent event) {
        if (ended) {
            return false;
        }
        if (queue.size() >= bound) {
            ended = true;
            failure = new Failure.Unavailable("events are read too slowly: " + bound + " wait");
        } else {
            queue.addLast(event);
        }
        wake();
        return !ended;
    }

    synchronized void complete() {
        ended = true;
        wake();
    }

    @Override
    public void request(long count) {
        synchronized (this) {
            if (count <= 0) {
                ended = true;
                queue.clear();
                failure = new IllegalArgumentException("demand must be positive");
            } else {
                demand = Math.addExact(demand, Math.min(count, Long.MAX_VALUE - demand));
            }
            wake();
        }
    }

    @Override
    public void cancel() {
        synchronized (this) {
            ended = true;
            done = true;
            queue.clear();
        }
        onEnd.accept(this);
    }

    private void wake() {
        if (!delivering && !done) {
            delivering = true;
            executor.execute(this::deliver);
        }
    }

    private void deliver() {
        while (true) {
            SystemEvent next;
            synchronized (this) {
                if (done) {
                    delivering = false;
                    return;
                }
                if (queue.isEmpty() && ended) {
                    done = true;
                    delivering = false;
                    break;
                }
                if (queue.isEmpty() || demand == 0) {
                    delivering = false;
                    return;
                }
                next = queue.removeFirst();
                demand--;
            }
            subscriber.onNext(next);
        }
        onEnd.accept(this);
        if (failure != null) {
            subscriber.onError(failure);
        } else {
            subscriber.onComplete();
        }
    }
}
