package dev.picket.service.container;

import dev.picket.service.failure.Failure;
import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.OutputFrame;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Everything one can do with containers. Containers are named by id, by unique prefix of an id, or by name with or
 * without a slash.
 *
 * <p>Methods throw {@link Failure}; stages fail with one (maybe inside a CompletionException). Methods that return no
 * stage are quick, but may read or write the disk: call them on a thread that may block.
 */
public final class ContainerService {
    /**
     * Makes a container.
     *
     * @param name null: a random one
     * @throws Failure.NotFound {@code No such image: x:latest}
     * @throws Failure.Conflict the name is in use
     * @throws Failure.BadParameter no command, unknown runtime, a limit out of range, ...
     */
    public Created create(CreateContainer request, String name) {
        throw new UnsupportedOperationException();
    }

    /**
     * Containers, newest first.
     *
     * @param all also those that do not run
     * @param limit at most that many, of all states; 0 or negative: no bound
     * @param filters id, name, label, status, ancestor, exited, before, since, ...: values by name
     */
    public List<Container> list(Map<String, List<String>> filters, boolean all, int limit) {
        throw new UnsupportedOperationException();
    }

    public Container inspect(String container) {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts it; complete when its process runs.
     *
     * <p>Fails with NotModified if it runs; with BadParameter if its command cannot be started, in words from which
     * clients derive 127 and 126.
     */
    public CompletionStage<Void> start(String container) {
        throw new UnsupportedOperationException();
    }

    /**
     * Asks it to end by its stop signal, and kills it after a while; complete when it has ended. NotModified if it does
     * not run.
     *
     * @param signal null: its own
     * @param timeoutSeconds null: its own; negative: waits for ever
     */
    public CompletionStage<Void> stop(String container, String signal, Integer timeoutSeconds) {
        throw new UnsupportedOperationException();
    }

    /** {@link #stop}, if it runs, then {@link #start}. */
    public CompletionStage<Void> restart(String container, String signal, Integer timeoutSeconds) {
        throw new UnsupportedOperationException();
    }

    /**
     * Sends a signal; SIGKILL completes when it has ended.
     *
     * @param signal name with or without SIG, or number; null: KILL
     */
    public CompletionStage<Void> kill(String container, String signal) {
        throw new UnsupportedOperationException();
    }

    /** Waits for its end. There is no deadline; cancel the future if nobody waits any more. */
    public CompletionStage<Exit> waitFor(String container, WaitCondition condition) {
        throw new UnsupportedOperationException();
    }

    /** Removes it, with its log. A running one only with {@code force}, which kills it first. */
    public CompletionStage<Void> remove(String container, boolean force, boolean volumes) {
        throw new UnsupportedOperationException();
    }

    public void rename(String container, String name) {
        throw new UnsupportedOperationException();
    }

    /** Sets the size of its terminal. */
    public void resize(String container, int rows, int columns) {
        throw new UnsupportedOperationException();
    }

    /** Its log. Lines come as they were written, without framing; with follow until the container ends. */
    public Flow.Publisher<OutputFrame> logs(String container, LogQuery query) {
        throw new UnsupportedOperationException();
    }

    /** Connects to its streams; it need not run yet. */
    public Attachment attach(String container, AttachRequest request) {
        throw new UnsupportedOperationException();
    }

    /** Processes of a running container. */
    public ProcessTable top(String container) {
        throw new UnsupportedOperationException();
    }

    /** @return null if it does not run */
    public Statistics statistics(String container) {
        throw new UnsupportedOperationException();
    }

    public void pause(String container) {
        throw new UnsupportedOperationException();
    }

    public void unpause(String container) {
        throw new UnsupportedOperationException();
    }

    /** Removes those that do not run. @return their ids */
    public List<String> prune(Map<String, List<String>> filters) {
        throw new UnsupportedOperationException();
    }
}
