package dev.picket.service.container;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.InputGate;
import dev.picket.service.stream.LogFile;
import dev.picket.service.stream.OutputHub;
import dev.picket.service.worker.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container: its record, its state, and what runs it at the moment.
 *
 * <p>Every transition takes the container's lock, changes the state, writes the record and lets the lock go; who waits for
 * it is told afterwards, on another thread.
 */
final class ManagedContainer {
    private static final Logger LOGGER = LoggerFactory.getLogger(ManagedContainer.class);
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private static final long START_SECONDS = 10;
    private static final long KILL_SECONDS = 3;
    private static final int WORKER_ATTEMPTS = 3;
    private static final int DEFAULT_STOP_SECONDS = 10;
    private static final long FIRST_RESTART_MILLIS = 100;
    private static final long LONGEST_RESTART_MILLIS = 60_000;

    private final ContainerContext context;
    private final Consumer<ManagedContainer> onRemoved;
    private final OutputHub hub;
    private final InputGate gate = new InputGate();
    private final LogFile log;

    // Guarded by this.
    private ContainerRecord record;
    private ContainerStatus status;
    private Run run;
    private CompletableFuture<Void> starting;
    private boolean restarting;
    private CompletableFuture<Void> removal;
    private final List<CompletableFuture<Exit>> nextExit = new ArrayList<>();
    private final List<CompletableFuture<Exit>> untilRemoved = new ArrayList<>();
    private final Set<String> execs = new LinkedHashSet<>();

    /** @param onRemoved told when the container is gone, without the container's lock */
    ManagedContainer(ContainerContext context, ContainerRecord record, Consumer<ManagedContainer> onRemoved) {
        this.context = context;
        this.record = record;
        this.status = ContainerStatus.valueOf(record.status());
        this.onRemoved = onRemoved;
        LogSettings settings = LogSettings.of(record.settings().host());
        this.log = settings.kept()
                ? new LogFile(
                        directory().resolve(record.id() + "-json.log"),
                        settings.maximumBytes(),
                        settings.maximumFiles(),
                        context.clock())
                : null;
        this.hub = new OutputHub(log, context.executor());
    }

    static ContainerRecord parse(String json) throws IOException {
        return JSON.readValue(json, ContainerRecord.class);
    }

    private Path directory() {
        return context.directory().resolve(record.id());
    }

    String id() {
        return record.id();
    }

    synchronized String name() {
        return record.name();
    }

    OutputHub hub() {
        return hub;
    }

    InputGate gate() {
        return gate;
    }

    /** Null if nothing is kept. */
    LogFile log() {
        return log;
    }

    CreateContainer settings() {
        return record.settings();
    }

    synchronized ContainerStatus status() {
        return status;
    }

    /** Whether output may still come. */
    synchronized boolean isLive() {
        return run != null || starting != null || status == ContainerStatus.RESTARTING;
    }

    /** Makes its directory and keeps its record. */
    void initialize() {
        try {
            Files.createDirectories(directory());
        } catch (IOException e) {
            throw new Failure.Internal("cannot make " + directory() + ": " + e.getMessage(), e);
        }
        synchronized (this) {
            context.store().insert(record.id(), record.name(), json());
        }
        publish("create", Map.of());
    }

    /** After a restart of the service: nothing runs any more. */
    void recover() {
        synchronized (this) {
            switch (status) {
                case RUNNING, PAUSED, RESTARTING -> {
                    status = ContainerStatus.EXITED;
                    change(Run.KILLED, "the service ended while the container ran", false, record.startedAt(), now());
                }
                case CREATED, EXITED, DEAD, REMOVING -> {
                    // As it was.
                }
            }
        }
        if (status() == ContainerStatus.REMOVING || settings().host().autoRemove() && record.startedAt() != null) {
            synchronized (this) {
                status = ContainerStatus.EXITED;
            }
            remove(true).whenComplete((done, failure) -> {
                if (failure != null) {
                    LOGGER.warn("cannot remove container {}", id(), failure);
                }
            });
        }
    }

    synchronized Container view() {
        ContainerRecord now = record;
        return new Container(
                now.id(),
                now.name(),
                Instant.parse(now.created()),
                now.imageId(),
                now.settings(),
                now.arguments(),
                now.environment(),
                now.workingDirectory(),
                now.user(),
                now.hostName(),
                now.stopSignal(),
                now.platform(),
                log == null ? null : log.path(),
                new ContainerState(
                        status,
                        run == null || starting != null ? 0 : run.worker().processId(),
                        now.exitCode(),
                        now.error(),
                        now.outOfMemory(),
                        now.startedAt() == null ? null : Instant.parse(now.startedAt()),
                        now.finishedAt() == null ? null : Instant.parse(now.finishedAt()),
                        now.restartCount()),
                List.copyOf(execs));
    }

