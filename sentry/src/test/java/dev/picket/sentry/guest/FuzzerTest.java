package dev.picket.sentry.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random system calls, small runs of them: the same seed gives the same results on Linux and in a sandbox, and whatever is
 * called, the Sentry survives. Longer runs: {@code benchmarks/fuzz.sh}.
 */
class FuzzerTest {
    private static final int SECONDS = 120;
    private static final int HOSTILE_CALLS = 5_000;

    /** Each seed with as many calls as Linux 6.1 and later agree on, whatever the file system. */
    static Stream<Arguments> seedsAndTargets() {
        return Stream.of(Target.values())
                .filter(target -> target != Target.NATIVE)
                .flatMap(target -> Stream.of(SEEDS).map(seed -> Arguments.of(seed[0], seed[1], target)));
    }

    private static final Integer[][] SEEDS = {{1, 500}, {2, 170}, {3, 470}, {4, 170}, {6, 1000}, {7, 580}};

    @ParameterizedTest(name = "{1} calls of seed {0} on {2}")
    @MethodSource("seedsAndTargets")
    @Timeout(2 * SECONDS)
    void the_same_seed_gives_the_same_results(int seed, int calls, Target target) throws Exception {
        assumeTrue(target.unavailable() == null, target.unavailable());
        Path program = GuestPrograms.compile("fuzz");
        List<String> arguments = List.of(Integer.toString(seed), Integer.toString(calls), "0");

        String expected = runNatively(program, arguments);
        Outcome outcome;
        try (var worker = new TestWorker(target.platform())) {
            outcome = worker.run(
                    List.of(
                            "/bin/sh",
                            "-c",
                            "mkdir -m 700 /tmp/fuzz; cd /tmp/fuzz; exec /guest/fuzz " + String.join(" ", arguments)),
                    false);
        }

        assertEquals(expected, outcome.output(), outcome.error());
    }

    @ParameterizedTest
    @EnumSource(value = Target.class, names = "NATIVE", mode = EnumSource.Mode.EXCLUDE)
    @Timeout(2 * SECONDS)
    void the_sentry_survives_whatever_is_called(Target target) throws Exception {
        assumeTrue(target.unavailable() == null, target.unavailable());
        GuestPrograms.compile("fuzz");

        Outcome outcome;
        try (var worker = new TestWorker(target.platform())) {
            outcome = worker.run(
                    List.of("/bin/sh", "-c", "mkdir /tmp/fuzz; cd /tmp/fuzz; exec /guest/fuzz -h 1 " + HOSTILE_CALLS),
                    false);
        }

        assertTrue(outcome.output().endsWith("done\n"), outcome.output() + outcome.error());
    }

    private static String runNatively(Path program, List<String> arguments) throws IOException, InterruptedException {
        Path shared = Path.of("/dev/shm");
        Path directory = Files.isWritable(shared)
                ? Files.createTempDirectory(shared, "picket-fuzz")
                : Files.createTempDirectory("picket-fuzz");
        try {
            var command = new java.util.ArrayList<String>(List.of(program.toString()));
            command.addAll(arguments);
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectInput(new java.io.File("/dev/null"))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return output;
        } finally {
            new ProcessBuilder("chmod", "-R", "u+rwx", directory.toString())
                    .start()
                    .waitFor();
            try (var files = Files.walk(directory)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }
}
