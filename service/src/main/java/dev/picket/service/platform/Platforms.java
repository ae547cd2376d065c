package dev.picket.service.platform;

import dev.picket.service.failure.Failure;
import dev.picket.service.worker.Worker;
import dev.picket.service.worker.WorkerLayout;
import dev.picket.service.worker.WorkerPool;
import dev.picket.service.worker.WorkerSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which platform a request gets: the one that it names, or the fastest that works here. Who names one gets that one or an
 * error, never another; who leaves the choice to us gets the next best where a worker of the best does not start.
 */
public final class Platforms implements WorkerSource {
    private static final Logger LOGGER = LoggerFactory.getLogger(Platforms.class);

    /** The name that stands for the fastest platform that works. */
    public static final String AUTO = "auto";

    private final CompletableFuture<PlatformTable> table;
    private final WorkerPool pool;

    private Platforms(CompletableFuture<PlatformTable> table, WorkerPool pool) {
        this.table = table;
        this.pool = pool;
    }

    /** Begins to try the platforms, by workers of {@code layout}. */
    public static Platforms measure(WorkerLayout layout, WorkerPool pool) {
        return measure(() -> ProbeProcess.run(layout), pool);
    }

    static Platforms measure(Supplier<PlatformTable> probe, WorkerPool pool) {
        var table = new CompletableFuture<PlatformTable>();
        var thread = new Thread(
                () -> {
                    try {
                        table.complete(probe.get());
                    } catch (RuntimeException e) {
                        LOGGER.error("trying the platforms failed", e);
                        table.complete(new PlatformTable(List.of(), List.of()));
                    }
                },
                "platforms");
        thread.setDaemon(true);
        thread.start();
        return new Platforms(table, pool);
    }

    /** What works here. Waits until it is known: some tenths of a second after the service was started. */
    public PlatformTable table() {
        return table.join();
    }

    /**
     * Checks what a request asks for. {@link #AUTO} is always good; for others this waits as {@link #table()} does.
     *
     * @throws Failure.BadParameter if there is no such platform, or it does not work here; the message says why
     */
    public void require(String name) {
        if (name.equals(AUTO)) {
            return;
        }
        PlatformStatus status = table().find(name)
                .orElseThrow(() -> new Failure.BadParameter(
                        "unknown or invalid runtime name: " + name + "; there are " + AUTO + ", " + table().names()));
        if (!status.available()) {
            throw new Failure.BadParameter("runtime " + name + " does not work on this host: " + status.reason());
        }
    }

    /** The platform that {@link #AUTO} stands for now; empty if none works. Waits as {@link #table()} does. */
    public String automatic() {
        return candidates(table()).stream().findFirst().orElse("");
    }

    /** Why no worker of a platform could be started lately, although it works; empty as a rule. */
    public String lastError(String name) {
        return pool.lastError(name);
    }

    /** Begins to keep workers ready, as soon as it is known of which platform. */
    public void warmUp(String name) {
        table.thenAccept(known -> {
            if (!name.equals(AUTO)) {
                pool.warmUp(name);
            } else if (known.order().isEmpty()) {
                LOGGER.error("no platform works on this host: {}", known.reasons());
            } else {
                pool.warmUp(known.order().get(0));
            }
        });
    }

    /** A worker of a platform, or of the best for {@link #AUTO}. */
    @Override
    public CompletionStage<Worker> take(String name) {
        if (!name.equals(AUTO)) {
            return pool.take(name);
        }
        return table.thenCompose(known -> {
            List<String> candidates = candidates(known);
            return candidates.isEmpty()
                    ? CompletableFuture.failedFuture(
                            new Failure.Unavailable("no platform works on this host: " + known.reasons()))
                    : takeFirst(candidates);
        });
    }

    /** Those whose last worker did not start come last: their turn comes again when one has. */
    private List<String> candidates(PlatformTable known) {
        List<String> good = new ArrayList<>();
        List<String> doubtful = new ArrayList<>();
        known.order().forEach(name -> (pool.isFailing(name) ? doubtful : good).add(name));
        good.addAll(doubtful);
        return good;
    }

    private CompletionStage<Worker> takeFirst(List<String> names) {
        String first = names.get(0);
        List<String> rest = names.subList(1, names.size());
        CompletionStage<Worker> taken = pool.take(first);
        if (rest.isEmpty()) {
            return taken;
        }
        return taken.handle((worker, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(worker);
                    }
                    if (!pool.isFailing(first)) {
                        // Too busy, or closing: another platform would fare no better.
                        return CompletableFuture.<Worker>failedFuture(failure);
                    }
                    LOGGER.warn("auto takes {}, for no worker of {} starts", rest.get(0), first);
                    return takeFirst(rest);
                })
                .thenCompose(next -> next);
    }
}
