package dev.picket.sentry.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Debian's strace and gdb, run inside a sandbox where they are installed on the host. */
class DebuggersTest {
    private static final int SECONDS = 120;

    private static Outcome run(Target target, String... command) throws IOException {
        assumeTrue(target.unavailable() == null, target.unavailable());
        assumeTrue(Files.isExecutable(Path.of("/usr/bin", command[0])), command[0] + " is not installed");
        try (var worker = new TestWorker(target.platform())) {
            return worker.run(List.of(command), false);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @EnumSource(value = Target.class, names = "NATIVE", mode = EnumSource.Mode.EXCLUDE)
    @Timeout(SECONDS)
    void strace_follows_forks(Target target) throws Exception {
        var outcome = run(target, "strace", "-f", "sh", "-c", "/bin/echo hello & wait; exit 3");

        String trace = outcome.output() + outcome.error();
        assertEquals(3, outcome.status(), trace);
        assertTrue(trace.contains("write(1, \"hello\\n\", 6)"), trace);
        assertTrue(trace.contains("--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED"), trace);
        assertTrue(trace.contains("+++ exited with 3 +++"), trace);
    }

    @ParameterizedTest(name = "on {0}")
    @EnumSource(value = Target.class, names = "NATIVE", mode = EnumSource.Mode.EXCLUDE)
    @Timeout(SECONDS)
    void gdb_stops_steps_and_goes_on(Target target) throws Exception {
        var outcome = run(
                target,
                "gdb",
                "-nx",
                "-batch",
                "-ex",
                "set breakpoint pending on",
                "-ex",
                "break write",
                "-ex",
                "run",
                "-ex",
                "backtrace",
                "-ex",
                "stepi",
                "-ex",
                "info registers rip",
                "-ex",
                "delete",
                "-ex",
                "continue",
                "--args",
                "/bin/echo",
                "hello");

        String said = outcome.output() + outcome.error();
        assertTrue(said.contains("Breakpoint 1, "), said);
        assertTrue(said.contains("#0 "), said);
        assertTrue(said.contains("hello"), said);
        assertTrue(said.contains("exited normally"), said);
    }
}
