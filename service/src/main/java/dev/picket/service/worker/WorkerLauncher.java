package dev.picket.service.worker;

import dev.picket.service.failure.Failure;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import jnr.unixsocket.UnixServerSocketChannel;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;
import jnr.unixsocket.UnixSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts worker processes and waits for them to connect. A connection is taken only from a process that was started here
 * (SO_PEERCRED) and that knows the token which it alone was told, on its standard input.
 */
public final class WorkerLauncher implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(WorkerLauncher.class);
    private static final int TOKEN_BYTES = 32;
    private static final long READY_SECONDS = 10;

    private final WorkerLayout layout;
    private final Path runDirectory;
    private final Path socket;
    private final Executor executor;
    private final ScheduledExecutorService timer;
    private final SecureRandom random = new SecureRandom();
    private final AtomicLong count = new AtomicLong();
    private final Map<Long, WorkerProcess> workers = new ConcurrentHashMap<>();
    private final UnixServerSocketChannel server;
    private final Thread acceptor;
    private volatile boolean closed;

    /**
     * Listens for workers.
     *
     * @param runDirectory a directory that only this user can enter
     * @throws Failure.Unavailable if the socket cannot be made
     */
    public WorkerLauncher(WorkerLayout layout, Path runDirectory, Executor executor, ScheduledExecutorService timer) {
        // jnr-ffi's generated code corrupts the sixth integer argument on x86-64 (its issue 181).
        System.setProperty("jnr.ffi.x86asm.enabled", "false");
        this.layout = layout;
        this.runDirectory = runDirectory;
        this.executor = executor;
        this.timer = timer;
        this.socket = runDirectory.resolve("workers.sock");
        try {
            Files.deleteIfExists(socket);
            removeLeftovers(runDirectory);
            server = UnixServerSocketChannel.open();
            server.socket().bind(new UnixSocketAddress(socket.toFile()), 64);
        } catch (IOException e) {
            throw new Failure.Unavailable("cannot listen for workers at " + socket + ": " + e.getMessage(), e);
        }
        acceptor = new Thread(this::accept, "workers");
        acceptor.setDaemon(true);
        acceptor.start();
    }

    /** What a service that was killed has left. */
    private static void removeLeftovers(Path runDirectory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(runDirectory, "{worker,trace}-*.log")) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    /**
     * Starts a worker.
     *
     * @return complete when it awaits its sandbox; fails with {@link Failure.Unavailable}, after ten seconds at most
     */
    public CompletableFuture<Worker> launch(String platform) {
        byte[] token = new byte[TOKEN_BYTES];
        random.nextBytes(token);
        Path output = runDirectory.resolve("worker-" + count.incrementAndGet() + ".log");
        WorkerProcess worker;
        try {
            ProcessBuilder builder = new ProcessBuilder(command(platform));
            builder.directory(new File("/"));
            builder.environment().clear();
            // One arena per thread costs megabytes, and a worker allocates little.
            builder.environment().put("MALLOC_ARENA_MAX", "1");
            builder.redirectErrorStream(true);
            builder.redirectOutput(output.toFile());
            Process process = builder.start();
            worker = new WorkerProcess(process, token, output, executor, timer);
            workers.put(process.pid(), worker);
            worker.ended().thenRun(() -> workers.remove(process.pid()));
            if (closed) {
                worker.kill();
            }
            try (var input = process.getOutputStream()) {
                input.write((HexFormat.of().formatHex(token) + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            return CompletableFuture.failedFuture(
                    new Failure.Unavailable("cannot start a worker: " + e.getMessage(), e));
        }
        var deadline = timer.schedule(
                () -> {
                    if (worker.ready()
                            .completeExceptionally(new Failure.Unavailable(
                                    "a worker was not ready within " + READY_SECONDS + " seconds"))) {
                        worker.kill();
                    }
                },
                READY_SECONDS,
                TimeUnit.SECONDS);
        worker.ready().whenComplete((ready, failure) -> deadline.cancel(false));
        return worker.ready();
    }

    private List<String> command(String platform) {
        List<String> command = new ArrayList<>();
        command.add(layout.java().toString());
        command.addAll(WorkerFlags.of(layout));
        command.add("-cp");
        command.add(layout.classPath().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
        command.add("dev.picket.sentry.boot.WorkerMain");
        command.add(platform);
        command.add(socket.toString());
        return command;
    }

    private void accept() {
        while (!closed) {
            try {
                UnixSocketChannel channel = server.accept();
                if (channel != null) {
                    admit(channel);
                }
            } catch (IOException | RuntimeException e) {
                if (!closed) {
                    LOGGER.error("cannot accept a worker's connection", e);
                    pause();
                }
            }
        }
    }

    private void admit(UnixSocketChannel channel) throws IOException {
        long peer = channel.getOption(UnixSocketOptions.SO_PEERCRED).getPid();
        WorkerProcess worker = workers.get(peer);
        if (worker == null) {
            if (!closed) {
                LOGGER.warn("process {} connected as a worker, but is none", peer);
            }
            channel.close();
            return;
        }
        Thread reader = new Thread(null, () -> worker.read(new WorkerChannel(channel)), "worker-" + peer, 256 * 1024);
        reader.setDaemon(true);
        reader.start();
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends all workers, and waits until they have ended: two seconds at most. */
    @Override
    public void close() {
        closed = true;
        List<WorkerProcess> remaining = List.copyOf(workers.values());
        remaining.forEach(WorkerProcess::kill);
        try {
            // accept(2) is not woken by closing the socket, but by a connection.
            UnixSocketChannel.open(new UnixSocketAddress(socket.toFile())).close();
            acceptor.join(1000);
            server.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOGGER.warn("cannot close {}", socket, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        CompletableFuture.allOf(remaining.stream().map(WorkerProcess::ended).toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, 2, TimeUnit.SECONDS)
                .join();
    }
}
