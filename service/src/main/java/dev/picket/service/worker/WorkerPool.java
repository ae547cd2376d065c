package dev.picket.service.worker;

import dev.picket.service.failure.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps idle workers of each platform in use, so that a sandbox need not wait for a JVM to start. A worker that is taken is
 * replaced behind; one that dies is replaced too, ever more slowly if that happens again and again.
 */
public final class WorkerPool implements WorkerSource, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(WorkerPool.class);

    /** A sandbox that just starts has the CPUs first: most programs of judges and functions are over by then. */
    private static final long REFILL_DELAY_MILLIS = 250;

    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;
    private static final long FAILING_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** Long enough for a queue of many: each worker has a deadline of its own. */
    private static final long TAKE_SECONDS = 60;

    /** Starts workers: {@link WorkerLauncher#launch} or a test's. */
    @FunctionalInterface
    public interface Launcher {
        CompletableFuture<Worker> launch(String platform);
    }

    private static final class Shelf {
        final String platform;
        final ArrayDeque<Worker> idle = new ArrayDeque<>();
        final ArrayDeque<CompletableFuture<Worker>> waiting = new ArrayDeque<>();
        int starting;
        int failures;
        long notBeforeNanos;
        String lastError = "";

        /** Whether the last attempt to start one came to nothing, and when that was. */
        boolean failing;

        long failedNanos;

        Shelf(String platform) {
            this.platform = platform;
        }

        void succeeded() {
            failures = 0;
            failing = false;
            lastError = "";
        }
    }

    private final Launcher launcher;
    private final int warm;
    private final int parallel;
    private final ScheduledExecutorService timer;
    private final Map<String, Shelf> shelves = new HashMap<>();
    private boolean closed;

    /**
     * @param warm how many idle workers to keep of each platform that was asked for; 0: none, each sandbox starts its own
     * @param parallel how many may start at once
     */
    public WorkerPool(Launcher launcher, int warm, int parallel, ScheduledExecutorService timer) {
        this.launcher = launcher;
        this.warm = warm;
        this.parallel = Math.max(1, parallel);
        this.timer = timer;
    }

    /** Begins to keep workers of a platform ready. */
    public void warmUp(String platform) {
        synchronized (this) {
            shelf(platform);
        }
        refill(platform);
    }

    @Override
    public CompletionStage<Worker> take(String platform) {
        var wanted = new CompletableFuture<Worker>();
        Worker ready;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(new Failure.Unavailable("the service is closing"));
            }
            Shelf shelf = shelf(platform);
            ready = shelf.idle.pollFirst();
            if (ready == null) {
                shelf.waiting.addLast(wanted);
                // Somebody asks: try now, whatever happened before.
                shelf.notBeforeNanos = System.nanoTime();
            }
        }
        if (ready != null) {
            wanted.complete(ready);
            timer.schedule(() -> refill(platform), REFILL_DELAY_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            refill(platform);
            var deadline = timer.schedule(
                    () -> wanted.completeExceptionally(
                            new Failure.Unavailable("no worker was ready within " + TAKE_SECONDS + " seconds")),
                    TAKE_SECONDS,
                    TimeUnit.SECONDS);
            wanted.whenComplete((worker, failure) -> deadline.cancel(false));
        }
        return wanted;
    }

    /** Why the last worker of a platform could not be started; empty if it could, or was never tried. */
    public synchronized String lastError(String platform) {
        Shelf shelf = shelves.get(platform);
        return shelf == null ? "" : shelf.lastError;
    }

    /** Whether the last worker of a platform could not be started; forgotten after a while, so that it is tried again. */
    public synchronized boolean isFailing(String platform) {
        Shelf shelf = shelves.get(platform);
        return shelf != null && shelf.failing && System.nanoTime() - shelf.failedNanos < FAILING_NANOS;
    }

    /** How many workers of a platform are idle. */
    public synchronized int idle(String platform) {
        Shelf shelf = shelves.get(platform);
        return shelf == null ? 0 : shelf.idle.size();
    }

    /** A worker has ended: an idle one is replaced. Others are not the pool's business any more. */
    private void ended(Worker worker) {
        String platform = null;
        synchronized (this) {
            for (Shelf shelf : shelves.values()) {
                if (shelf.idle.remove(worker)) {
                    platform = shelf.platform;
                    postpone(shelf, "an idle worker process ended");
                }
            }
        }
        if (platform != null) {
            refill(platform);
        }
    }

    private Shelf shelf(String platform) {
        return shelves.computeIfAbsent(platform, Shelf::new);
    }

    private void refill(String platform) {
        int launches;
        synchronized (this) {
            if (closed) {
                return;
            }
            Shelf shelf = shelf(platform);
            shelf.waiting.removeIf(CompletableFuture::isDone);
            int missing = shelf.waiting.size() + warm - shelf.idle.size() - shelf.starting;
            // Whoever waits has a claim on all CPUs; refilling behind is done one by one.
            int room = Math.max(shelf.waiting.isEmpty() ? 1 : parallel, 1) - shelf.starting;
            launches = Math.max(0, Math.min(missing, room));
            if (launches == 0) {
                return;
            }
            long pauseNanos = shelf.notBeforeNanos - System.nanoTime();
            if (shelf.failures > 0 && pauseNanos > 0) {
                timer.schedule(() -> refill(platform), pauseNanos, TimeUnit.NANOSECONDS);
                return;
            }
            shelf.starting += launches;
        }
        for (int i = 0; i < launches; i++) {
            launch(platform);
        }
    }

    private void launch(String platform) {
        CompletableFuture<Worker> launched;
        try {
            launched = launcher.launch(platform);
        } catch (RuntimeException e) {
            launched = CompletableFuture.failedFuture(e);
        }
        launched.whenComplete((worker, failure) -> {
            if (failure == null) {
                arrived(platform, worker);
            } else {
                failed(platform, failure);
            }
            refill(platform);
        });
    }

    private void arrived(String platform, Worker worker) {
        boolean unwanted = false;
        boolean handed = false;
        while (!handed && !unwanted) {
            CompletableFuture<Worker> next;
            synchronized (this) {
                Shelf shelf = shelf(platform);
                next = shelf.waiting.pollFirst();
                if (next == null) {
                    shelf.starting--;
                    shelf.succeeded();
                    unwanted = closed;
                    if (!closed) {
                        shelf.idle.addLast(worker);
                    }
                    break;
                }
            }
            handed = next.complete(worker);
        }
        if (handed) {
            synchronized (this) {
                Shelf shelf = shelf(platform);
                shelf.starting--;
                shelf.succeeded();
            }
        } else if (unwanted) {
            worker.kill();
        } else {
            worker.ended().thenRun(() -> ended(worker));
        }
    }

    private void failed(String platform, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String text = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        List<CompletableFuture<Worker>> disappointed;
        synchronized (this) {
            Shelf shelf = shelf(platform);
            shelf.starting--;
            postpone(shelf, text);
            shelf.failing = true;
            shelf.failedNanos = System.nanoTime();
            disappointed = new ArrayList<>();
            // One failure is one client's; two in a row are everybody's.
            while (!shelf.waiting.isEmpty() && (disappointed.isEmpty() || shelf.failures > 1)) {
                disappointed.add(shelf.waiting.pollFirst());
            }
            if (shelf.failures == 1) {
                shelf.notBeforeNanos = System.nanoTime();
            }
            if (closed) {
                return;
            }
        }
        LOGGER.warn("no worker of platform {}: {}", platform, text);
        for (CompletableFuture<Worker> each : disappointed) {
            each.completeExceptionally(
                    new Failure.Unavailable("cannot start a worker of platform " + platform + ": " + text, cause));
        }
    }

    private static void postpone(Shelf shelf, String error) {
        shelf.lastError = error;
        long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(shelf.failures, 10));
        shelf.failures++;
        shelf.notBeforeNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pause);
    }

    /** Ends all idle workers; whoever waits for one is told. */
    @Override
    public void close() {
        List<Worker> workers = new ArrayList<>();
        List<CompletableFuture<Worker>> waiting = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (Shelf shelf : shelves.values()) {
                workers.addAll(shelf.idle);
                waiting.addAll(shelf.waiting);
                shelf.idle.clear();
                shelf.waiting.clear();
            }
        }
        workers.forEach(Worker::kill);
        waiting.forEach(each -> each.completeExceptionally(new Failure.Unavailable("the service is closing")));
    }
}
