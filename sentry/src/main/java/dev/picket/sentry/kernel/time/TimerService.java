package dev.picket.sentry.kernel.time;

import java.util.PriorityQueue;

/**
 * Runs what is due: one thread, which sleeps without end while nothing is set, so that an idle sandbox uses no CPU. The
 * thread begins with the first timer.
 */
public final class TimerService implements AutoCloseable {
    private static final int STACK_BYTES = 256 * 1024;

    private final PriorityQueue<Entry> entries = new PriorityQueue<>();
    private final java.util.function.BiConsumer<String, Throwable> crash;
    private Thread thread;
    private boolean closed;
    private long sequence;

    /** Something that is due at a time. */
    public final class Entry implements Comparable<Entry> {
        private final long dueNanos;
        private final long order;
        private final Runnable action;

        private Entry(long dueNanos, long order, Runnable action) {
            this.dueNanos = dueNanos;
            this.order = order;
            this.action = action;
        }

        /** Takes it back; it may be running at this moment. */
        public void cancel() {
            synchronized (TimerService.this) {
                entries.remove(this);
            }
        }

        @Override
        public int compareTo(Entry other) {
            // Differences, not values: System.nanoTime() may overflow.
            long difference = dueNanos - other.dueNanos;
            return difference != 0 ? Long.signum(difference) : Long.compare(order, other.order);
        }
    }

    /** @param crash told of a bug in something that was due */
    public TimerService(java.util.function.BiConsumer<String, Throwable> crash) {
        this.crash = crash;
    }

    /** Runs {@code action}, which must be short, at {@code dueNanos} of {@link System#nanoTime()}, in the service's thread. */
    public synchronized Entry schedule(long dueNanos, Runnable action) {
        var entry = new Entry(dueNanos, sequence++, action);
        if (closed) {
            return entry;
        }
        entries.add(entry);
        if (thread == null) {
            thread = new Thread(null, this::run, "timers", STACK_BYTES, false);
            thread.setDaemon(true);
            thread.start();
        } else if (entries.peek() == entry) {
            notifyAll();
        }
        return entry;
    }

    private void run() {
        try {
            while (true) {
                Entry due = next();
                if (due == null) {
                    return;
                }
                due.action.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) { // a bug of the Sentry, whatever it is, must end the sandbox with a report
            crash.accept("timers", e);
        }
    }

    private synchronized Entry next() throws InterruptedException {
        while (!closed) {
            var first = entries.peek();
            if (first == null) {
                wait();
                continue;
            }
            long left = first.dueNanos - System.nanoTime();
            if (left <= 0) {
                return entries.poll();
            }
            // Rounded up: waiting in whole milliseconds would wake too early and spin.
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return null;
    }

    @Override
    public void close() {
        Thread ending;
        synchronized (this) {
            closed = true;
            entries.clear();
            notifyAll();
            ending = thread;
        }
        if (ending != null && ending != Thread.currentThread()) {
            try {
                ending.join(1_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
