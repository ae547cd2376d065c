package dev.picket.service.worker;

import dev.picket.service.failure.Failure;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Makes the AppCDS archive of a layout by a training run: a worker that runs a tiny guest and dumps the classes it has
 * loaded. Workers start in a fraction of the time with it, and share its pages.
 */
public final class WorkerArchive {
    private static final long SECONDS = 60;

    private WorkerArchive() {}

    /**
     * Makes {@link WorkerLayout#archive}, in place of an older one.
     *
     * @throws Failure.Unavailable if the run fails; the message has what the JVM said
     */
    public static void make(WorkerLayout layout) throws InterruptedException {
        Path part = layout.archive().resolveSibling(layout.archive().getFileName() + ".part");
        List<String> command = new ArrayList<>();
        command.add(layout.java().toString());
        command.addAll(WorkerFlags.training(
                new WorkerLayout(layout.java(), layout.classPath(), part, layout.nativeLibraries())));
        command.add("-cp");
        command.add(layout.classPath().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        command.add("dev.picket.sentry.boot.WorkerMain");
        command.add("--train");
        try {
            Path output = Files.createTempFile(layout.archive().getParent(), "training", ".log");
            try {
                run(command, output);
                Files.move(part, layout.archive(), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(output);
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new Failure.Unavailable("cannot make " + layout.archive() + ": " + e.getMessage(), e);
        }
    }

    private static void run(List<String> command, Path output) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().put("MALLOC_ARENA_MAX", "1");
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        Process process = builder.start();
        process.getOutputStream().close();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("the training run takes longer than " + SECONDS + " seconds");
        }
        if (process.exitValue() != 0) {
            throw new IOException("the training run ended with status " + process.exitValue() + ": "
                    + Files.readString(output).strip());
        }
    }
}
