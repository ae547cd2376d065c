package dev.picket.service.stream;

import dev.picket.sentry.control.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Where the output of one process goes: its log, and every client attached to it.
 *
 * <p>A worker may send {@link Command#OUTPUT_WINDOW_BYTES} on each stream ahead of what was credited. Output is credited
 * back once it is in the log and no attached client has more than {@link #SUBSCRIBER_BYTES} waiting: a client that does not
 * read holds back this process, and nobody else.
 */
public final class OutputHub {
    /** What may wait for one client before it holds the process back. */
    static final int SUBSCRIBER_BYTES = 1024 * 1024;

    /** Credits are collected up to this: a process that writes byte by byte would cost a message for each. */
    private static final int CREDIT_STEP_BYTES = Command.OUTPUT_WINDOW_BYTES / 4;

    /** Gives a process more room for output. Called without locks; must not block. */
    @FunctionalInterface
    public interface CreditSink {
        void grant(int stream, int bytes);
    }

    private final LogFile log;
    private final Executor executor;
    private final List<OutputSubscription> subscriptions = new ArrayList<>();
    private final int[] owed = new int[3];
    private CreditSink credits = (stream, bytes) -> {};
    private boolean closed;

    /**
     * @param log where output is kept, or null
     * @param executor where clients are called
     */
    public OutputHub(LogFile log, Executor executor) {
        this.log = log;
        this.executor = executor;
    }

    /** A process begins to run. */
    public synchronized void begin(CreditSink newCredits) {
        credits = newCredits;
        owed[OutputFrame.STDOUT] = 0;
        owed[OutputFrame.STDERR] = 0;
    }

    /**
     * Output of the process.
     *
     * @throws IllegalStateException if the process sends more than it was allowed to: its worker cannot be trusted
     */
    public void output(int stream, byte[] data) {
        synchronized (this) {
            owed[stream] += data.length;
            // How far beyond its window it goes is not looked at closely: the rest is allowed once, at the end.
            if (owed[stream] > Command.OUTPUT_WINDOW_BYTES + Command.OUTPUT_REST_BYTES) {
                throw new IllegalStateException("more output than was credited");
            }
        }
        if (log != null) {
            log.append(stream, data);
        }
        OutputFrame frame = new OutputFrame(stream, data);
        synchronized (this) {
            for (OutputSubscription subscription : subscriptions) {
                subscription.offer(frame);
            }
        }
        settle();
    }

    /** Returns what is owed, unless a client is behind. */
    void settle() {
        int[] granted = new int[3];
        CreditSink sink;
        synchronized (this) {
            if (subscriptions.stream().anyMatch(OutputSubscription::isBehind)) {
                return;
            }
            sink = credits;
            for (int stream = OutputFrame.STDOUT; stream <= OutputFrame.STDERR; stream++) {
                if (owed[stream] >= CREDIT_STEP_BYTES) {
                    granted[stream] = owed[stream];
                    owed[stream] = 0;
                }
            }
        }
        for (int stream = OutputFrame.STDOUT; stream <= OutputFrame.STDERR; stream++) {
            if (granted[stream] > 0) {
                sink.grant(stream, granted[stream]);
            }
        }
    }

    /** A stream of the process is at its end. */
    public void end(int stream) {
        if (log != null) {
            log.end(stream);
        }
    }

    /** The process has ended: all who are attached get what waits for them, and then the end. */
    public void finish() {
        if (log != null) {
            log.end(OutputFrame.STDOUT);
            log.end(OutputFrame.STDERR);
        }
        synchronized (this) {
            credits = (stream, bytes) -> {};
            subscriptions.forEach(OutputSubscription::finish);
            subscriptions.clear();
        }
    }

    /** As {@link #finish}, and nobody can attach any more. */
    public void close() {
        synchronized (this) {
            closed = true;
        }
        finish();
    }

    /**
     * Attaches to the output from now on; if no process runs, to the next one's.
     *
     * @param replay whether the log so far comes first
     * @param live whether to go on after that
     */
    public synchronized OutputSubscription attach(boolean stdout, boolean stderr, boolean replay, boolean live) {
        var subscription = new OutputSubscription(this, executor, stdout, stderr, replay ? log : null);
        if (closed || !live) {
            subscription.finish();
        } else {
            subscriptions.add(subscription);
        }
        return subscription;
    }

    void detach(OutputSubscription subscription) {
        synchronized (this) {
            subscriptions.remove(subscription);
        }
        settle();
    }
}
