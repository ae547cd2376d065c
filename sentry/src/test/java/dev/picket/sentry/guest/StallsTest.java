package dev.picket.sentry.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sandboxes at once, each with threads that wake each other all the time by futexes and pipes: a wake-up that is lost
 * shows as a stall. How long stalls are where nothing is lost is a benchmark's business: {@code benchmarks/storm.py}.
 */
class StallsTest {
    private static final int SANDBOXES = 6;
    private static final long BROKEN_MILLIS = 10_000;
    private static final Pattern RESULT = Pattern.compile("(\\d+) rounds, longest stall (\\d+) ms\n");

    @ParameterizedTest
    @EnumSource(value = Target.class, names = "NATIVE", mode = EnumSource.Mode.EXCLUDE)
    @Timeout(180)
    void no_wake_up_is_lost_in_a_storm(Target target) throws Exception {
        assumeTrue(target.unavailable() == null, target.unavailable());
        GuestPrograms.compile("stalls");
        ExecutorService threads = Executors.newFixedThreadPool(SANDBOXES);
        try {
            List<Future<Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < SANDBOXES; i++) {
                outcomes.add(threads.submit(() -> storm(target)));
            }
            for (Future<Outcome> each : outcomes) {
                Outcome outcome = each.get();
                assertEquals(0, outcome.status(), outcome.output() + outcome.error());
                var result = RESULT.matcher(outcome.output());
                assertTrue(result.matches(), outcome.output());
                assertTrue(Long.parseLong(result.group(1)) > 0, outcome.output());
                assertTrue(Long.parseLong(result.group(2)) < BROKEN_MILLIS, outcome.output());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Outcome storm(Target target) throws Exception {
        try (var worker = new TestWorker(target.platform())) {
            return worker.run(List.of("/guest/stalls", "0", "2"), false);
        }
    }
}
