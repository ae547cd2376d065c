package dev.picket.service.worker;

import dev.picket.sentry.control.Command;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** One worker: a process that runs one sandbox, or a stand-in for it in tests. */
public interface Worker {
    /** The host's process id. */
    long processId();

    /** The platform it stands on; never {@code auto}. */
    String platform();

    /**
     * Hands it its sandbox. Once only; from now on events go to {@code listener}.
     *
     * @param descriptors files of the host, in the order in which the command counts them; they may be closed afterwards
     */
    void start(Command.Start command, List<HostFile> descriptors, WorkerListener listener);

    /** Sends a command. Never blocks; a worker that has ended ignores it, and one that does not read is ended. */
    void send(Command command);

    /** Ends it: politely, and by force after a second. Its end is told to the listener as any other. */
    void terminate();

    /** Ends it at once. */
    void kill();

    /** Complete when it has ended, and its listener, if there is one, was told. */
    CompletionStage<Void> ended();
}
