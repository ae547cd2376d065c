package dev.picket.sentry.guest;

import dev.picket.platform.host.DescriptorSocket;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.control.FrameCodec;
import dev.picket.sentry.control.FrameReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A worker process as the service starts it, steered by a test: one program in one sandbox, whose root has the host's /usr
 * and the directory of guest programs at /guest.
 */
final class TestWorker implements AutoCloseable {
    private static final int ADDRESS_BYTES = 110;
    private static final String TOKEN = "00".repeat(32);
    private static final int TOKEN_BYTES = 32;

    private final Path directory = Files.createTempDirectory("picket-test-worker");
    private final List<Integer> descriptors = new ArrayList<>();
    private final Process process;
    private final DescriptorSocket socket;
    private final FrameReader events;

    TestWorker(String platform) throws IOException {
        Path path = directory.resolve("control");
        int listener = listen(path);
        try {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-XX:-UsePerfData",
                            "-XX:-UseContainerSupport",
                            "-Xmx128m",
                            "-cp",
                            WorkerClassPath.packed(),
                            "dev.picket.sentry.boot.WorkerMain",
                            platform,
                            path.toString())
                    .redirectError(directory.resolve("stderr").toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().write(TOKEN.getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().close();
            int connection = accept(listener);
            socket = new DescriptorSocket(connection);
        } finally {
            Host.close(listener);
        }
        byte[] token = new byte[TOKEN_BYTES];
        for (int read = 0; read < token.length; ) {
            int count = socket.receive(token, read, token.length - read, new ArrayList<>());
            if (count <= 0) {
                throw new IOException("the worker did not come up: " + standardError());
            }
            read += count;
        }
        events = new FrameReader(
                (bytes, offset, length) -> socket.receive(bytes, offset, length, new ArrayList<>()),
                FrameCodec.MAXIMUM_EVENT_BYTES);
        if (!(next() instanceof Event.Ready)) {
            throw new IOException("the worker is not ready: " + standardError());
        }
    }

    /** Process id of the worker on the host. */
    long processId() {
        return process.pid();
    }

    /**
     * What a sandbox has beyond the usual.
     *
     * @param directories of the host that it sees, read-only, at the same paths
     * @param environment beside the usual variables
     * @param live whether what the program says goes straight on, too
     */
    record Setup(
            long memoryBytes,
            List<String> directories,
            List<String> environment,
            int user,
            boolean trace,
            boolean live) {
        static final Setup USUAL = new Setup(1L << 30, List.of(), List.of(), 0, false, false);

        Setup traced(boolean trace) {
            return new Setup(memoryBytes, directories, environment, user, trace, live);
        }
    }

    /** Runs a command to its end. */
    Outcome run(List<String> arguments, boolean trace) throws IOException {
        return run(arguments, Setup.USUAL.traced(trace));
    }

    Outcome run(List<String> arguments, Setup setup) throws IOException {
        List<Command.HostEntry> entries = new ArrayList<>();
        addDirectory(entries, "/usr", Path.of("/usr"));
        addDirectory(entries, "/guest", GuestPrograms.directory());
        for (String path : setup.directories()) {
            addDirectory(entries, path, Path.of(path));
        }
        List<String> environment = new ArrayList<>(List.of("PATH=/usr/bin:/bin:/guest", "LANG=C.UTF-8"));
        environment.addAll(setup.environment());
        for (String link : List.of("bin", "sbin", "lib", "lib64")) {
            entries.add(new Command.HostEntry("/" + link, -1, "usr/" + link));
        }
        var start = new Command.Start(
                "test",
                "sandbox",
                new Command.Root.HostDirectories(entries),
                List.of(),
                new Command.ProcessSpec(
                        arguments,
                        environment,
                        "/work",
                        setup.user() == 0 ? "" : Integer.toString(setup.user()),
                        false,
                        0,
                        0,
                        false),
                new Command.Limits(setup.memoryBytes(), 0, 0, 0, 0, 2),
                setup.trace());
        byte[] frame = FrameCodec.encode(start);
        int[] passed = descriptors.stream().mapToInt(Integer::intValue).toArray();
        send(frame, passed);
        descriptors.forEach(Host::close);
        descriptors.clear();
        return collect(setup.live());
    }

    private Outcome collect(boolean live) throws IOException {
        var output = new ByteArrayOutputStream();
        var error = new ByteArrayOutputStream();
        while (true) {
            Event event = next();
            if (event instanceof Event.Output data) {
                (data.stream() == Command.STDOUT ? output : error).writeBytes(data.data());
                if (live) {
                    var stream = data.stream() == Command.STDOUT ? System.out : System.err;
                    stream.writeBytes(data.data());
                    stream.flush();
                }
                send(FrameCodec.encode(new Command.OutputCredit(data.process(), data.stream(), data.data().length)));
            } else if (event instanceof Event.Exited exited && exited.process() == Command.MAIN) {
                return new Outcome(exited.status(), text(output), text(error));
            } else if (event instanceof Event.StartFailed failed) {
                throw new IOException("start failed: " + failed.reason() + " " + failed.message());
            } else if (event instanceof Event.Crashed crashed) {
                throw new IOException("after " + text(output) + text(error) + crashed.report());
            } else if (event == null) {
                throw new IOException("the worker is gone, after " + text(output) + text(error) + standardError());
            }
        }
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private void addDirectory(List<Command.HostEntry> entries, String guestPath, Path hostPath) throws IOException {
        int descriptor = Host.openat(
                Fcntl.AT_FDCWD, hostPath.toString(), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0);
        if (descriptor < 0) {
            throw new IOException("cannot open " + hostPath + ": errno " + -descriptor);
        }
        entries.add(new Command.HostEntry(guestPath, descriptors.size(), null));
        descriptors.add(descriptor);
    }

    private Event next() throws IOException {
        byte[] body = events.next();
        return body == null ? null : FrameCodec.decodeEvent(body);
    }

    private void send(byte[] bytes, int... passed) throws IOException {
        int sent = 0;
        while (sent < bytes.length) {
            int count = sent == 0
                    ? socket.send(bytes, 0, bytes.length, passed)
                    : socket.send(bytes, sent, bytes.length - sent);
            if (count < 0) {
                throw new IOException("cannot send: errno " + -count);
            }
            sent += count;
        }
    }

    /** What the worker said on its standard error. */
    String standardError() throws IOException {
        return Files.readString(directory.resolve("stderr"));
    }

    @Override
    public void close() throws IOException {
        try {
            if (socket != null) {
                socket.close();
            }
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("the worker did not end with its connection");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Files.deleteIfExists(directory.resolve("control"));
            Files.deleteIfExists(directory.resolve("stderr"));
            Files.deleteIfExists(directory);
        }
    }

    private static int listen(Path path) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        long address = NativeMemory.allocate(ADDRESS_BYTES);
        try {
            NativeMemory.putShort(address, (short) DescriptorSocket.AF_UNIX);
            NativeMemory.copyFromArray(name, 0, address + 2, name.length);
            int listener = Host.socket(
                    DescriptorSocket.AF_UNIX, DescriptorSocket.SOCK_STREAM | DescriptorSocket.SOCK_CLOEXEC, 0);
            if (listener < 0 || Host.bind(listener, address, 2 + name.length + 1) < 0 || Host.listen(listener, 1) < 0) {
                throw new IOException("cannot listen at " + path);
            }
            return listener;
        } finally {
            NativeMemory.free(address);
        }
    }

    private static int accept(int listener) throws IOException {
        int connection = Host.accept4(listener, 0, 0, DescriptorSocket.SOCK_CLOEXEC);
        if (connection < 0) {
            throw new IOException("accept: errno " + -connection);
        }
        return connection;
    }
}