    // ---- Starting

    CompletionStage<Void> start() {
        CompletableFuture<Void> result = new CompletableFuture<>();
        synchronized (this) {
            if (starting != null) {
                // Whoever comes second finds it started, or fails for the same reason.
                return starting.thenCompose(done -> CompletableFuture.failedFuture(alreadyStarted()));
            }
            switch (status) {
                case RUNNING -> {
                    return CompletableFuture.failedFuture(alreadyStarted());
                }
                case PAUSED -> {
                    return CompletableFuture.failedFuture(
                            new Failure.Conflict("cannot start a paused container, try unpause instead"));
                }
                case REMOVING, DEAD -> {
                    return CompletableFuture.failedFuture(
                            new Failure.Conflict("container is marked for removal and cannot be started"));
                }
                case CREATED, EXITED, RESTARTING -> starting = result;
            }
            record = with(record).stoppedByUser(false).build();
        }
        launch(WORKER_ATTEMPTS);
        return result;
    }

    private static Failure alreadyStarted() {
        return new Failure.NotModified("container is already running");
    }

    private void launch(int attempts) {
        context.workers()
                // What was asked for, not what it ran on last: auto may have to choose anew after a reboot.
                .take(ContainerPlan.platform(record.settings().host(), context.defaultPlatform()))
                .thenAcceptAsync(worker -> hand(worker, attempts), context.executor())
                .exceptionally(failure -> {
                    startFailed(null, asFailure(failure), 128);
                    return null;
                });
    }

    private void hand(Worker worker, int attempts) {
        Run mine = new Run(this, worker);
        try (var root = context.images().open(record.imageId())) {
            synchronized (this) {
                run = mine;
                record = with(record).platform(worker.platform()).build();
            }
            hub.begin(mine.main());
            worker.start(command(root.root()), root.files(), mine);
        } catch (Failure.Unavailable e) {
            // It died on the shelf; nothing was started.
            synchronized (this) {
                run = null;
            }
            worker.kill();
            if (attempts > 1) {
                launch(attempts - 1);
            } else {
                startFailed(null, e, 128);
            }
            return;
        } catch (RuntimeException e) {
            worker.kill();
            startFailed(null, asFailure(e), 128);
            return;
        }
        var deadline = context.timer()
                .schedule(
                        () -> mine.kill("the sandbox did not start within " + START_SECONDS + " seconds"),
                        START_SECONDS,
                        TimeUnit.SECONDS);
        CompletableFuture<Void> current;
        synchronized (this) {
            current = starting;
        }
        if (current == null) {
            deadline.cancel(false);
        } else {
            current.whenComplete((done, failure) -> deadline.cancel(false));
        }
    }

    private Command.Start command(Command.Root root) {
        CreateContainer settings = record.settings();
        HostSettings host = settings.host();
        return new Command.Start(
                record.id(),
                record.hostName(),
                root,
                ContainerPlan.mounts(host),
                new Command.ProcessSpec(
                        record.arguments(),
                        record.environment(),
                        record.workingDirectory(),
                        record.user(),
                        settings.terminal(),
                        host.rows(),
                        host.columns(),
                        settings.openInput()),
                ContainerPlan.limits(host),
                host.trace());
    }

    /** Its process runs. */
    void started(Run which) {
        CompletableFuture<Void> waiting;
        synchronized (this) {
            if (run != which || starting == null) {
                throw new IllegalStateException("a container that was started is started again");
            }
            waiting = starting;
            starting = null;
            status = ContainerStatus.RUNNING;
            change(0, "", false, now(), null);
        }
        if (settings().openInput()) {
            gate.open(which.main());
        }
        publish("start", Map.of());
        later(() -> waiting.complete(null));
    }

