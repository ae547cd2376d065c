package dev.picket.sentry.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The C programs of {@code src/test/c}, compiled. */
final class GuestPrograms {
    private static final Path SOURCES = Path.of("src/test/c");
    private static final Path COMPILED = Path.of("target/guest");

    private GuestPrograms() {}

    /** Directory with the programs. */
    static Path directory() {
        return COMPILED.toAbsolutePath();
    }

    /** The static program of {@code name}.c, compiled if it is missing or stale. */
    static Path compile(String name) throws IOException, InterruptedException {
        Path source = SOURCES.resolve(name + ".c");
        Path program = directory().resolve(name);
        if (Files.exists(program)
                && newest(source, SOURCES.resolve("check.h"))
                        < Files.getLastModifiedTime(program).toMillis()) {
            return program;
        }
        Files.createDirectories(directory());
        Process gcc = new ProcessBuilder(List.of(
                        "gcc",
                        "-O1",
                        "-static",
                        "-pthread",
                        "-w",
                        "-o",
                        program.toString(),
                        source.toAbsolutePath().toString()))
                .redirectErrorStream(true)
                .start();
        String said = new String(gcc.getInputStream().readAllBytes());
        if (!gcc.waitFor(120, TimeUnit.SECONDS) || gcc.exitValue() != 0) {
            throw new IOException("gcc " + source + " failed: " + said);
        }
        return program;
    }

    private static long newest(Path... files) throws IOException {
        long newest = 0;
        for (Path file : files) {
            newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
        }
        return newest;
    }
}
