package dev.picket.sentry.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a guest costs the host, as the host counts it. */
@Timeout(120)
class FootprintTest {
    private static final long MEBIBYTE = 1L << 20;
    private static final int HELD_MIB = 384;

    /** What a worker takes for itself, generously. */
    private static final int WORKER_MIB = 220;

    @Test
    void memory_that_a_guest_holds_costs_the_host_that_much_and_not_double() throws Exception {
        assumeTrue(Target.PTRACE.unavailable() == null, Target.PTRACE.unavailable());
        GuestPrograms.compile("footprint");
        try (var worker = new TestWorker("ptrace")) {
            var outcome = start(worker, "hold", HELD_MIB);
            long[] most = new long[1];
            waitFor(outcome, () -> {
                most[0] = Math.max(most[0], proportionalBytes(worker.processId()));
                return most[0] >= HELD_MIB * MEBIBYTE;
            });
            Thread.sleep(1000); // and what else may come
            most[0] = Math.max(most[0], proportionalBytes(worker.processId()));
            assertTrue(most[0] >= HELD_MIB * MEBIBYTE, most[0] / MEBIBYTE + " MiB");
            assertTrue(most[0] <= (HELD_MIB + WORKER_MIB) * MEBIBYTE, most[0] / MEBIBYTE + " MiB");
            assertEquals("ready\n", outcome.get().output());
        }
    }

    @Test
    void a_guest_that_forked_500_times_leaves_no_process_and_no_memory() throws Exception {
        assumeTrue(Target.PTRACE.unavailable() == null, Target.PTRACE.unavailable());
        GuestPrograms.compile("footprint");
        try (var worker = new TestWorker("ptrace")) {
            var outcome = start(worker, "fork", 500);
            int[] fewest = {Integer.MAX_VALUE};
            long[] least = {Long.MAX_VALUE};
            waitFor(outcome, () -> {
                fewest[0] = descendants(worker.processId());
                least[0] = proportionalBytes(worker.processId());
                return false;
            });
            assertEquals("ready\n", outcome.get().output());
            assertTrue(fewest[0] <= 4, fewest[0] + " processes");
            assertTrue(least[0] <= WORKER_MIB * MEBIBYTE, least[0] / MEBIBYTE + " MiB");
        }
    }

    private static CompletableFuture<Outcome> start(TestWorker worker, String what, int number) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return worker.run(List.of("/guest/footprint", what, Integer.toString(number)), false);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** Looks again and again, until it is so or the guest has ended. */
    private static void waitFor(CompletableFuture<Outcome> outcome, BooleanSupplier condition)
            throws InterruptedException {
        while (!outcome.isDone() && !condition.getAsBoolean()) {
            Thread.sleep(100);
        }
    }

    private static int descendants(long pid) {
        return (int) ProcessHandle.of(pid).orElseThrow().descendants().count();
    }

    /** The proportional set size of a process and its descendants: what they share is counted once. */
    private static long proportionalBytes(long pid) {
        var worker = ProcessHandle.of(pid).orElseThrow();
        long bytes = ownBytes(pid);
        for (var child : worker.descendants().toList()) {
            bytes += ownBytes(child.pid());
        }
        return bytes;
    }

    private static long ownBytes(long pid) {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
            return lines.filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .sum();
        } catch (IOException | RuntimeException e) {
            return 0; // ended meanwhile
        }
    }
}
