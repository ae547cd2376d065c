package dev.picket.service.exec;

import dev.picket.sentry.control.Command;
import dev.picket.service.container.Container;
import dev.picket.service.container.ContainerService;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.Attachment;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Everything one can do with execs. Failures as in {@code ContainerService}. */
public final class ExecService {
    /** Execs that are remembered; when there are more, the oldest that have ended are forgotten. */
    private static final int MAXIMUM_EXECS = 10_000;

    private static final long START_SECONDS = 10;

    private final ContainerService containers;
    private final Executor executor;
    private final ScheduledExecutorService timer;
    private final SecureRandom random = new SecureRandom();

    // Guarded by itself; oldest first.
    private final LinkedHashMap<String, ManagedExec> execs = new LinkedHashMap<>();

    /** @param executor where clients are called */
    public ExecService(ContainerService containers, Executor executor, ScheduledExecutorService timer) {
        this.containers = containers;
        this.executor = executor;
        this.timer = timer;
    }

    /** @return the id */
    public String create(String container, CreateExec request) {
        Container found = containers.requireRunning(container);
        if (request.command() == null
                || request.command().isEmpty()
                || request.command().get(0).isEmpty()) {
            throw new Failure.BadParameter("No exec command specified");
        }
        if (request.privileged()) {
            throw new Failure.Forbidden("privileged mode is not available: a sandbox has a kernel of its own");
        }
        List<String> more = request.environment() == null ? List.of() : request.environment();
        if (request.command().stream().anyMatch(each -> each.indexOf('\0') >= 0)
                || more.stream().anyMatch(each -> each.indexOf('\0') >= 0)) {
            throw new Failure.BadParameter("command and environment must not contain NUL");
        }
        String directory = request.workingDirectory();
        if (directory != null && !directory.isEmpty() && !directory.startsWith("/")) {
            throw new Failure.BadParameter("Cwd must be an absolute path");
        }
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        String id = HexFormat.of().formatHex(bytes);
        var exec = new ManagedExec(
                id,
                found.id(),
                request,
                executor,
                status -> containers.publish(
                        found.id(), "exec_die", Map.of("execID", id, "exitCode", Integer.toString(status))));
        synchronized (execs) {
            forgetOldest();
            execs.put(id, exec);
        }
        containers.addExec(found.id(), id);
        containers.publish(found.id(), "exec_create: " + String.join(" ", request.command()), Map.of("execID", id));
        return id;
    }

    private void forgetOldest() {
        Iterator<ManagedExec> oldest = execs.values().iterator();
        while (execs.size() >= MAXIMUM_EXECS && oldest.hasNext()) {
            ManagedExec exec = oldest.next();
            if (exec.isOver() || !isThere(exec.container())) {
                oldest.remove();
                containers.removeExec(exec.container(), exec.id());
            }
        }
        if (execs.size() >= MAXIMUM_EXECS) {
            throw new Failure.Unavailable("too many execs: " + MAXIMUM_EXECS);
        }
    }

    private boolean isThere(String container) {
        try {
            containers.inspect(container);
            return true;
        } catch (Failure.NotFound e) {
            return false;
        }
    }

    public Exec inspect(String exec) {
        return find(exec).view();
    }

    private ManagedExec find(String id) {
        ManagedExec exec;
        synchronized (execs) {
            exec = execs.get(id);
        }
        if (exec == null || !isThere(exec.container())) {
            throw new Failure.NotFound("No such exec instance: " + id);
        }
        return exec;
    }

    /**
     * Starts it with a client connected; complete when it runs. If it cannot be started the stage fails with BadParameter
     * and the exec's exit code is 127 or 126.
     *
     * @param rows initial rows of the terminal; 0: as created
     */
    public CompletionStage<Attachment> startAttached(String exec, boolean terminal, int rows, int columns) {
        ManagedExec found = find(exec);
        return start(found, false, rows, columns).thenApply(done -> found);
    }

    /** Starts it with its output thrown away; complete when it runs. */
    public CompletionStage<Void> startDetached(String exec, boolean terminal) {
        return start(find(exec), true, 0, 0);
    }

    private CompletionStage<Void> start(ManagedExec exec, boolean detached, int rows, int columns) {
        Container container = containers.requireRunning(exec.container());
        CreateExec settings = exec.settings();
        ContainerService.requireWindow(rows, columns);
        exec.begin(detached);
        var spec = new Command.ProcessSpec(
                settings.command(),
                ContainerService.environment(
                        container.environment(), settings.environment() == null ? List.of() : settings.environment()),
                given(settings.workingDirectory(), container.workingDirectory()),
                given(settings.user(), container.user()),
                settings.terminal(),
                rows > 0 ? rows : settings.rows(),
                columns > 0 ? columns : settings.columns(),
                settings.attachInput() && !detached);
        try {
            containers.execute(exec.container(), spec, exec);
        } catch (Failure e) {
            exec.abandon();
            throw e;
        }
        containers.publish(
                exec.container(), "exec_start: " + String.join(" ", settings.command()), Map.of("execID", exec.id()));
        var running = exec.running();
        var deadline = timer.schedule(
                () -> running.completeExceptionally(
                        new Failure.Unavailable("the process did not start within " + START_SECONDS + " seconds")),
                START_SECONDS,
                TimeUnit.SECONDS);
        running.whenComplete((done, failure) -> deadline.cancel(false));
        return running;
    }

    private static String given(String value, String otherwise) {
        return value == null || value.isEmpty() ? otherwise : value;
    }

    public void resize(String exec, int rows, int columns) {
        ManagedExec found = find(exec);
        ContainerService.requireWindow(rows, columns);
        found.resize(rows, columns);
    }
}
