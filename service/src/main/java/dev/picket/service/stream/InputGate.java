package dev.picket.service.stream;

import dev.picket.sentry.control.FrameCodec;
import dev.picket.service.failure.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The way to a process's standard input. Data waits here until the process's side has room for it; whoever writes is told
 * when it was passed on, and writes no more until then.
 */
public final class InputGate {
    /** What may wait, whoever wrote it; a writer that keeps to the rule never gets here. */
    private static final int MAXIMUM_WAITING_BYTES = 8 * 1024 * 1024;

    /** More room than this is never believed: the worker's side is not trusted. */
    private static final int MAXIMUM_CREDIT_BYTES = 1024 * 1024;

    /** The process's side. Called with the gate's lock held, so that the order is kept; must not block. */
    public interface Sink {
        void data(byte[] data);

        void close();
    }

    private record Piece(byte[] data, CompletableFuture<Void> passed) {}

    private final ArrayDeque<Piece> queue = new ArrayDeque<>();
    private Sink sink;
    private int headOffset;
    private int credit;
    private long waitingBytes;
    private boolean closing;
    private boolean over;

    /** The process runs: what waits may go as far as there is room. */
    public void open(Sink newSink) {
        pass(() -> {
            sink = newSink;
            credit = 0;
            over = false;
        });
    }

    /** The process has room for that much more. */
    public void credit(int bytes) {
        if (bytes > 0) {
            pass(() -> credit = (int) Math.min((long) credit + bytes, MAXIMUM_CREDIT_BYTES));
        }
    }

    /** Passes data on; complete when it has gone, or when the process does not take any more. */
    public CompletionStage<Void> write(byte[] data) {
        var passed = new CompletableFuture<Void>();
        pass(() -> {
            if (over || closing) {
                passed.complete(null);
            } else if (waitingBytes + data.length > MAXIMUM_WAITING_BYTES) {
                passed.completeExceptionally(new Failure.Conflict("too much input waits for the process"));
            } else {
                queue.addLast(new Piece(data, passed));
                waitingBytes += data.length;
            }
        });
        return passed;
    }

    /** Ends the process's input behind what waits. */
    public void close() {
        pass(() -> closing = true);
    }

    /** The process has ended; what waits goes nowhere. Before the next {@link #open} writers are ignored. */
    public void finish() {
        pass(() -> {
            over = true;
            sink = null;
            headOffset = 0;
        });
    }

    /** A new process will come: if the last one's input is over, what is written from now on waits for the new one. */
    public void renew() {
        pass(() -> {
            if (over) {
                over = false;
                closing = false;
            }
        });
    }

    private void pass(Runnable change) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        synchronized (this) {
            change.run();
            if (over) {
                queue.forEach(piece -> done.add(piece.passed()));
                queue.clear();
                waitingBytes = 0;
            }
            while (sink != null && credit > 0 && !queue.isEmpty()) {
                Piece head = queue.peekFirst();
                int count = Math.min(Math.min(credit, FrameCodec.MAXIMUM_DATA_BYTES), head.data().length - headOffset);
                if (count > 0) {
                    sink.data(Arrays.copyOfRange(head.data(), headOffset, headOffset + count));
                }
                credit -= count;
                headOffset += count;
                waitingBytes -= count;
                if (headOffset == head.data().length) {
                    queue.removeFirst();
                    headOffset = 0;
                    done.add(head.passed());
                }
            }
            if (sink != null && closing && queue.isEmpty()) {
                sink.close();
                sink = null;
                over = true;
            }
        }
        // Outside the lock: whoever waits may write again at once.
        done.forEach(future -> future.complete(null));
    }
}
