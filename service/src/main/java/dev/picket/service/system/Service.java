package dev.picket.service.system;

import dev.picket.service.container.Container;
import dev.picket.service.container.ContainerContext;
import dev.picket.service.container.ContainerService;
import dev.picket.service.container.StoredContainers;
import dev.picket.service.event.Events;
import dev.picket.service.exec.ExecService;
import dev.picket.service.failure.Failure;
import dev.picket.service.image.ImageService;
import dev.picket.service.platform.Platforms;
import dev.picket.service.worker.WorkerLauncher;
import dev.picket.service.worker.WorkerLayout;
import dev.picket.service.worker.WorkerPool;
import dev.picket.storage.failure.StorageException;
import dev.picket.storage.image.HostImage;
import dev.picket.storage.image.ImageUsers;
import dev.picket.storage.image.Images;
import dev.picket.storage.layer.LayerLimits;
import dev.picket.storage.state.ContainerRecords;
import dev.picket.storage.state.Database;
import dev.picket.storage.state.ImageRecords;
import dev.picket.storage.store.ContentStore;
import dev.picket.storage.store.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane without its wire: made once per process, and closed at its end, which ends every worker and container.
 */
public final class Service implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Service.class);

    // Work that may block is short: reading logs, starting processes, calling clients.
    private static final int THREADS = 32;

    /** sockaddr_un has room for 107 bytes and a NUL; the name of the workers' socket is appended. */
    private static final int LONGEST_RUN_DIRECTORY = 90;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private ContainerService containers;
    private ExecService execs;
    private ImageService images;
    private Events events;
    private SystemService system;
    private boolean closed;

    private Service() {}

    /**
     * Opens the data directory, reads back the containers (those that ran are exited 137 now), and begins to warm workers.
     *
     * @throws Failure.Unavailable if the data directory is in use by another service
     */
    public static Service open(ServiceSettings settings) {
        Service service = new Service();
        boolean opened = false;
        try {
            service.openParts(settings);
            opened = true;
            return service;
        } catch (StorageException e) {
            throw Failure.of(e);
        } catch (IOException e) {
            throw new Failure.Unavailable("cannot start the service: " + e.getMessage(), e);
        } finally {
            if (!opened) {
                service.close();
            }
        }
    }

    private void openParts(ServiceSettings settings) throws IOException, StorageException {
        Clock clock = Clock.systemUTC();
        DataDirectory data = opened(DataDirectory.open(settings.dataDirectory().toAbsolutePath()));
        makePrivate(settings.runDirectory());
        Database database = opened(Database.open(data.stateDirectory()));
        ContentStore store = new ContentStore(data);
        Optional<HostImage> hostImage = settings.hostImage()
                ? Optional.of(HostImage.open(Path.of("/"), data.hostDirectory()))
                : Optional.empty();
        Images stored = Images.open(store, new ImageRecords(database), LayerLimits.defaults(), hostImage, clock);

        ExecutorService executor = newExecutor();
        ScheduledThreadPoolExecutor timer = newTimer();
        parts.push(() -> end(timer));
        parts.push(() -> end(executor));

        events = new Events(clock, executor);
        parts.push(events::close);
        images = new ImageService(stored, events);
        WorkerLayout layout =
                settings.workers().withNativeLibraries(settings.runDirectory().resolve("native"));
        WorkerLauncher launcher = opened(new WorkerLauncher(layout, settings.runDirectory(), executor, timer));
        int cpus = Runtime.getRuntime().availableProcessors();
        WorkerPool pool = opened(new WorkerPool(launcher::launch, settings.warmWorkers(), cpus, timer));

        Platforms platforms = Platforms.measure(layout, pool);
        var context = new ContainerContext(
                images,
                platforms,
                settings.defaultPlatform(),
                new StoredContainers(new ContainerRecords(database, clock)),
                events,
                clock,
                executor,
                timer,
                settings.dataDirectory().toAbsolutePath().resolve("containers"));
        containers = opened(new ContainerService(context, platforms::require));
        images.setUsers(image -> containers.list(null, true, 0).stream()
                .filter(container -> container.imageId().equals(image.toString()))
                .map(Service::user)
                .toList());
        execs = new ExecService(containers, executor, timer);
        system = new SystemService(settings, containers, images, platforms);
        platforms.require(settings.defaultPlatform());
        platforms.warmUp(settings.defaultPlatform());
    }

    private static ImageUsers.User user(Container container) {
        return new ImageUsers.User(container.id(), container.state().isRunning());
    }

    private static void makePrivate(Path directory) throws IOException {
        if (directory.toAbsolutePath().toString().length() > LONGEST_RUN_DIRECTORY) {
            throw new IOException("the name of " + directory + " is too long for a socket in it");
        }
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private static ExecutorService newExecutor() {
        var executor = new ThreadPoolExecutor(
                THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads("service"));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static ScheduledThreadPoolExecutor newTimer() {
        var timer = new ScheduledThreadPoolExecutor(1, threads("service-timer"));
        timer.setRemoveOnCancelPolicy(true);
        // What is still scheduled at the end are deadlines; nobody shall wait for them.
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return timer;
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private static void end(ExecutorService executor) throws InterruptedException {
        executor.shutdown();
        if (!executor.awaitTermination(2, TimeUnit.SECONDS)) {
            executor.shutdownNow();
        }
    }

    public ContainerService containers() {
        return containers;
    }

    public ExecService execs() {
        return execs;
    }

    public ImageService images() {
        return images;
    }

    public Events events() {
        return events;
    }

    public SystemService system() {
        return system;
    }

    /** Ends everything, in the opposite order of how it was opened. Takes seconds at most. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                LOGGER.warn("cannot end a part of the service", e);
            }
        }
    }
}
