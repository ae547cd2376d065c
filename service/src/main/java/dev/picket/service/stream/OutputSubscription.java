package dev.picket.service.stream;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client of an {@link OutputHub}: first the log up to where it attached, if it asked for that, then what comes. */
public final class OutputSubscription implements Flow.Publisher<OutputFrame> {
    private static final Logger LOGGER = LoggerFactory.getLogger(OutputSubscription.class);

    private final OutputHub hub;
    private final boolean stdout;
    private final boolean stderr;
    private final LogFile history;
    private final long[] historyEnd;
    private final ArrayDeque<OutputFrame> queue = new ArrayDeque<>();
    private final Feed feed;
    private long waitingBytes;
    private boolean finished;

    OutputSubscription(OutputHub hub, Executor executor, boolean stdout, boolean stderr, LogFile history) {
        this.hub = hub;
        this.stdout = stdout;
        this.stderr = stderr;
        this.history = history;
        this.historyEnd = history == null ? null : endOf(history);
        this.feed = new Feed(executor);
    }

    private static long[] endOf(LogFile log) {
        try {
            return log.end();
        } catch (IOException e) {
            LOGGER.warn("cannot read the log {}", log.path(), e);
            return new long[] {Long.MIN_VALUE, 0};
        }
    }

    void offer(OutputFrame frame) {
        if (frame.stream() == OutputFrame.STDERR ? !stderr : !stdout) {
            return;
        }
        synchronized (this) {
            if (finished) {
                return;
            }
            queue.addLast(frame);
            waitingBytes += frame.data().length;
        }
        feed.signal();
    }

    void finish() {
        synchronized (this) {
            finished = true;
        }
        feed.signal();
    }

    synchronized boolean isBehind() {
        return waitingBytes > OutputHub.SUBSCRIBER_BYTES;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super OutputFrame> subscriber) {
        feed.begin(subscriber);
    }

    /** The client has gone. */
    public void cancel() {
        synchronized (this) {
            finished = true;
            queue.clear();
            waitingBytes = 0;
        }
        feed.cancel();
        hub.detach(this);
    }

    private final class Feed extends Delivery<OutputFrame> {
        private LogReader reader;
        private boolean replayed = history == null;

        Feed(Executor executor) {
            super(executor);
        }

        @Override
        OutputFrame next() throws IOException {
            if (!replayed) {
                OutputFrame past = replay();
                if (past != null) {
                    return past;
                }
            }
            OutputFrame frame;
            boolean caughtUp;
            synchronized (OutputSubscription.this) {
                frame = queue.pollFirst();
                if (frame == null) {
                    return null;
                }
                boolean before = isBehind();
                waitingBytes -= frame.data().length;
                caughtUp = before && !isBehind();
            }
            if (caughtUp) {
                hub.settle();
            }
            return frame;
        }

        private OutputFrame replay() throws IOException {
            if (reader == null) {
                reader = LogReader.open(history, -1);
            }
            while (reader.isBefore(historyEnd)) {
                LogEntry entry = reader.next();
                if (entry == null) {
                    break;
                }
                if (entry.stream() == OutputFrame.STDERR ? stderr : stdout) {
                    return new OutputFrame(entry.stream(), entry.data());
                }
            }
            replayed = true;
            reader.close();
            reader = null;
            return null;
        }

        @Override
        boolean isOver() {
            synchronized (OutputSubscription.this) {
                return finished;
            }
        }

        @Override
        boolean isEmpty() {
            synchronized (OutputSubscription.this) {
                return replayed && queue.isEmpty();
            }
        }

        @Override
        void release() {
            if (reader != null) {
                try {
                    reader.close();
                } catch (IOException e) {
                    LOGGER.warn("cannot close a reader of {}", history.path(), e);
                }
            }
            synchronized (OutputSubscription.this) {
                finished = true;
                queue.clear();
                waitingBytes = 0;
            }
            hub.detach(OutputSubscription.this);
        }
    }
}
