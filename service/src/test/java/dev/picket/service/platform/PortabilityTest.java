package dev.picket.service.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.picket.service.worker.WorkerLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Environments with less than this one: in each, guests run on some platform, and those that do not work say why.
 * {@code tools/portability.py} does the same with whole sandboxes, and in containers too.
 */
@Timeout(120)
class PortabilityTest {
    private static final List<String> NOBODY =
            List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups");

    /** A /dev of its own, with the usual nodes and no kvm, in a mount namespace of its own. */
    private static final String WITHOUT_KVM = "dev=$(mktemp -d) && mount -t tmpfs -o mode=755 dev \"$dev\" &&"
            + " cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty \"$dev/\" &&"
            + " mkdir \"$dev/shm\" && mount --move \"$dev\" /dev && rmdir \"$dev\" && exec \"$@\"";

    @TempDir
    private static Path directory;

    private static WorkerLayout layout;

    private static PlatformTable tableIn(List<String> prefix) throws Exception {
        assumeTrue(works(prefix), String.join(" ", prefix) + " does not work here: it needs root and util-linux");
        var command = new ArrayList<>(prefix);
        command.addAll(ProbeProcess.command(layout));
        return ProbeProcess.run(command);
    }

    /** The worker's classes where every user may read them. */
    @BeforeAll
    static void copyClasses() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        var own = WorkerLayout.ofClassPath(System.getProperty("java.class.path"));
        List<Path> copies = new ArrayList<>();
        for (Path part : own.classPath()) {
            Path copy = directory.resolve(copies.size() + "-" + part.getFileName());
            copyAll(part, copy);
            copies.add(copy);
        }
        layout = new WorkerLayout(own.java(), copies, null, null);
    }

    private static void copyAll(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(
                        file,
                        file.equals(from)
                                ? to
                                : to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static boolean works(List<String> prefix) throws IOException, InterruptedException {
        var command = new ArrayList<>(prefix);
        command.add("true");
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }

    private static void expectAPlatform(PlatformTable table) {
        assertFalse(table.order().isEmpty(), table.reasons());
        for (var status : table.all()) {
            assertEquals(status.available(), status.reason().isEmpty(), status.toString());
            assertEquals(status.available(), table.order().contains(status.name()), status.toString());
        }
    }

    @Test
    void an_unprivileged_user_has_a_platform() throws Exception {
        expectAPlatform(tableIn(NOBODY));
    }

    @Test
    void with_no_new_privs_and_no_capabilities_there_is_a_platform() throws Exception {
        var prefix = new ArrayList<>(NOBODY);
        prefix.addAll(List.of("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"));
        expectAPlatform(tableIn(prefix));
    }

    @Test
    void on_one_cpu_there_is_a_platform() throws Exception {
        expectAPlatform(tableIn(List.of("taskset", "-c", "0")));
    }

    @Test
    void without_the_device_kvm_says_so_and_another_platform_works() throws Exception {
        var table = tableIn(List.of("unshare", "--mount", "--propagation", "private", "sh", "-c", WITHOUT_KVM, "sh"));
        expectAPlatform(table);
        assertTrue(table.find("kvm")
                .map(kvm -> kvm.reason().startsWith("there is no /dev/kvm"))
                .orElse(true));
    }

    @Test
    void without_permission_for_the_device_kvm_says_so() throws Exception {
        Path device = Path.of("/dev/kvm");
        assumeTrue(
                Files.exists(device)
                        && !Files.getPosixFilePermissions(device).toString().contains("OTHERS_WRITE"),
                "everybody may use /dev/kvm here, or it is not there");
        var table = tableIn(NOBODY);
        assertTrue(table.find("kvm")
                .map(kvm -> kvm.reason().startsWith("no permission to use"))
                .orElse(true));
    }
}
