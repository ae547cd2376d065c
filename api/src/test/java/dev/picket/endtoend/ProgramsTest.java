package dev.picket.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Debian's bash and python3, imported as an image, run scripts that use what real ones use. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ProgramsTest {
    private static final List<String> PACKAGES = List.of(
            ("bash dash coreutils findutils grep sed diffutils procps util-linux python3 python3-minimal python3.11"
                            + " python3.11-minimal libpython3-stdlib libpython3.11-minimal libpython3.11-stdlib libc6 libc-bin"
                            + " libtinfo6 libselinux1 libpcre2-8-0 libacl1 libattr1 libgmp10 zlib1g libexpat1 libssl3"
                            + " libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libuuid1 libcrypt1 libreadline8 libncursesw6"
                            + " libcap2 libsystemd0 libzstd1 liblz4-1 libgcrypt20 libgpg-error0 libstdc++6 libgcc-s1")
                    .split(" "));

    private static RunningPicket picket;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(RunningPicket.unavailable() == null, RunningPicket.unavailable());
        picket = new RunningPicket();
        Path scripts = Path.of("src/test/resources/guest").toAbsolutePath();
        Path list = Files.createTempFile("picket-debian", ".list");
        try {
            Files.write(list, filesOfPackages());
            picket.importImage(
                    "debian",
                    "--no-recursion",
                    "--transform=s,^" + scripts.toString().substring(1) + ",srv,",
                    "-C",
                    "/",
                    "-T",
                    list.toString(),
                    "--recursion",
                    scripts.toString().substring(1));
        } finally {
            Files.delete(list);
        }
    }

    /** The files of Debian's packages for a shell, its tools and Python, as far as they are installed here. */
    private static List<String> filesOfPackages() throws Exception {
        var command = new ArrayList<>(List.of("dpkg", "-L"));
        command.addAll(PACKAGES);
        Process dpkg = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var links = Stream.of("/bin", "/sbin", "/lib", "/lib64").filter(path -> Files.isSymbolicLink(Path.of(path)));
        var files = new String(dpkg.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(path -> !path.startsWith("/usr/share/") && !path.equals("/."))
                .filter(path -> Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS))
                .filter(path -> !Files.isDirectory(Path.of(path)));
        return Stream.concat(links, files)
                .map(path -> path.substring(1))
                .distinct()
                .toList();
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
        assertEquals(
                "",
                answer.output()
                        .lines()
                        .filter(line -> line.startsWith("FAILED"))
                        .toList()
                        .toString()
                        .replace("[]", ""));
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

    @Test
    void memory_beyond_the_limit_ends_the_program() throws Exception {
        String program = "x = bytearray(300 << 20); print('still here')";
        var answer = picket.docker("run", "--name", "hungry", "-m", "64m", "debian", "python3", "-c", program);
        assertEquals(137, answer.status(), answer.output() + answer.error());
        assertEquals("", answer.output());
        var killed =
                picket.docker("inspect", "-f", "{{.State.OOMKilled}}", "hungry").output();
        assertEquals("true\n", killed);

        var modest = picket.docker(
                "run", "--rm", "-m", "256m", "debian", "python3", "-c", "print(len(bytearray(20 << 20)))");
        assertEquals("20971520\n", modest.output(), modest.error());
    }
}