    /** Its process cannot run: in words from which Docker's clients derive 127 and 126. */
    void startFailed(Run which, Event.Reason reason, String message) {
        String text = "failed to create task for container: failed to create shim task: OCI runtime create failed: "
                + "runc create failed: unable to start container process: error during container init: " + message;
        switch (reason) {
            case NOT_FOUND -> startFailed(which, new Failure.BadParameter(text), 127);
            case NOT_EXECUTABLE -> startFailed(which, new Failure.BadParameter(text), 126);
            case BAD_USER, BAD_WORKING_DIRECTORY -> startFailed(which, new Failure.BadParameter(text), 128);
            case INTERNAL -> startFailed(which, new Failure.Internal(text), 128);
        }
    }

    private void startFailed(Run which, Failure failure, int exitCode) {
        CompletableFuture<Void> waiting;
        synchronized (this) {
            if (starting == null || which != null && run != which) {
                return;
            }
            waiting = starting;
            starting = null;
            run = null;
            if (status == ContainerStatus.RESTARTING) {
                status = ContainerStatus.EXITED;
            }
            change(exitCode, failure.getMessage(), false, record.startedAt(), record.finishedAt());
        }
        hub.finish();
        gate.finish();
        wakeFollowers();
        later(() -> {
            waiting.completeExceptionally(failure);
            if (settings().host().autoRemove()) {
                removeQuietly();
            }
        });
    }

    // ---- Ending

    /** It has ended, in whatever way. */
    void ended(Run which, int exitStatus, boolean outOfMemory, String error) {
        boolean neverRan;
        synchronized (this) {
            if (run != which) {
                return;
            }
            neverRan = starting != null;
        }
        if (neverRan) {
            startFailed(which, new Failure.Internal(error.isEmpty() ? "the sandbox ended at its start" : error), 128);
            return;
        }
        hub.finish();
        gate.finish();

        List<CompletableFuture<Exit>> told;
        boolean restart;
        int count;
        synchronized (this) {
            run = null;
            restart = !restarting
                    && !record.stoppedByUser()
                    && RestartPolicy.of(settings().host()).wantsRestart(exitStatus, record.restartCount());
            status = restart ? ContainerStatus.RESTARTING : ContainerStatus.EXITED;
            count = record.restartCount();
            change(exitStatus, error, outOfMemory, record.startedAt(), now());
            told = new ArrayList<>(nextExit);
            nextExit.clear();
        }
        if (log != null) {
            log.close();
        }
        wakeFollowers();
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put("exitCode", Integer.toString(exitStatus));
        if (outOfMemory) {
            publish("oom", Map.of());
        }
        publish("die", attributes);
        Exit exit = new Exit(exitStatus, error);
        boolean remove;
        synchronized (this) {
            remove = settings().host().autoRemove() && !restarting;
        }
        later(() -> {
            told.forEach(each -> each.complete(exit));
            if (remove) {
                removeQuietly();
            }
        });
        if (restart) {
            long pause = Math.min(LONGEST_RESTART_MILLIS, FIRST_RESTART_MILLIS << Math.min(count, 12));
            context.timer().schedule(this::restartByPolicy, pause, TimeUnit.MILLISECONDS);
        }
    }

    private void restartByPolicy() {
        synchronized (this) {
            if (status != ContainerStatus.RESTARTING || starting != null) {
                return;
            }
            record = with(record).restartCount(record.restartCount() + 1).build();
        }
        start().whenComplete((done, failure) -> {
            if (failure != null) {
                LOGGER.warn("container {} cannot be started again", id(), failure);
            }
        });
    }

    /** Tells others, on a thread that may block. */
    private void later(Runnable telling) {
        try {
            context.executor().execute(telling);
        } catch (RejectedExecutionException e) {
            // The service is closing.
            telling.run();
        }
    }

    private void wakeFollowers() {
        if (log != null) {
            log.wake();
        }
    }

    /** Complete when it does not run any more; complete already if it does not. */
    private CompletionStage<Void> afterRun() {
        synchronized (this) {
            return run == null
                    ? CompletableFuture.completedFuture(null)
                    : run.exited().thenAcceptAsync(exit -> {}, context.executor());
        }
    }

