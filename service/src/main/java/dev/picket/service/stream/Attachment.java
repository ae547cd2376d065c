package dev.picket.service.stream;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** A client's connection to the streams of a process. */
public interface Attachment extends AutoCloseable {
    /** Whether the process has a terminal: then there is one output stream, and no framing on the wire. */
    boolean isTerminal();

    /**
     * The output, from now on (or from the log's beginning if that was asked for). One subscriber. It completes when the
     * process has ended and all its output was delivered; cancelling is {@link #close()}. Signals come on threads of the
     * service; a subscriber must not block in them. Small demand holds the process's output back once 1 MiB waits.
     */
    Flow.Publisher<OutputFrame> output();

    /**
     * Feeds the process's standard input. The stage completes when the process's side has room for more: send the next
     * piece only then. After the process's input was closed, by whomever, data goes nowhere and the stage completes.
     */
    CompletionStage<Void> input(byte[] data);

    /** The client has no more input. Whether the process sees the end of its input depends on how it was made. */
    CompletionStage<Void> closeInput();

    /** Gives up the connection; the process goes on. */
    @Override
    void close();
}
