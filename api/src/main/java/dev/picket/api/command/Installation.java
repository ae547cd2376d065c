package dev.picket.api.command;

import dev.picket.service.worker.WorkerLayout;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the parts of this build are.
 *
 * <p>The launcher names a directory by the system property {@code picket.home}: {@code lib/worker} holds the worker's jars,
 * {@code worker.jsa} its class archive, {@code native} jffi's library. Without it (tests, an IDE) a worker's classes are
 * picked from our own class path.
 */
final class Installation {
    private Installation() {}

    static WorkerLayout workers() throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        String home = System.getProperty("picket.home");
        if (home == null) {
            return new WorkerLayout(java, workerPartOfOwnClassPath(), null, null);
        }
        Path directory = Path.of(home);
        Path natives = directory.resolve("native");
        return new WorkerLayout(
                java,
                jars(directory.resolve("lib").resolve("worker")),
                existing(directory.resolve("worker.jsa")),
                existing(natives));
    }

    /** Sorted: a class archive fits only the class path, in the order, that it was made with. */
    private static List<Path> jars(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }

    private static Path existing(Path file) {
        return Files.exists(file) ? file : null;
    }

    private static List<Path> workerPartOfOwnClassPath() {
        List<Path> parts = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry).toAbsolutePath();
            String name = path.getFileName().toString();
            boolean ownJar = name.startsWith("picket-platform") || name.startsWith("picket-sentry");
            boolean ownClasses = path.endsWith(Path.of("platform", "target", "classes"))
                    || path.endsWith(Path.of("sentry", "target", "classes"));
            if (ownJar || ownClasses || name.startsWith("jffi-")) {
                parts.add(path);
            }
        }
        return parts;
    }
}
