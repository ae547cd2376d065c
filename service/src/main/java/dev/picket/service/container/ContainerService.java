package dev.picket.service.container;

import dev.picket.sentry.control.Command;
import dev.picket.service.failure.Failure;
import dev.picket.service.image.Image;
import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.LogPublisher;
import dev.picket.service.stream.OutputFrame;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything one can do with containers. Containers are named by id, by unique prefix of an id, or by name with or
 * without a slash.
 *
 * <p>Methods throw {@link Failure}; stages fail with one (maybe inside a CompletionException). Methods that return no
 * stage are quick, but may read or write the disk: call them on a thread that may block.
 */
public final class ContainerService implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ContainerService.class);
    private static final int LARGEST_WINDOW = 0xffff;

    private final ContainerContext context;
    private final Consumer<String> platformCheck;
    private final Registry registry = new Registry();
    private final SecureRandom random = new SecureRandom();

    /**
     * Reads back the records of containers; those that ran are exited 137 now.
     *
     * @param platformCheck throws {@link Failure.BadParameter} if a request may not ask for the platform of that name
     */
    public ContainerService(ContainerContext context, Consumer<String> platformCheck) {
        this.context = context;
        this.platformCheck = platformCheck;
        List<ManagedContainer> found = new ArrayList<>();
        for (String json : context.store().load()) {
            try {
                ContainerRecord record = ManagedContainer.parse(json);
                var container = new ManagedContainer(context, record, registry::remove);
                registry.reserve(record.name(), record.id());
                registry.add(container);
                found.add(container);
            } catch (IOException | RuntimeException e) {
                LOGGER.error("a container's record cannot be read; it is left alone", e);
            }
        }
        found.forEach(ManagedContainer::recover);
    }

    /**
     * Makes a container.
     *
     * @param name null: a random one
     * @throws Failure.NotFound {@code No such image: x:latest}
     * @throws Failure.Conflict the name is in use
     * @throws Failure.BadParameter no command, unknown runtime, a limit out of range, ...
     */
    public Created create(CreateContainer request, String name) {
        if (request.host() == null) {
            throw new IllegalArgumentException("host settings must be given; HostSettings.NONE is none");
        }
        Image image = context.images().inspect(request.image());
        String id = newId();
        ContainerPlan plan = ContainerPlan.of(request, image, id, context.defaultPlatform(), platformCheck);
        String chosen = name == null || name.isEmpty() ? Names.random(random, registry::isFree) : Names.checked(name);
        registry.reserve(chosen, id);
        boolean kept = false;
        try {
            ContainerRecord record = new ContainerRecord(
                    id,
                    chosen,
                    context.clock().instant().toString(),
                    image.id(),
                    request,
                    plan.arguments(),
                    plan.environment(),
                    plan.workingDirectory(),
                    plan.user(),
                    plan.hostName(),
                    plan.stopSignal(),
                    plan.platform(),
                    ContainerStatus.CREATED.name(),
                    0,
                    "",
                    false,
                    null,
                    null,
                    0,
                    false);
            var container = new ManagedContainer(context, record, registry::remove);
            container.initialize();
            registry.add(container);
            kept = true;
        } finally {
            if (!kept) {
                registry.release(chosen, id);
            }
        }
        return new Created(id, plan.warnings());
    }

    private String newId() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /**
     * Containers, newest first.
     *
     * @param all also those that do not run
     * @param limit at most that many, of all states; 0 or negative: no bound
     * @param filters id, name, label, status, ancestor, exited, before, since, ...: values by name
     */
    public List<Container> list(Map<String, List<String>> filters, boolean all, int limit) {
        var wanted = new ContainerFilters(filters, registry, context.images());
        boolean everyState = all || limit > 0 || wanted.asksForState();
        return registry.views().stream()
                .filter(container -> everyState || container.state().isRunning())
                .filter(wanted::accepts)
                .limit(limit > 0 ? limit : Long.MAX_VALUE)
                .toList();
    }

    public Container inspect(String container) {
        return registry.find(container).view();
    }

    /**
     * Starts it; complete when its process runs.
     *
     * <p>Fails with NotModified if it runs; with BadParameter if its command cannot be started, in words from which
     * clients derive 127 and 126.
     */
    public CompletionStage<Void> start(String container) {
        return registry.find(container).start();
    }

    /**
     * Asks it to end by its stop signal, and kills it after a while; complete when it has ended. NotModified if it does
     * not run.
     *
     * @param signal null: its own
     * @param timeoutSeconds null: its own; negative: waits for ever
     */
    public CompletionStage<Void> stop(String container, String signal, Integer timeoutSeconds) {
        return registry.find(container).stop(signal, timeoutSeconds);
    }

    /** {@link #stop}, if it runs, then {@link #start}. */
    public CompletionStage<Void> restart(String container, String signal, Integer timeoutSeconds) {
        return registry.find(container).restart(signal, timeoutSeconds);
    }

    /**
     * Sends a signal; SIGKILL completes when it has ended.
     *
     * @param signal name with or without SIG, or number; null: KILL
     */
    public CompletionStage<Void> kill(String container, String signal) {
        ManagedContainer found = registry.find(container);
        int number = signal == null || signal.isEmpty() ? StopSignal.SIGKILL : StopSignal.parse(signal);
        return found.kill(number);
    }

    /** Waits for its end. There is no deadline; cancel the future if nobody waits any more. */
    public CompletableFuture<Exit> waitFor(String container, WaitCondition condition) {
        return registry.find(container).waitFor(condition);
    }

    /** Removes it, with its log. A running one only with {@code force}, which kills it first. */
    public CompletionStage<Void> remove(String container, boolean force, boolean volumes) {
        return registry.find(container).remove(force);
    }

    public void rename(String container, String name) {
        ManagedContainer found = registry.find(container);
        if (name == null || name.isEmpty()) {
            throw new Failure.BadParameter("Neither old nor new names may be empty");
        }
        String wanted = Names.checked(name);
        String before = found.name();
        registry.reserve(wanted, found.id());
        boolean renamed = false;
        try {
            found.rename(wanted);
            renamed = true;
        } finally {
            registry.release(renamed ? before : wanted, found.id());
        }
    }

    /** Sets the size of its terminal. */
    public void resize(String container, int rows, int columns) {
        Run run = registry.find(container).running();
        requireWindow(rows, columns);
        run.main().resize(rows, columns);
    }

    /** @throws Failure.BadParameter for a size that no terminal has */
    public static void requireWindow(int rows, int columns) {
        if (rows < 0 || columns < 0 || rows > LARGEST_WINDOW || columns > LARGEST_WINDOW) {
            throw new Failure.BadParameter("invalid terminal size: " + rows + " x " + columns);
        }
    }

    /** Its log. Lines come as they were written, without framing; with follow until the container ends. */
    public Flow.Publisher<OutputFrame> logs(String container, LogQuery query) {
        ManagedContainer found = registry.find(container);
        if (!query.stdout() && !query.stderr()) {
            throw new Failure.BadParameter("Bad parameters: you must choose at least one stream");
        }
        if (found.log() == null) {
            throw new Failure.NotImplemented("configured logging driver does not support reading");
        }
        var selection = new LogPublisher.Selection(
                query.follow(),
                query.stdout(),
                query.stderr(),
                query.since(),
                query.until(),
                query.timestamps(),
                query.tail());
        return new LogPublisher(
                found.log(), selection, found::isLive, context.clock(), context.executor(), context.timer());
    }

    /** Connects to its streams; it need not run yet. */
    public Attachment attach(String container, AttachRequest request) {
        ManagedContainer found = registry.find(container);
        if (found.status() == ContainerStatus.PAUSED) {
            throw new Failure.Conflict("container " + container + " is paused, unpause the container before attach");
        }
        if (found.status() == ContainerStatus.RESTARTING) {
            throw new Failure.Conflict(
                    "container " + container + " is restarting, wait until the container is running");
        }
        if (found.status() == ContainerStatus.CREATED || found.status() == ContainerStatus.EXITED) {
            found.gate().renew();
        }
        var subscription = found.hub().attach(request.stdout(), request.stderr(), request.logs(), request.stream());
        found.publish("attach", Map.of());
        return new ContainerAttachment(found, request, subscription);
    }

    /** Processes of a running container. */
    public ProcessTable top(String container) {
        registry.find(container).running();
        throw new Failure.NotImplemented(
                "the processes of a sandbox cannot be listed from outside yet; use exec and ps");
    }

    /** @return null if it does not run */
    public Statistics statistics(String container) {
        Container view = registry.find(container).view();
        long memory = view.settings().host().memoryBytes();
        return view.state().processId() == 0
                ? null
                : HostUsage.of(view.state().processId(), memory, context.clock().instant());
    }

    public void pause(String container) {
        registry.find(container).pause();
    }

    public void unpause(String container) {
        registry.find(container).unpause();
    }

    /** Removes those that do not run. @return their ids */
    public List<String> prune(Map<String, List<String>> filters) {
        var wanted = new ContainerFilters(filters, registry, context.images());
        List<String> removed = new ArrayList<>();
        for (Container each : registry.views()) {
            ContainerStatus status = each.state().status();
            boolean idle = status == ContainerStatus.CREATED || status == ContainerStatus.EXITED;
            if (idle && wanted.accepts(each)) {
                try {
                    registry.find(each.id()).remove(false).toCompletableFuture().join();
                    removed.add(each.id());
                } catch (RuntimeException e) {
                    // Started or removed by somebody else meanwhile.
                    LOGGER.debug("container {} is not pruned", each.id(), e);
                }
            }
        }
        return removed;
    }

    // ---- For execs

    /**
     * Starts one more process in a running container.
     *
     * @throws Failure.Conflict if it does not run, or is paused
     */
    public void execute(String container, Command.ProcessSpec spec, ProcessListener listener) {
        ManagedContainer found = registry.find(container);
        requireUnpaused(found);
        if (!found.running().execute(spec, listener)) {
            throw new Failure.Conflict("container " + found.id() + " is not running");
        }
    }

    /** The container, if an exec can be made in it. @throws Failure.Conflict if not */
    public Container requireRunning(String container) {
        ManagedContainer found = registry.find(container);
        found.running();
        requireUnpaused(found);
        return found.view();
    }

    private static void requireUnpaused(ManagedContainer container) {
        if (container.status() == ContainerStatus.PAUSED) {
            throw new Failure.Conflict("container " + container.id() + " is paused, unpause the container before exec");
        }
    }

    /** The environment of an exec: the container's with {@code more} put over it. */
    public static List<String> environment(List<String> base, List<String> more) {
        return ContainerPlan.environment(base, more);
    }

    /** Has inspect name an exec. */
    public void addExec(String container, String exec) {
        registry.find(container).addExec(exec);
    }

    /** Has inspect name an exec no more. */
    public void removeExec(String container, String exec) {
        try {
            registry.find(container).removeExec(exec);
        } catch (Failure.NotFound e) {
            // Gone with its container.
            return;
        }
    }

    /** Tells what happened to an exec of a container. */
    public void publish(String container, String action, Map<String, String> attributes) {
        try {
            registry.find(container).publish(action, attributes);
        } catch (Failure.NotFound e) {
            LOGGER.debug("{} in container {}, which is gone", action, container);
        }
    }

    /** How many containers were made from an image. */
    public long countOf(String imageId) {
        return registry.views().stream()
                .filter(container -> container.imageId().equals(imageId))
                .count();
    }

    /** Ends all that runs; three seconds at most. Records stay. */
    @Override
    public void close() {
        CompletableFuture<?>[] ended = registry.all().stream()
                .map(container -> container.shutDown().toCompletableFuture())
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(ended)
                .completeOnTimeout(null, 3, TimeUnit.SECONDS)
                .join();
        for (ManagedContainer container : registry.all()) {
            container.hub().close();
            if (container.log() != null) {
                container.log().close();
            }
        }
    }
}
