package dev.picket.service.worker;

import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.control.FrameCodec;
import dev.picket.sentry.control.FrameException;
import dev.picket.sentry.control.FrameReader;
import dev.picket.service.failure.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker that is a process of its own: a JVM that runs the Sentry. */
final class WorkerProcess implements Worker {
    private static final Logger LOGGER = LoggerFactory.getLogger(WorkerProcess.class);

    /** What may wait to be written: more means that the worker does not read, which it always should. */
    private static final long MAXIMUM_WAITING_BYTES = 16L * 1024 * 1024;

    private static final long GRACE_MILLIS = 1000;
    private static final long START_MILLIS = 10_000;
    private static final int REPORT_BYTES = 16 * 1024;

    private final Process process;
    private final byte[] token;
    private volatile Path output;
    private volatile boolean keepsOutput;
    private final Executor executor;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<Worker> ready = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    // Guarded by this.
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
    private long waitingBytes;
    private boolean writing;
    private boolean over;
    private WorkerChannel channel;
    private WorkerListener listener;
    private String violation;
    private boolean expected;

    private volatile String platform;

    /**
     * @param token what it must send before anything else
     * @param output where its standard output and error go; deleted when it has ended, unless the sandbox is traced
     */
    WorkerProcess(Process process, byte[] token, Path output, Executor executor, ScheduledExecutorService timer) {
        this.process = process;
        this.token = token;
        this.output = output;
        this.executor = executor;
        this.timer = timer;
        // One that never connects has no reader to notice its end.
        process.onExit().thenRunAsync(this::endUnconnected, executor);
    }

    /** Complete when it awaits its sandbox. */
    CompletableFuture<Worker> ready() {
        return ready;
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }

    /** It has connected; the calling thread reads from it until it ends. */
    void read(WorkerChannel connected) {
        synchronized (this) {
            if (over || channel != null) {
                connected.shutdown();
                closeQuietly(connected);
                return;
            }
            channel = connected;
        }
        String reason = null;
        try {
            authenticate(connected);
            FrameReader reader = new FrameReader(connected::read, FrameCodec.MAXIMUM_EVENT_BYTES);
            for (byte[] body = reader.next(); body != null; body = reader.next()) {
                dispatch(FrameCodec.decodeEvent(body));
            }
        } catch (FrameException | RuntimeException e) {
            reason = "it broke the rules: " + e.getMessage();
            LOGGER.warn("worker {} is ended", processId(), e);
        } catch (IOException e) {
            // It died in the middle of something; how is what its status tells.
            LOGGER.debug("worker {} is cut off", processId(), e);
        }
        end(reason);
    }

    private void authenticate(WorkerChannel connected) throws IOException {
        byte[] received = new byte[token.length];
        int have = 0;
        while (have < received.length) {
            int count = connected.read(received, have, received.length - have);
            if (count < 0) {
                throw new IOException("connection ends before the token");
            }
            have += count;
        }
        if (!MessageDigest.isEqual(received, token)) {
            throw new FrameException("wrong token");
        }
    }

    private void dispatch(Event event) {
        WorkerListener current;
        synchronized (this) {
            current = listener;
        }
        if (event instanceof Event.Ready first && platform == null) {
            platform = first.platform();
            ready.complete(this);
        } else if (current != null) {
            current.event(event);
        } else {
            throw new IllegalStateException("unexpected " + event.getClass().getSimpleName());
        }
    }

    private void endUnconnected() {
        boolean mine;
        synchronized (this) {
            mine = channel == null && !over;
            over = true;
        }
        if (mine) {
            finish(null);
        }
    }

