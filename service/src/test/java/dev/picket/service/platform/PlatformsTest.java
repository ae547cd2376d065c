package dev.picket.service.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.service.failure.Failure;
import dev.picket.service.worker.Worker;
import dev.picket.service.worker.WorkerPool;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PlatformsTest {
    private static final PlatformTable TABLE = new PlatformTable(
            List.of(
                    new PlatformStatus("slow", "", true, "", 9000, 9000),
                    new PlatformStatus("fast", "", true, "", 1000, 1000),
                    new PlatformStatus("absent", "", false, "there is no /dev/absent", 0, 0)),
            List.of("fast", "slow"));

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Set<String> broken = new ConcurrentSkipListSet<>();
    private final List<String> launched = new CopyOnWriteArrayList<>();
    private final WorkerPool pool = new WorkerPool(this::launch, 0, 2, timer);
    private final Platforms platforms = Platforms.measure(() -> TABLE, pool);

    @AfterEach
    void end() {
        pool.close();
        timer.shutdownNow();
    }

    private CompletableFuture<Worker> launch(String platform) {
        launched.add(platform);
        return broken.contains(platform)
                ? CompletableFuture.failedFuture(new Failure.Unavailable("broken"))
                : CompletableFuture.completedFuture(new IdleWorker(platform));
    }

    private String take(String name) throws Exception {
        return platforms
                .take(name)
                .toCompletableFuture()
                .get(5, TimeUnit.SECONDS)
                .platform();
    }

    @Test
    void auto_takes_the_best_and_a_name_takes_itself() throws Exception {
        assertEquals("fast", take("auto"));
        assertEquals("slow", take("slow"));
        assertEquals("fast", take("fast"));
        assertEquals("fast", platforms.automatic());
    }

    @Test
    void where_no_worker_of_the_best_starts_auto_takes_the_next_best_and_says_so() throws Exception {
        broken.add("fast");
        assertEquals("slow", take("auto"));
        assertEquals("slow", platforms.automatic());
        assertEquals("broken", platforms.lastError("fast"));
        int before = launched.size();
        assertEquals("slow", take("auto"));
        assertFalse(launched.subList(before, launched.size()).contains("fast"), launched.toString());
    }

    @Test
    void once_a_worker_of_the_best_starts_again_auto_takes_it_again() throws Exception {
        broken.add("fast");
        assertEquals("slow", take("auto"));
        broken.clear();
        assertEquals("fast", take("fast"));
        assertEquals("fast", take("auto"));
    }

    @Test
    void who_names_a_platform_never_gets_another() {
        broken.add("fast");
        var thrown = assertThrows(ExecutionException.class, () -> take("fast"));
        assertTrue(thrown.getCause().getMessage().contains("broken"), thrown.toString());
        assertFalse(launched.contains("slow"));
    }

    @Test
    void a_name_that_is_unknown_or_does_not_work_is_refused_with_the_reason() {
        platforms.require("auto");
        platforms.require("slow");
        String unknown = assertThrows(Failure.BadParameter.class, () -> platforms.require("qemu"))
                .getMessage();
        assertEquals("unknown or invalid runtime name: qemu; there are auto, slow, fast, absent", unknown);
        String absent = assertThrows(Failure.BadParameter.class, () -> platforms.require("absent"))
                .getMessage();
        assertEquals("runtime absent does not work on this host: there is no /dev/absent", absent);
    }

    @Test
    void where_nothing_works_the_reasons_are_told() {
        var nothing = new PlatformTable(List.of(new PlatformStatus("a", "", false, "old kernel", 0, 0)), List.of());
        var hopeless = Platforms.measure(() -> nothing, pool);
        var thrown = assertThrows(
                ExecutionException.class,
                () -> hopeless.take("auto").toCompletableFuture().get(5, TimeUnit.SECONDS));
        assertEquals(
                "no platform works on this host: a: old kernel",
                thrown.getCause().getMessage());
        assertEquals("", hopeless.automatic());
    }
}
