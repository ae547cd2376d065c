package dev.picket.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The docker command line, as users have it, in front of a service of ours. */
final class DockerCli {
    private static final long SECONDS = 60;

    private final String host;

    DockerCli(String host) {
        this.host = host;
    }

    /** How a command ended, and what it wrote. */
    record Result(int status, String output, String error) {
        @Override
        public String toString() {
            return "status " + status + "\n-- output:\n" + output + "\n-- error:\n" + error;
        }
    }

    static boolean isInstalled(String program) {
        for (String directory : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    /** Runs {@code docker ARGUMENTS}, with no input. */
    Result docker(String... arguments) throws IOException, InterruptedException {
        return dockerWithInput(new byte[0], arguments);
    }

    Result dockerWithInput(byte[] input, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return run(input, command);
    }

    /** Runs {@code docker ARGUMENTS} on a terminal of its own, typing {@code keys}; one line each, with pauses. */
    Result dockerOnTerminal(List<String> keys, String arguments) throws IOException, InterruptedException {
        Process process = start(List.of("script", "-qec", "stty cols 91 rows 37; docker " + arguments, "/dev/null"));
        var output = read(process.getInputStream());
        try (OutputStream input = process.getOutputStream()) {
            for (String key : keys) {
                // A user types when there is something to type at.
                Thread.sleep(1500);
                input.write(key.getBytes(StandardCharsets.UTF_8));
                input.flush();
            }
            int status = await(process);
            return new Result(status, output.join(), "");
        }
    }

    /** Starts {@code docker ARGUMENTS}; its output is the caller's to read. */
    Process startDocker(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return start(command);
    }

    private Process start(List<String> command) throws IOException {
        var builder = new ProcessBuilder(command);
        builder.environment().put("DOCKER_HOST", host);
        builder.environment().remove("DOCKER_CONTEXT");
        return builder.start();
    }

    private Result run(byte[] input, List<String> command) throws IOException, InterruptedException {
        Process process = start(command);
        var output = read(process.getInputStream());
        var error = read(process.getErrorStream());
        try (OutputStream stream = process.getOutputStream()) {
            stream.write(input);
        } catch (IOException e) {
            // It may end without reading all of its input; its status and output tell.
        }
        return new Result(await(process), output.join(), error.join());
    }

    private static int await(Process process) throws InterruptedException {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("docker did not end within " + SECONDS + " seconds");
        }
        return process.exitValue();
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> {
            try (stream) {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return "cannot read: " + e;
            }
        });
    }
}