    private void end(String reason) {
        WorkerChannel connected;
        synchronized (this) {
            over = true;
            queue.clear();
            connected = channel;
            if (violation == null) {
                violation = reason;
            }
        }
        connected.shutdown();
        // At its end of the socket a worker ends by itself; that tells us its status. It gets no second to do
        // otherwise.
        try {
            process.onExit().get(reason == null ? GRACE_MILLIS : 0, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOGGER.debug("worker {} does not end by itself", processId());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException e) {
            LOGGER.warn("cannot tell how worker {} ended", processId(), e);
        }
        process.destroyForcibly();
        closeQuietly(connected);
        finish(violation);
    }

    private void finish(String reason) {
        int status = process.onExit().join().exitValue();
        String text = reason != null
                ? "worker process was ended: " + reason
                : "worker process ended unexpectedly ("
                        + (status > 128 ? "signal " + (status - 128) : "exit status " + status) + ")";
        String report = lastOutput();
        WorkerListener current;
        boolean surprising;
        synchronized (this) {
            current = listener;
            surprising = !expected;
        }
        if (surprising) {
            LOGGER.warn("{} [{}]{}", text, processId(), report.isEmpty() ? "" : ":\n" + report);
        }
        if (!keepsOutput) {
            try {
                Files.deleteIfExists(output);
            } catch (IOException e) {
                LOGGER.warn("cannot delete {}", output, e);
            }
        }
        String lastLine = report.isEmpty() ? "" : ": " + report.substring(report.lastIndexOf('\n') + 1);
        ready.completeExceptionally(new Failure.Unavailable(text + lastLine));
        if (current != null) {
            current.ended(text);
        }
        ended.complete(null);
    }

    private String lastOutput() {
        try (var file = java.nio.channels.FileChannel.open(output)) {
            long from = Math.max(0, file.size() - REPORT_BYTES);
            var bytes = java.nio.ByteBuffer.allocate(REPORT_BYTES);
            int count = file.read(bytes, from);
            return count <= 0 ? "" : new String(bytes.array(), 0, count, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static void closeQuietly(WorkerChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOGGER.debug("cannot close a worker's socket", e);
        }
    }

    @Override
    public long processId() {
        return process.pid();
    }

    @Override
    public String platform() {
        return platform;
    }

    @Override
    public void start(Command.Start command, List<HostFile> descriptors, WorkerListener newListener) {
        boolean gone;
        synchronized (this) {
            if (listener != null) {
                throw new IllegalStateException("a worker runs one sandbox");
            }
            gone = over;
            if (!gone) {
                writing = true;
                listener = newListener;
            }
        }
        if (gone) {
            throw new Failure.Unavailable("the worker process ended before it got its sandbox");
        }
        if (command.trace()) {
            keepTrace(command.sandbox());
        }
        // Written here and now: the caller may close the descriptors as soon as this returns. Nothing else is being
        // written,
        // since nothing was sent before, and what is sent meanwhile waits for this.
        byte[] frame = FrameCodec.encode(command);
        ScheduledFuture<?> deadline = timer.schedule(this::kill, START_MILLIS, TimeUnit.MILLISECONDS);
        write(frame, descriptors);
        deadline.cancel(false);
        drain();
    }

    /** The trace goes to standard error; it stays under the sandbox's name. */
    private void keepTrace(String sandbox) {
        Path trace = output.resolveSibling("trace-" + sandbox + ".log");
        try {
            Files.move(output, trace);
            output = trace;
            keepsOutput = true;
            LOGGER.info("system calls of container {} are in {}", sandbox, trace);
        } catch (IOException e) {
            LOGGER.warn("the trace of container {} cannot be kept", sandbox, e);
        }
    }

    @Override
    public void send(Command command) {
        byte[] frame = FrameCodec.encode(command);
        synchronized (this) {
            if (over || channel == null) {
                return;
            }
            waitingBytes += frame.length;
            if (waitingBytes > MAXIMUM_WAITING_BYTES) {
                violation = "it does not read its commands";
                process.destroyForcibly();
                return;
            }
            queue.addLast(frame);
            if (writing) {
                return;
            }
            writing = true;
        }
        executor.execute(this::drain);
    }

    private void drain() {
        while (true) {
            byte[] frame;
            synchronized (this) {
                frame = queue.pollFirst();
                if (frame == null) {
                    writing = false;
                    return;
                }
            }
            write(frame, List.of());
            synchronized (this) {
                waitingBytes -= frame.length;
            }
        }
    }

    private void write(byte[] frame, List<HostFile> descriptors) {
        WorkerChannel connected;
        synchronized (this) {
            connected = channel;
        }
        try {
            connected.write(frame, descriptors);
        } catch (IOException e) {
            // The reader sees the end too, and tells.
            LOGGER.debug("cannot write to worker {}", processId(), e);
            connected.shutdown();
        }
    }

    @Override
    public void terminate() {
        synchronized (this) {
            expected = true;
        }
        send(new Command.Shutdown());
        timer.schedule(process::destroyForcibly, GRACE_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void kill() {
        synchronized (this) {
            expected = true;
        }
        process.destroyForcibly();
    }
}
