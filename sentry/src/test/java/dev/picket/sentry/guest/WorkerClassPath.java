package dev.picket.sentry.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The class path of a worker in tests. A confined worker opens no file, so a class that it loads late must come from an
 * archive that is open already: directories of classes are packed.
 */
final class WorkerClassPath {
    private WorkerClassPath() {}

    /** This JVM's class path with archives in place of directories; packed once a run. */
    static synchronized String packed() throws IOException {
        Path target = Files.createDirectories(Path.of("target/guest-jars").toAbsolutePath());
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            Path path = Path.of(entry);
            if (!Files.isDirectory(path)) {
                entries.add(entry);
            } else if (!path.endsWith("test-classes")) {
                entries.add(pack(path, target).toString());
            }
        }
        return String.join(":", entries);
    }

    private static Path pack(Path directory, Path target) throws IOException {
        Path jar = target.resolve(Integer.toHexString(directory.toString().hashCode()) + "-"
                + ProcessHandle.current().pid() + ".jar");
        if (Files.exists(jar)) {
            return jar;
        }
        jar.toFile().deleteOnExit();
        try (var files = Files.walk(directory);
                var output = new ZipOutputStream(Files.newOutputStream(jar))) {
            output.setMethod(ZipOutputStream.DEFLATED);
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                output.putNextEntry(new ZipEntry(directory.relativize(file).toString()));
                Files.copy(file, output);
                output.closeEntry();
            }
        }
        return jar;
    }
}
