package dev.picket.api.command;

import dev.picket.service.worker.WorkerFlags;
import dev.picket.service.worker.WorkerLayout;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes the class archive of workers, by a training run with the very options that workers get. */
@Command(name = "archive-worker", hidden = true, description = "Makes the class archive of workers.")
final class ArchiveWorkerCommand implements Callable<Integer> {
    private static final long TRAINING_SECONDS = 60;

    @Parameters(paramLabel = "FILE")
    private Path archive;

    @Parameters(paramLabel = "PLATFORM")
    private String platform;

    @Override
    public Integer call() throws IOException, InterruptedException {
        WorkerLayout installed = Installation.workers();
        var layout = new WorkerLayout(
                installed.java(), installed.classPath(), archive.toAbsolutePath(), installed.nativeLibraries());
        List<String> command = new ArrayList<>(List.of(layout.java().toString()));
        command.addAll(WorkerFlags.training(layout));
        command.add("-cp");
        command.add(layout.classPath().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        command.addAll(List.of("dev.picket.sentry.boot.WorkerMain", "--train", platform));
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(TRAINING_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("the training run of a worker did not end within " + TRAINING_SECONDS + " seconds");
        }
        return process.exitValue();
    }
}
