package dev.picket.endtoend;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A service as users start it, {@code ./picket serve}, with a socket and data directory of its own, and docker's client. */
final class RunningPicket implements AutoCloseable {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final int START_SECONDS = 120;
    private static final int COMMAND_SECONDS = 120;

    private final Path directory = Files.createTempDirectory("picket-end-to-end");
    private final Path socket = directory.resolve("picket.sock");
    private final Process process;

    /** What a command of docker's client printed, and its exit status. */
    record Answer(int status, String output, String error) {}

    RunningPicket(String... options) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                ROOT.resolve("picket").toString(),
                "serve",
                "--listen",
                "unix://" + socket,
                "--data",
                directory.resolve("data").toString()));
        command.addAll(List.of(options));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!Files.readString(directory.resolve("log")).contains("picket is ready")) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new IOException("the service did not come up: " + log());
            }
            Thread.sleep(50);
        }
    }

    /** Why these tests cannot run here, or null. */
    static String unavailable() {
        for (String directory : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(directory, "docker"))) {
                return null;
            }
        }
        return "docker's command-line client is not installed";
    }

    long processId() {
        return process.pid();
    }

    Path dataDirectory() {
        return directory.resolve("data");
    }

    String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    ProcessBuilder dockerCommand(String... arguments) {
        var command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command);
        builder.environment().putAll(Map.of("DOCKER_HOST", "unix://" + socket, "DOCKER_CLI_HINTS", "false"));
        return builder;
    }

    /** Runs docker's client to its end. */
    Answer docker(String... arguments) throws IOException, InterruptedException {
        return dockerWithInput(InputStream.nullInputStream(), arguments);
    }

    Answer dockerWithInput(InputStream input, String... arguments) throws IOException, InterruptedException {
        Process client = dockerCommand(arguments).start();
        var output = read(client.getInputStream());
        var error = read(client.getErrorStream());
        try (var standardInput = client.getOutputStream()) {
            input.transferTo(standardInput);
        } catch (IOException e) {
            // The client may end before it has read all.
        }
        if (!client.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
            client.destroyForcibly();
            throw new IOException("docker " + String.join(" ", arguments) + " did not end; " + log());
        }
        return new Answer(client.exitValue(), output.join(), error.join());
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> {
            try (stream) {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return e.toString();
            }
        });
    }

    /** Imports an image whose root is what {@code tar} packs with these arguments. */
    void importImage(String name, String... tarArguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("tar", "-c"));
        command.addAll(List.of(tarArguments));
        Process tar = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Answer answer = dockerWithInput(tar.getInputStream(), "import", "-", name);
        tar.waitFor();
        if (answer.status() != 0) {
            throw new IOException("import failed: " + answer.error());
        }
    }

    /** Imports Debian's static busybox with its applets as {@code busybox}. */
    void importBusybox() throws IOException, InterruptedException {
        Path root = Files.createDirectories(directory.resolve("busybox"));
        Path bin = Files.createDirectories(root.resolve("bin"));
        Files.createDirectories(root.resolve("etc"));
        Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
        Process list = new ProcessBuilder("/bin/busybox", "--list").start();
        for (String applet : new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
            if (!applet.equals("busybox")) {
                Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
            }
        }
        Files.writeString(root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000::/:/bin/sh\n");
        Files.writeString(root.resolve("etc/group"), "root:x:0:\nguest:x:1000:\n");
        importImage("busybox", "-C", root.toString(), ".");
    }

    /** Processes below the service's: the workers and their stubs. */
    List<ProcessHandle> descendants() {
        return process.toHandle().descendants().toList();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("the service did not end: " + log());
        }
        try (var files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
