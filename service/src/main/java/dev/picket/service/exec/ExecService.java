package dev.picket.service.exec;

import dev.picket.service.stream.Attachment;
import java.util.concurrent.CompletionStage;

/** Everything one can do with execs. Failures as in {@code ContainerService}. */
public final class ExecService {
    /** @return the id */
    public String create(String container, CreateExec request) {
        throw new UnsupportedOperationException();
    }

    public Exec inspect(String exec) {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts it with a client connected; complete when it runs. If it cannot be started the stage fails with BadParameter
     * and the exec's exit code is 127 or 126.
     *
     * @param rows initial rows of the terminal; 0: as created
     */
    public CompletionStage<Attachment> startAttached(String exec, boolean terminal, int rows, int columns) {
        throw new UnsupportedOperationException();
    }

    /** Starts it with its output thrown away; complete when it runs. */
    public CompletionStage<Void> startDetached(String exec, boolean terminal) {
        throw new UnsupportedOperationException();
    }

    public void resize(String exec, int rows, int columns) {
        throw new UnsupportedOperationException();
    }
}
