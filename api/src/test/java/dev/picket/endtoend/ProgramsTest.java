package dev.picket.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Debian's bash and python3, imported as an image, run scripts that use what real ones use. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ProgramsTest {
    private static RunningPicket picket;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(RunningPicket.unavailable() == null, RunningPicket.unavailable());
        picket = new RunningPicket();
        Path scripts = Path.of("src/test/resources/guest").toAbsolutePath();
        picket.importImage(
                "debian",
                "--exclude=__pycache__",
                "--transform=s," + scripts.toString().substring(1) + ",srv,",
                "-C",
                "/",
                "bin",
                "lib",
                "lib64",
                "usr/bin",
                "usr/lib/python3.11",
                "usr/lib/python3",
                "usr/lib64",
                "usr/lib/x86_64-linux-gnu",
                "etc/ld.so.cache",
                scripts.toString().substring(1));
    }

    @AfterAll
    static void stop() throws Exception {
        if (picket != null) {
            picket.close();
        }
    }

    @Test
    void a_shell_script_of_two_hundred_lines() throws Exception {
        var answer = picket.docker("run", "--rm", "debian", "bash", "/srv/features.sh");
        assertEquals("", answer.output().lines().filter(line -> line.startsWith("FAILED")).toList().toString().replace("[]", ""));
        assertEquals(0, answer.status(), answer.output() + answer.error());
        assertTrue(answer.output().endsWith(" passed, 0 failed\n"), answer.output());
    }

    @Test
    void python_with_threads_processes_signals_mappings_and_sockets() throws Exception {
        var answer = picket.docker("run", "--rm", "debian", "python3", "/srv/features.py");
        assertEquals(0, answer.status(), answer.output() + answer.error());
        assertTrue(answer.error().endsWith("OK\n"), answer.error());
    }

    @Test
    void the_unit_tests_of_a_small_project() throws Exception {
        var answer = picket.docker("run", "--rm", "-w", "/srv/project", "debian", "python3", "-m", "unittest");
        assertEquals(0, answer.status(), answer.output() + answer.error());
        assertTrue(answer.error().contains("Ran 3 tests"), answer.error());
    }
}
