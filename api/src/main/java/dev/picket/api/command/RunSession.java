package dev.picket.api.command;

import dev.picket.api.client.ApiClient;
import dev.picket.api.client.ApiException;
import dev.picket.api.client.Json;
import dev.picket.api.client.RawStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import sun.misc.Signal;

/** One {@code picket run}: create, attach, wait, start, and then carrying streams and signals until the end. */
final class RunSession {
    /** As a shell reports a program that could not write its output: 128 + SIGPIPE. */
    private static final int EXIT_BROKEN_PIPE = 141;

    private static final int PATIENCE_SIGNALS = 3;
    private static final int INPUT_BYTES = 32 * 1024;

    private final ApiClient client;
    private final RunRequest request;
    private String container;

    RunSession(ApiClient client, RunRequest request) {
        this.client = client;
        this.request = request;
    }

    /** @return the status to exit with */
    int run() throws IOException, InterruptedException {
        if (!request.terminal()) {
            return run(null);
        }
        try (Terminal terminal = Terminal.ofStandardInput()) {
            if (terminal == null && request.interactive()) {
                throw new IOException("the input device is not a TTY");
            }
            return run(terminal);
        }
    }

    private int run(Terminal terminal) throws IOException, InterruptedException {
        String body = request.toJson(terminal == null ? null : terminal.size());
        container =
                Json.readFlat(client.call("POST", "/containers/create", body)).get("Id");
        boolean started = false;
        try (RawStream stream = attach()) {
            var end = client.callLong(
                    "POST",
                    "/containers/" + container + "/wait?condition=" + (request.remove() ? "removed" : "next-exit"));
            forwardSignals();
            try {
                client.call("POST", "/containers/" + container + "/start", null);
            } catch (ApiException e) {
                System.err.println("picket: " + e.getMessage());
                return startFailure(e.getMessage());
            }
            started = true;
            if (terminal != null) {
                followSize(terminal);
                terminal.makeRaw();
            }
            if (request.interactive()) {
                pumpInput(stream);
            }
            copyOutput(stream);
            return status(end);
        } catch (BrokenOutputException e) {
            return EXIT_BROKEN_PIPE;
        } finally {
            if (!started || request.remove()) {
                removeIfThere();
            }
        }
    }

    private RawStream attach() throws IOException {
        String streams = "stream=1&stdout=1&stderr=1" + (request.interactive() ? "&stdin=1" : "");
        return client.hijack("/containers/" + container + "/attach?" + streams, null);
    }

    /** As docker's command line tells them apart. */
    static int startFailure(String message) {
        if (message.contains("executable file not found")
                || message.contains("no such file or directory")
                || message.contains("No such file or directory")) {
            return 127;
        }
        if (message.contains("permission denied")
                || message.contains("Permission denied")
                || message.contains("not a directory")
                || message.contains("is a directory")) {
            return 126;
        }
        return Main.EXIT_FAILURE;
    }

    /** With a terminal the keys go to the sandbox, and its own terminal makes signals of them. */
    private void forwardSignals() {
        var count = new AtomicInteger();
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            Signal.handle(new Signal(name), signal -> {
                boolean impatient = count.incrementAndGet() >= PATIENCE_SIGNALS;
                // The first process of a sandbox ignores signals that it has no handler for, as everywhere.
                callQuietly("POST", "/containers/" + container + "/kill?signal=" + (impatient ? "KILL" : name));
            });
        }
    }

    private void followSize(Terminal terminal) {
        Runnable resize = () -> {
            try {
                Terminal.Size size = terminal.size();
                callQuietly("POST", "/containers/" + container + "/resize?h=" + size.rows() + "&w=" + size.columns());
            } catch (IOException e) {
                System.err.println("picket: cannot read the terminal's size: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        Signal.handle(new Signal("WINCH"), signal -> resize.run());
        resize.run();
    }

    /** For what may come too late: the container may have ended meanwhile. */
    private void callQuietly(String method, String path) {
        try {
            client.call(method, path, null);
        } catch (ApiException e) {
            if (e.status() != 404 && e.status() != 409) {
                System.err.println("picket: " + e.getMessage());
            }
        } catch (IOException e) {
            System.err.println("picket: " + e.getMessage());
        }
    }

    private static void pumpInput(RawStream stream) {
        Thread pump = new Thread(() -> {
            try (var input = new FileInputStream(FileDescriptor.in)) {
                byte[] buffer = new byte[INPUT_BYTES];
                for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
                    stream.write(buffer, 0, count);
                }
                stream.closeInput();
            } catch (IOException e) {
                // The sandbox has ended, or closed its input: nobody reads any more.
            }
        });
        pump.setDaemon(true);
        pump.start();
    }

    /** Our own output cannot be written: whoever read it has gone. */
    private static final class BrokenOutputException extends IOException {
        private static final long serialVersionUID = 1;

        BrokenOutputException(IOException cause) {
            super(cause);
        }
    }

    /** Tells a failure to write here from a failure to read from the service. */
    private static final class Output extends FileOutputStream {
        Output(FileDescriptor descriptor) {
            super(descriptor);
        }

        @Override
        public void write(byte[] data, int offset, int length) throws IOException {
            try {
                super.write(data, offset, length);
            } catch (IOException e) {
                throw new BrokenOutputException(e);
            }
        }
    }

    // Not closed: these are the process's own, and error messages may follow.
    @SuppressWarnings("resource")
    private void copyOutput(RawStream stream) throws IOException {
        var output = new Output(FileDescriptor.out);
        if (request.terminal()) {
            stream.copyRaw(output);
        } else {
            stream.copyFrames(output, new Output(FileDescriptor.err));
        }
    }

    private static int status(CompletableFuture<byte[]> end) throws IOException, InterruptedException {
        try {
            var answer = Json.readFlat(end.get());
            return Integer.parseInt(answer.getOrDefault("StatusCode", String.valueOf(Main.EXIT_FAILURE)));
        } catch (ExecutionException e) {
            throw new IOException("the service went away: " + e.getCause().getMessage(), e);
        }
    }

    private void removeIfThere() {
        callQuietly("DELETE", "/containers/" + container + "?force=1");
    }
}
