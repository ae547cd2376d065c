package dev.picket.service.worker;

import dev.picket.service.failure.Failure;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What a worker's JVM is made from.
 *
 * @param java the java program, of the same release as the one that runs the service
 * @param classPath jars (or class directories) of the platform, the Sentry and jffi, and nothing else
 * @param archive AppCDS archive, or null; one that is not there is done without
 * @param nativeLibraries directory with jffi's library, extracted beforehand, or null
 */
public record WorkerLayout(Path java, List<Path> classPath, Path archive, Path nativeLibraries) {
    private static final String JFFI_LIBRARY = "jni/x86_64-Linux/libjffi-1.2.so";

    /** A layout of the parts of a class path that a worker needs: of this JVM's own, in development and tests. */
    public static WorkerLayout ofClassPath(String classPath) {
        List<Path> parts = new ArrayList<>();
        for (String part : classPath.split(File.pathSeparator)) {
            Path path = Path.of(part).toAbsolutePath().normalize();
            if (isWorkers(path)) {
                parts.add(path);
            }
        }
        return new WorkerLayout(currentJava(), parts, null, null);
    }

    /** A layout of a directory of jars; {@code picket-worker.jsa} in it is the archive. */
    public static WorkerLayout ofDirectory(Path directory) {
        try (var files = Files.list(directory)) {
            List<Path> parts = files.map(file -> file.toAbsolutePath().normalize())
                    .filter(WorkerLayout::isWorkers)
                    .sorted()
                    .toList();
            Path archive = directory.resolve("picket-worker.jsa").toAbsolutePath();
            return new WorkerLayout(currentJava(), parts, archive, null);
        } catch (IOException e) {
            throw new Failure.Unavailable("cannot read " + directory + ": " + e.getMessage(), e);
        }
    }

    private static boolean isWorkers(Path path) {
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        if (name.startsWith("picket-platform") || name.startsWith("picket-sentry") || name.startsWith("jffi-")) {
            return name.endsWith(".jar") && !name.endsWith("-tests.jar") && !name.endsWith("-sources.jar");
        }
        return Files.isDirectory(path.resolve("dev/picket/sentry/boot"))
                || Files.isDirectory(path.resolve("dev/picket/platform/host"));
    }

    private static Path currentJava() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /**
     * The same layout with jffi's native library in {@code directory}, extracted there if it is not yet: a worker that had
     * to extract its own would start later, and leave it behind when killed.
     */
    public WorkerLayout withNativeLibraries(Path directory) {
        if (nativeLibraries != null) {
            return this;
        }
        for (Path part : classPath) {
            if (Files.isRegularFile(part) && extract(part, directory)) {
                return new WorkerLayout(java, classPath, archive, directory);
            }
        }
        throw new Failure.Unavailable("no jar of the worker's class path holds " + JFFI_LIBRARY);
    }

    private static boolean extract(Path jar, Path directory) {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.getEntry(JFFI_LIBRARY);
            if (entry == null) {
                return false;
            }
            Files.createDirectories(directory);
            Path target = directory.resolve("libjffi-1.2.so");
            if (Files.exists(target) && Files.size(target) == entry.getSize()) {
                return true;
            }
            Path part = Files.createTempFile(directory, "libjffi", ".part");
            try (InputStream library = zip.getInputStream(entry)) {
                Files.copy(library, part, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (IOException e) {
            throw new Failure.Unavailable("cannot extract jffi's library: " + e.getMessage(), e);
        }
    }
}
