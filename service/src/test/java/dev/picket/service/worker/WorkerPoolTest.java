package dev.picket.service.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.sentry.control.Command;
import dev.picket.service.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class WorkerPoolTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final List<CompletableFuture<Worker>> launches = new ArrayList<>();

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    private static final class Idle implements Worker {
        final CompletableFuture<Void> ended = new CompletableFuture<>();

        @Override
        public long processId() {
            return 1;
        }

        @Override
        public String platform() {
            return "ptrace";
        }

        @Override
        public void start(Command.Start command, List<HostFile> descriptors, WorkerListener listener) {
            throw new IllegalStateException("not here");
        }

        @Override
        public void send(Command command) {
            throw new IllegalStateException("not here");
        }

        @Override
        public void terminate() {
            kill();
        }

        @Override
        public void kill() {
            ended.complete(null);
        }

        @Override
        public CompletionStage<Void> ended() {
            return ended;
        }
    }

    private synchronized CompletableFuture<Worker> launch(String platform) {
        var launched = new CompletableFuture<Worker>();
        launches.add(launched);
        return launched;
    }

    private synchronized int launched() {
        return launches.size();
    }

    private synchronized CompletableFuture<Worker> launch(int index) {
        return launches.get(index);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 500 && !condition.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
        assertTrue(condition.getAsBoolean());
    }

    @Test
    void idle_workers_are_made_one_by_one_and_handed_out_at_once() throws Exception {
        var pool = new WorkerPool(this::launch, 2, 2, timer);
        pool.warmUp("ptrace");
        assertEquals(1, launched());
        Idle first = new Idle();
        launch(0).complete(first);
        await(() -> launched() == 2);
        launch(1).complete(new Idle());
        assertEquals(2, pool.idle("ptrace"));
        assertEquals(2, launched());

        CompletionStage<Worker> taken = pool.take("ptrace");
        assertSame(first, taken.toCompletableFuture().getNow(null));
        await(() -> launched() == 3);
        pool.close();
    }

    @Test
    void whoever_waits_gets_the_next_worker() throws Exception {
        var pool = new WorkerPool(this::launch, 0, 2, timer);
        var first = pool.take("ptrace").toCompletableFuture();
        var second = pool.take("ptrace").toCompletableFuture();
        var third = pool.take("ptrace").toCompletableFuture();
        assertEquals(2, launched(), "no more than two at once");
        launch(0).complete(new Idle());
        first.get(5, TimeUnit.SECONDS);
        await(() -> launched() == 3);
        launch(1).complete(new Idle());
        launch(2).complete(new Idle());
        second.get(5, TimeUnit.SECONDS);
        third.get(5, TimeUnit.SECONDS);
        assertEquals(3, launched());
        assertEquals(0, pool.idle("ptrace"));
    }

    @Test
    void a_worker_that_dies_idle_is_replaced_and_never_handed_out() throws Exception {
        var pool = new WorkerPool(this::launch, 1, 2, timer);
        pool.warmUp("ptrace");
        Idle dead = new Idle();
        launch(0).complete(dead);
        dead.kill();
        assertEquals(0, pool.idle("ptrace"));
        await(() -> launched() == 2);
        Idle next = new Idle();
        launch(1).complete(next);
        assertSame(next, pool.take("ptrace").toCompletableFuture().get(5, TimeUnit.SECONDS));
    }

    @Test
    void failures_are_told_and_tried_again_more_and_more_slowly() throws Exception {
        var pool = new WorkerPool(this::launch, 1, 2, timer);
        var wanted = pool.take("ptrace").toCompletableFuture();
        var patient = pool.take("ptrace").toCompletableFuture();
        launch(0).completeExceptionally(new Failure.Unavailable("no ptrace here"));
        assertTrue(wanted.isCompletedExceptionally());
        assertFalse(patient.isDone(), "one failure is one client's");
        await(() -> launched() >= 2);
        for (int i = 1; i < launched(); i++) {
            launch(i).completeExceptionally(new Failure.Unavailable("no ptrace here"));
        }
        assertThrows(ExecutionException.class, () -> patient.get(5, TimeUnit.SECONDS));
        ExecutionException told = assertThrows(ExecutionException.class, () -> wanted.get(5, TimeUnit.SECONDS));
        assertTrue(told.getCause().getMessage().contains("no ptrace here"));
        assertEquals("no ptrace here", pool.lastError("ptrace"));
        int before = launched();
        Thread.sleep(100);
        assertEquals(before, launched(), "there is a pause");
        await(() -> launched() == before + 1);
        launch(before).complete(new Idle());
        assertEquals("", pool.lastError("ptrace"));
        assertEquals(1, pool.idle("ptrace"));
    }

    @Test
    void closing_ends_idle_workers_and_all_waiting() throws Exception {
        var pool = new WorkerPool(this::launch, 1, 2, timer);
        pool.warmUp("ptrace");
        Idle idle = new Idle();
        launch(0).complete(idle);
        pool.take("ptrace").toCompletableFuture().get(5, TimeUnit.SECONDS);
        var waiting = pool.take("ptrace").toCompletableFuture();
        assertFalse(waiting.isDone());
        pool.close();
        assertThrows(ExecutionException.class, () -> waiting.get(5, TimeUnit.SECONDS));
        Idle late = new Idle();
        for (int i = 1; i < launched(); i++) {
            launch(i).complete(late);
        }
        assertTrue(late.ended.isDone());
        assertTrue(pool.take("ptrace").toCompletableFuture().isCompletedExceptionally());
    }
}
