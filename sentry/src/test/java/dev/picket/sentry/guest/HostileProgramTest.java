package dev.picket.sentry.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.picket.platform.Platform;
import dev.picket.platform.select.Platforms;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A program that tries to get out of its sandbox gets an errno or a signal, and nothing else; see {@code hostile.c}. */
class HostileProgramTest {
    @ParameterizedTest
    @EnumSource(value = Target.class, names = "NATIVE", mode = EnumSource.Mode.EXCLUDE)
    @Timeout(120)
    void every_attempt_to_get_out_gains_nothing(Target target) throws Exception {
        assumeTrue(target.unavailable() == null, target.unavailable());
        GuestPrograms.compile("hostile");

        Outcome outcome;
        try (var worker = new TestWorker(target.platform())) {
            outcome = worker.run(
                    List.of(
                            "/guest/hostile",
                            Long.toHexString(addressLimit(target)),
                            Long.toString(worker.processId())),
                    false);
        }

        var wrong =
                outcome.output().lines().filter(line -> !line.endsWith(": ok")).toList();
        assertEquals(List.of(), wrong, outcome.error());
        assertEquals(0, outcome.status(), outcome.output() + outcome.error());
        assertTrue(outcome.output().contains("every_number_and_wild_arguments: ok"), outcome.output());
    }

    /** Where the platform's own part of the address space begins: that is where a stub is. */
    private static long addressLimit(Target target) {
        try (Platform platform = Platforms.open(target.platform())) {
            return platform.addressLimit();
        }
    }
}
