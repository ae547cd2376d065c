package dev.picket.api.command;

import dev.picket.service.worker.WorkerArchive;
import dev.picket.service.worker.WorkerLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes the class archive of workers, by a training run with the very options that workers get. */
@Command(name = "archive-worker", hidden = true, description = "Makes the class archive of workers.")
final class ArchiveWorkerCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE")
    private Path archive;

    @Override
    public Integer call() throws IOException, InterruptedException {
        WorkerLayout installed = Installation.workers();
        WorkerArchive.make(new WorkerLayout(
                installed.java(), installed.classPath(), archive.toAbsolutePath(), installed.nativeLibraries()));
        return 0;
    }
}