    CompletionStage<Void> stop(String signal, Integer timeoutSeconds) {
        int number = signal == null || signal.isEmpty() ? record.stopSignal() : StopSignal.parse(signal);
        int seconds = timeoutSeconds != null
                ? timeoutSeconds
                : settings().stopTimeoutSeconds() != null ? settings().stopTimeoutSeconds() : DEFAULT_STOP_SECONDS;
        return afterStart(() -> {
            Run current;
            synchronized (this) {
                if (status == ContainerStatus.RESTARTING) {
                    status = ContainerStatus.EXITED;
                    record = with(record).stoppedByUser(true).build();
                    save();
                    wakeFollowers();
                    return CompletableFuture.completedFuture(null);
                }
                if (run == null) {
                    return CompletableFuture.failedFuture(new Failure.NotModified("container is already stopped"));
                }
                current = run;
                record = with(record).stoppedByUser(true).build();
                resumeForSignal();
            }
            publish("kill", Map.of("signal", Integer.toString(number)));
            current.main().signal(number, false);
            if (seconds >= 0) {
                var kill = context.timer().schedule(() -> forceEnd(current), seconds, TimeUnit.SECONDS);
                current.exited().whenComplete((exit, failure) -> kill.cancel(false));
            }
            return current.exited().thenAcceptAsync(exit -> publish("stop", Map.of()), context.executor());
        });
    }

    CompletionStage<Void> restart(String signal, Integer timeoutSeconds) {
        synchronized (this) {
            restarting = true;
        }
        CompletionStage<Void> stopped = stop(signal, timeoutSeconds)
                .exceptionallyCompose(failure -> asFailure(failure) instanceof Failure.NotModified
                        ? CompletableFuture.completedFuture(null)
                        : CompletableFuture.failedFuture(failure));
        return stopped.thenCompose(done -> start()).whenComplete((done, failure) -> {
            synchronized (this) {
                restarting = false;
            }
            if (failure == null) {
                publish("restart", Map.of());
            }
        });
    }

    CompletionStage<Void> kill(int signal) {
        return afterStart(() -> {
            Run current;
            synchronized (this) {
                if (run == null) {
                    return CompletableFuture.failedFuture(new Failure.Conflict(
                            "cannot kill container: " + record.name() + ": container " + id() + " is not running"));
                }
                current = run;
                if (signal == StopSignal.SIGKILL) {
                    record = with(record).stoppedByUser(true).build();
                    resumeForSignal();
                }
            }
            publish("kill", Map.of("signal", Integer.toString(signal)));
            if (signal != StopSignal.SIGKILL) {
                current.main().signal(signal, false);
                return CompletableFuture.completedFuture(null);
            }
            forceEnd(current);
            return current.exited().thenAcceptAsync(exit -> {}, context.executor());
        });
    }

    /** SIGKILL by the Sentry, which keeps output and usage; and if that does not help, the end of the worker. */
    private void forceEnd(Run current) {
        current.main().signal(StopSignal.SIGKILL, true);
        var worker = context.timer().schedule(() -> current.kill(""), KILL_SECONDS, TimeUnit.SECONDS);
        current.exited().whenComplete((exit, failure) -> worker.cancel(false));
    }

    private void resumeForSignal() {
        if (status == ContainerStatus.PAUSED) {
            status = ContainerStatus.RUNNING;
            run.worker().send(new Command.Resume());
            save();
        }
    }

    private CompletionStage<Void> afterStart(java.util.function.Supplier<CompletionStage<Void>> action) {
        CompletableFuture<Void> current;
        synchronized (this) {
            current = starting;
        }
        return current == null
                ? action.get()
                : current.handle((done, failure) -> null).thenCompose(ignored -> action.get());
    }

    CompletableFuture<Exit> waitFor(WaitCondition condition) {
        CompletableFuture<Exit> result = new CompletableFuture<>();
        synchronized (this) {
            boolean ended = run == null && starting == null && status != ContainerStatus.RESTARTING;
            if (condition == WaitCondition.NOT_RUNNING && ended) {
                result.complete(new Exit(record.exitCode(), record.error()));
                return result;
            }
            List<CompletableFuture<Exit>> list = condition == WaitCondition.REMOVED ? untilRemoved : nextExit;
            list.removeIf(CompletableFuture::isDone);
            list.add(result);
        }
        return result;
    }

    // ---- Removing

    CompletionStage<Void> remove(boolean force) {
        CompletableFuture<Void> result;
        synchronized (this) {
            if (removal != null) {
                return force
                        ? removal.copy()
                        : CompletableFuture.failedFuture(
                                new Failure.Conflict("removal of container " + id() + " is already in progress"));
            }
            if (run != null || starting != null) {
                if (!force) {
                    String state = status == ContainerStatus.PAUSED
                            ? "container is paused and must be unpaused first"
                            : "container is running: stop the container before removing or force remove";
                    return CompletableFuture.failedFuture(
                            new Failure.Conflict("cannot remove container \"/" + record.name() + "\": " + state));
                }
                result = null;
            } else {
                status = ContainerStatus.REMOVING;
                removal = new CompletableFuture<>();
                result = removal;
                save();
            }
        }
        if (result == null) {
            return kill(StopSignal.SIGKILL)
                    .exceptionallyCompose(failure -> asFailure(failure) instanceof Failure.Conflict
                            ? CompletableFuture.completedFuture(null)
                            : CompletableFuture.failedFuture(failure))
                    .thenCompose(done -> remove(true));
        }
        delete(result);
        return result.copy();
    }

