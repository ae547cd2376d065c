package dev.picket.service.stream;

import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands items to one subscriber as it asks for them, one at a time, on an executor, and only when there is something to do.
 *
 * <p>{@link #next}, {@link #isOver} and {@link #release} are called by one thread at a time.
 */
abstract class Delivery<T> implements Flow.Subscription {
    private static final int BURST = 64;

    private final Executor executor;
    private final AtomicInteger work = new AtomicInteger();
    private final AtomicLong demand = new AtomicLong();
    private volatile Flow.Subscriber<? super T> subscriber;
    private volatile boolean cancelled;
    private volatile Throwable failure;
    private boolean introduced;
    private boolean ended;

    Delivery(Executor executor) {
        this.executor = executor;
    }

    /** The next item; null if there is none now. */
    abstract T next() throws Exception;

    /** Whether nothing can come any more once {@link #next} has answered null. Asked before next is called. */
    abstract boolean isOver();

    /** Frees what is held; called once, when the delivery has ended in whatever way. */
    abstract void release();

    /** Begins; the subscriber is introduced on the executor. Only one subscriber, or IllegalStateException for the next. */
    final void begin(Flow.Subscriber<? super T> newSubscriber) {
        synchronized (this) {
            if (subscriber != null) {
                throw new IllegalStateException("one subscriber only");
            }
            subscriber = newSubscriber;
        }
        signal();
    }

    /** Something may have come, or ended. Any thread. */
    final void signal() {
        if (work.getAndIncrement() == 0) {
            dispatch();
        }
    }

    private void dispatch() {
        try {
            executor.execute(this::run);
        } catch (RejectedExecutionException e) {
            // The service is closing; the connection ends with it. Resources are freed on this thread.
            cancelled = true;
            run();
        }
    }

    final boolean isCancelled() {
        return cancelled;
    }

    @Override
    public final void request(long count) {
        if (count <= 0) {
            failure = new IllegalArgumentException("demand must be positive");
        } else {
            demand.accumulateAndGet(count, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        }
        signal();
    }

    @Override
    public final void cancel() {
        cancelled = true;
        signal();
    }

    private void run() {
        int seen = work.get();
        while (true) {
            boolean more = deliver();
            if (more) {
                // Others want the executor's thread too.
                dispatch();
                return;
            }
            seen = work.addAndGet(-seen);
            if (seen == 0) {
                return;
            }
        }
    }

    /** @return whether it stopped only to let others in */
    private boolean deliver() {
        if (ended) {
            return false;
        }
        if (cancelled) {
            end();
            return false;
        }
        if (subscriber == null) {
            return false;
        }
        if (!introduced) {
            introduced = true;
            subscriber.onSubscribe(this);
        }
        for (int count = 0; !cancelled; count++) {
            if (failure != null) {
                end();
                subscriber.onError(failure);
                return false;
            }
            if (count == BURST) {
                return true;
            }
            boolean over = isOver();
            if (demand.get() == 0 && !(over && isEmpty())) {
                return false;
            }
            T item;
            try {
                item = demand.get() == 0 ? null : next();
            } catch (Exception e) {
                failure = e;
                continue;
            }
            if (item != null) {
                demand.decrementAndGet();
                subscriber.onNext(item);
            } else if (over) {
                end();
                subscriber.onComplete();
                return false;
            } else {
                return false;
            }
        }
        end();
        return false;
    }

    /** Whether {@link #next} would certainly answer null: lets a stream complete without demand. */
    boolean isEmpty() {
        return false;
    }

    private void end() {
        ended = true;
        release();
    }
}
