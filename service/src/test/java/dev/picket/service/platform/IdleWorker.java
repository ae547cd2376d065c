package dev.picket.service.platform;

import dev.picket.sentry.control.Command;
import dev.picket.service.worker.HostFile;
import dev.picket.service.worker.Worker;
import dev.picket.service.worker.WorkerListener;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A worker of which nothing is wanted but that it is there. */
record IdleWorker(String platform, CompletableFuture<Void> end) implements Worker {
    IdleWorker(String platform) {
        this(platform, new CompletableFuture<>());
    }

    @Override
    public long processId() {
        return 1;
    }

    @Override
    public void start(Command.Start command, List<HostFile> descriptors, WorkerListener listener) {
        throw new IllegalStateException("not here");
    }

    @Override
    public void send(Command command) {
        throw new IllegalStateException("not here");
    }

    @Override
    public void terminate() {
        kill();
    }

    @Override
    public void kill() {
        end.complete(null);
    }

    @Override
    public CompletionStage<Void> ended() {
        return end;
    }
}
