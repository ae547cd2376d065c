package dev.picket.sentry.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The C programs of each family of system calls do the same on Linux and in a sandbox on every platform. */
class GuestProgramsTest {
    private static final List<String> PROGRAMS = List.of(
            "read_write",
            "open_close",
            "files",
            "memory",
            "process",
            "storms",
            "errnos",
            "signals",
            "pipes",
            "sockets",
            "inet",
            "times",
            "vdso",
            "sched",
            "futexes",
            "terminals",
            "proc",
            "sysvipc",
            "tracing",
            "fcntl",
            "inotify",
            "mqueue",
            "seccomp_filters",
            "namespaces");

    private static final int SECONDS = 60;

    static Stream<Arguments> programsAndTargets() {
        return PROGRAMS.stream()
                .flatMap(program -> Arrays.stream(Target.values()).map(target -> Arguments.of(program, target)));
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("programsAndTargets")
    @Timeout(2 * SECONDS)
    void every_case_of_the_program_is_ok(String program, Target target) throws Exception {
        assumeTrue(target.unavailable() == null, target.unavailable());
        Path compiled = GuestPrograms.compile(program);

        Outcome outcome = target == Target.NATIVE ? runNatively(compiled) : runInSandbox(program, target);

        assertEquals("", linesThatAreNotOk(outcome.output()), "exit status " + outcome.status() + outcome.error());
        assertEquals(0, outcome.status(), outcome.output() + outcome.error());
        assertEquals(cases(program), outcome.output().lines().count(), outcome.output());
    }

    private static String linesThatAreNotOk(String output) {
        return String.join(
                "\n", output.lines().filter(line -> !line.endsWith(": ok")).toList());
    }

    /** How many cases the program's main names. */
    private static long cases(String program) throws IOException {
        try (var lines = Files.lines(Path.of("src/test/c", program + ".c"))) {
            return lines.filter(line -> line.startsWith("    RUN(")).count();
        }
    }

    private static Outcome runInSandbox(String program, Target target) throws IOException {
        try (var worker = new TestWorker(target.platform())) {
            return worker.run(List.of("/guest/" + program), false);
        }
    }

    private static Outcome runNatively(Path program) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("picket-native");
        try {
            Process process = new ProcessBuilder(program.toString())
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(new java.io.File("/dev/null"))
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return new Outcome(process.exitValue(), output, "");
        } finally {
            try (var files = Files.walk(directory)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }
}
