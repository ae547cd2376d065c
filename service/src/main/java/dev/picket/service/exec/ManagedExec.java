package dev.picket.service.exec;

import dev.picket.sentry.control.Event;
import dev.picket.service.container.GuestProcess;
import dev.picket.service.container.ProcessListener;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.InputGate;
import dev.picket.service.stream.OutputFrame;
import dev.picket.service.stream.OutputHub;
import dev.picket.service.stream.OutputSubscription;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.IntConsumer;

/** One exec: its process's events, and the client that is attached to it. */
final class ManagedExec implements ProcessListener, Attachment {
    private final String id;
    private final String container;
    private final CreateExec settings;
    private final Executor executor;
    private final IntConsumer onExit;
    private final OutputHub hub;
    private final InputGate gate = new InputGate();
    private final CompletableFuture<Void> running = new CompletableFuture<>();

    // Guarded by this.
    private boolean begun;
    private boolean detached;
    private OutputSubscription subscription;
    private GuestProcess process;
    private boolean started;
    private int guestProcessId;
    private Integer exitCode;

    /** @param onExit told the exit code of a process that ran, on the worker's thread */
    ManagedExec(String id, String container, CreateExec settings, Executor executor, IntConsumer onExit) {
        this.id = id;
        this.container = container;
        this.settings = settings;
        this.executor = executor;
        this.onExit = onExit;
        this.hub = new OutputHub(null, executor);
    }

    String id() {
        return id;
    }

    String container() {
        return container;
    }

    CreateExec settings() {
        return settings;
    }

    synchronized Exec view() {
        boolean runs = started && exitCode == null;
        return new Exec(id, container, settings, runs, exitCode, runs ? guestProcessId : 0);
    }

    synchronized boolean isOver() {
        return exitCode != null;
    }

    /** It is started once. @throws Failure.Conflict for the second time */
    synchronized void begin(boolean withoutClient) {
        if (begun) {
            throw new Failure.Conflict(
                    exitCode == null
                            ? "exec command " + id + " is already running"
                            : "exec command " + id + " has already run");
        }
        begun = true;
        detached = withoutClient;
        subscription = withoutClient ? null : hub.attach(settings.attachOutput(), settings.attachError(), false, true);
    }

    /** It could not even be asked for. */
    synchronized void abandon() {
        begun = false;
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public synchronized void assigned(GuestProcess newProcess) {
        process = newProcess;
        hub.begin(newProcess);
    }

    /** Complete when it runs; fails if it cannot. */
    CompletableFuture<Void> running() {
        return running;
    }

    void resize(int rows, int columns) {
        GuestProcess current;
        synchronized (this) {
            if (process == null || !started || exitCode != null) {
                throw new Failure.Conflict("exec process is not running");
            }
            current = process;
        }
        current.resize(rows, columns);
    }

    @Override
    public void started(int guestProcess) {
        synchronized (this) {
            started = true;
            guestProcessId = guestProcess;
        }
        if (settings.attachInput() && !detached) {
            gate.open(process);
        }
        executor.execute(() -> running.complete(null));
    }

    @Override
    public void startFailed(Event.Reason reason, String message) {
        int code = reason == Event.Reason.NOT_FOUND ? 127 : 126;
        synchronized (this) {
            exitCode = code;
        }
        String text =
                "OCI runtime exec failed: exec failed: unable to start container process: " + message + ": unknown";
        Failure failure = reason == Event.Reason.INTERNAL ? new Failure.Internal(text) : new Failure.BadParameter(text);
        hub.close();
        gate.finish();
        executor.execute(() -> running.completeExceptionally(failure));
    }

    @Override
    public void output(int stream, byte[] data) {
        hub.output(stream, data);
    }

    @Override
    public void outputEnd(int stream) {
        hub.end(stream);
    }

    @Override
    public void inputCredit(int bytes) {
        gate.credit(bytes);
    }

    @Override
    public void exited(int status) {
        boolean ran;
        synchronized (this) {
            if (exitCode != null) {
                return;
            }
            exitCode = status;
            ran = started;
        }
        hub.close();
        gate.finish();
        if (ran) {
            onExit.accept(status);
        }
        executor.execute(() -> running.completeExceptionally(
                new Failure.Conflict("container " + container + " ended before the exec could start")));
    }

    @Override
    public boolean isTerminal() {
        return settings.terminal();
    }

    @Override
    public Flow.Publisher<OutputFrame> output() {
        return subscription;
    }

    @Override
    public CompletionStage<Void> input(byte[] data) {
        return settings.attachInput() ? gate.write(data) : CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> closeInput() {
        if (settings.attachInput() && !settings.terminal()) {
            gate.close();
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        closeInput();
        subscription.cancel();
    }
}
