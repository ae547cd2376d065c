package dev.picket.service.container;

import dev.picket.sentry.control.Command;
import dev.picket.service.event.Events;
import dev.picket.service.failure.Failure;
import dev.picket.service.image.Image;
import dev.picket.service.image.ImageSource;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A container service with workers, images and a store of the tests' own. */
public final class ServiceFixture implements AutoCloseable {
    static final String IMAGE_ID = "sha256:" + "ab".repeat(32);

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Events events = new Events(Clock.systemUTC(), executor);
    private final Map<String, String> records;
    private final List<FakeWorker> workers = new ArrayList<>();
    private final ContainerService service;

    public ServiceFixture(Path directory) {
        this(directory, FakeWorker::obedient, new LinkedHashMap<>());
    }

    ServiceFixture(Path directory, FakeWorker.Behaviour behaviour) {
        this(directory, behaviour, new LinkedHashMap<>());
    }

    ServiceFixture(Path directory, FakeWorker.Behaviour behaviour, Map<String, String> records) {
        this.records = records;
        ContainerContext context = new ContainerContext(
                new OneImage(),
                platform -> {
                    FakeWorker worker = new FakeWorker(behaviour);
                    synchronized (workers) {
                        workers.add(worker);
                    }
                    return CompletableFuture.completedFuture(worker);
                },
                "ptrace",
                new MemoryStore(),
                events,
                Clock.systemUTC(),
                executor,
                timer,
                directory);
        service = new ContainerService(context, name -> {
            if (!Set.of("ptrace", "auto").contains(name)) {
                throw new Failure.BadParameter("unknown or invalid runtime name: " + name);
            }
        });
    }

    public ContainerService service() {
        return service;
    }

    public ExecutorService executor() {
        return executor;
    }

    public ScheduledExecutorService timer() {
        return timer;
    }

    Events events() {
        return events;
    }

    Map<String, String> records() {
        return records;
    }

    /** The worker that was taken last. */
    FakeWorker worker() {
        synchronized (workers) {
            return workers.get(workers.size() - 1);
        }
    }

    int workersTaken() {
        synchronized (workers) {
            return workers.size();
        }
    }

    static CreateContainer request(String... command) {
        return request(HostSettings.NONE, command);
    }

    static CreateContainer request(HostSettings host, String... command) {
        return new CreateContainer(
                "busybox",
                null,
                List.of(command),
                null,
                null,
                null,
                null,
                false,
                true,
                true,
                true,
                true,
                true,
                null,
                null,
                null,
                host,
                null);
    }

    static HostSettings autoRemove() {
        return new HostSettings(
                null, true, 0, 0, 0, null, null, null, null, null, null, 0, false, false, 0, 0, 0, false);
    }

    static HostSettings restarting(String policy, int retries) {
        return new HostSettings(
                null, false, 0, 0, 0, null, null, null, null, null, policy, retries, false, false, 0, 0, 0, false);
    }

    /** A container that runs. */
    public String running() throws Exception {
        String id = service.create(request("cat"), null).id();
        get(service.start(id));
        return id;
    }

    /** What a stage brings, or the failure that it ends with. */
    public static <T> T get(CompletionStage<T> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause =
                    e.getCause() instanceof CompletionException ? e.getCause().getCause() : e.getCause();
            if (cause instanceof Failure failure) {
                throw failure;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        service.close();
        executor.shutdownNow();
        timer.shutdownNow();
    }

    private static final class OneImage implements ImageSource {
        @Override
        public Image inspect(String image) {
            if (!image.equals("busybox") && !image.equals(IMAGE_ID)) {
                throw new Failure.NotFound("No such image: " + image + ":latest");
            }
            return new Image(
                    IMAGE_ID,
                    List.of("busybox:latest"),
                    List.of(),
                    Instant.EPOCH,
                    0,
                    "amd64",
                    "linux",
                    "",
                    "",
                    new Image.Configuration(
                            null,
                            List.of("sh"),
                            List.of("A=image", "B=image"),
                            "/work",
                            "",
                            Map.of(),
                            "",
                            List.of(),
                            List.of()),
                    List.of(),
                    false);
        }

        @Override
        public RootFiles open(String imageId) {
            return new RootFiles(new Command.Root.HostDirectories(List.of()), List.of());
        }
    }

    private final class MemoryStore implements ContainerStore {
        @Override
        public void insert(String id, String name, String json) {
            update(id, json);
        }

        @Override
        public void update(String id, String json) {
            synchronized (records) {
                records.put(id, json);
            }
        }

        @Override
        public void rename(String id, String name) {
            // The registry watches over names here.
        }

        @Override
        public void delete(String id) {
            synchronized (records) {
                records.remove(id);
            }
        }

        @Override
        public List<String> load() {
            synchronized (records) {
                return List.copyOf(records.values());
            }
        }
    }
}