    private void delete(CompletableFuture<Void> result) {
        hub.close();
        gate.finish();
        List<CompletableFuture<Exit>> told;
        Exit exit;
        synchronized (this) {
            told = new ArrayList<>(untilRemoved);
            told.addAll(nextExit);
            untilRemoved.clear();
            nextExit.clear();
            exit = new Exit(record.exitCode(), record.error());
        }
        Failure failure = null;
        try {
            if (log != null) {
                log.wake();
                log.delete();
            }
            Files.deleteIfExists(directory());
            context.store().delete(id());
        } catch (IOException e) {
            LOGGER.warn("cannot delete what container {} left", id(), e);
            failure = new Failure.Internal("cannot remove container " + id() + ": " + e.getMessage(), e);
        }
        if (failure != null) {
            synchronized (this) {
                status = ContainerStatus.DEAD;
                removal = null;
                save();
            }
            result.completeExceptionally(failure);
            return;
        }
        onRemoved.accept(this);
        publish("destroy", Map.of());
        result.complete(null);
        told.forEach(each -> each.complete(exit));
    }

    private void removeQuietly() {
        remove(true).whenComplete((done, failure) -> {
            if (failure != null) {
                LOGGER.warn("cannot remove container {}", id(), failure);
            }
        });
    }

    // ---- While it runs

    /** What runs, or a Conflict. */
    synchronized Run running() {
        if (run == null || starting != null) {
            throw new Failure.Conflict("container " + id() + " is not running");
        }
        return run;
    }

    void pause() {
        synchronized (this) {
            running();
            if (status == ContainerStatus.PAUSED) {
                throw new Failure.Conflict("container " + id() + " is already paused");
            }
            status = ContainerStatus.PAUSED;
            run.worker().send(new Command.Pause());
            save();
        }
        publish("pause", Map.of());
    }

    void unpause() {
        synchronized (this) {
            if (status != ContainerStatus.PAUSED) {
                throw new Failure.Conflict("Container " + id() + " is not paused");
            }
            resumeForSignal();
        }
        publish("unpause", Map.of());
    }

    void rename(String name) {
        String before;
        synchronized (this) {
            before = record.name();
            context.store().rename(record.id(), name);
            record = with(record).name(name).build();
            save();
        }
        publish("rename", Map.of("oldName", "/" + before));
    }

    synchronized void addExec(String exec) {
        execs.add(exec);
    }

    synchronized void removeExec(String exec) {
        execs.remove(exec);
    }

    /** The service ends: so does what runs. */
    CompletionStage<Void> shutDown() {
        Run current;
        synchronized (this) {
            current = run;
            record = with(record).stoppedByUser(true).build();
        }
        if (current != null) {
            current.kill("the service was stopped");
        }
        return afterRun();
    }

    void publish(String action, Map<String, String> more) {
        Map<String, String> attributes = new LinkedHashMap<>();
        if (settings().labels() != null) {
            attributes.putAll(settings().labels());
        }
        attributes.put("image", settings().image());
        attributes.put("name", name());
        attributes.putAll(more);
        context.events().publish("container", action, id(), attributes);
    }

    // ---- The record

    private String now() {
        return context.clock().instant().toString();
    }

    private void change(int exitCode, String error, boolean outOfMemory, String startedAt, String finishedAt) {
        record = with(record)
                .end(exitCode, error, outOfMemory, startedAt, finishedAt)
                .build();
        save();
    }

    private void save() {
        record = with(record).status(status.name()).build();
        context.store().update(record.id(), json());
    }

    private String json() {
        try {
            return JSON.writeValueAsString(record);
        } catch (JsonProcessingException e) {
            throw new Failure.Internal("a record cannot be written: " + e.getMessage(), e);
        }
    }

    private static RecordChange with(ContainerRecord record) {
        return new RecordChange(record);
    }

    static Failure asFailure(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return cause instanceof Failure failure
                ? failure
                : new Failure.Internal(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
    }
}
