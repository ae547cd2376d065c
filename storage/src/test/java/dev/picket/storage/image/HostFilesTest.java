package dev.picket.storage.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.image.HostEntry.Link;
import dev.picket.storage.image.HostEntry.Tree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFilesTest {
    @TempDir
    Path temporary;

    private Map<String, HostEntry> collect() throws Exception {
        return HostFiles.collect(temporary.resolve("host"), temporary.resolve("made")).stream()
                .collect(Collectors.toMap(HostEntry::guestPath, Function.identity()));
    }

    private Path file(String path, String content, String permissions) throws Exception {
        Path file = temporary.resolve("host").resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void a_merged_usr_stays_merged() throws Exception {
        file("usr/bin/true", "", "rwxr-xr-x");
        Files.createSymbolicLink(temporary.resolve("host/bin"), Path.of("usr/bin"));
        Map<String, HostEntry> entries = collect();

        assertEquals(new Link("/bin", "usr/bin"), entries.get("/bin"));
        assertEquals(new Tree("/usr", temporary.resolve("host/usr")), entries.get("/usr"));
        assertFalse(entries.containsKey("/lib32"));
    }

    @Test
    void secrets_and_users_stay_out() throws Exception {
        String secret = "root:$6$hash:";
        for (String path : List.of(
                "shadow",
                "gshadow",
                "ssh/ssh_host_rsa_key",
                "sudoers",
                "machine-id",
                "ssl/private/key.pem",
                "environment",
                "apt/auth.conf",
                "gitconfig")) {
            file("etc/" + path, secret, "rw-r--r--");
        }
        file("etc/passwd", "alice:x:1000:1000:Alice:/home/alice:/bin/bash\n", "rw-r--r--");
        file("etc/group", "alice:x:1000:\n", "rw-r--r--");
        file("etc/hosts", "10.0.0.1 internal\n", "rw-r--r--");
        file("etc/services", "private", "rw-------");
        file("root/.ssh/id_rsa", secret, "rw-r--r--");
        file("home/alice/notes", secret, "rw-r--r--");
        Map<String, HostEntry> entries = collect();

        for (HostEntry entry : entries.values()) {
            if (entry instanceof Tree tree) {
                assertFalse(holds(tree.hostPath(), secret), () -> tree + " shows a secret");
                assertFalse(holds(tree.hostPath(), "alice"), () -> tree + " shows a user");
                assertFalse(holds(tree.hostPath(), "internal"), () -> tree + " shows the network");
            }
        }
        assertFalse(entries.containsKey("/etc/services"));
        assertTrue(
                Files.readString(((Tree) entries.get("/etc/passwd")).hostPath()).startsWith("root:x:0:0:"));
    }

    private static boolean holds(Path path, String text) throws Exception {
        try (var files = Files.walk(path)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void what_programs_need_is_shown() throws Exception {
        file("etc/ld.so.cache", "cache", "rw-r--r--");
        file("etc/java-17-openjdk/security/java.security", "x", "rw-r--r--");
        file("etc/python3.11/sitecustomize.py", "x", "rw-r--r--");
        file("etc/ssl/certs/ca.pem", "x", "rw-r--r--");
        Files.createSymbolicLink(temporary.resolve("host/etc/localtime"), Path.of("../usr/share/zoneinfo/UTC"));
        Map<String, HostEntry> entries = collect();

        assertTrue(entries.keySet()
                .containsAll(List.of(
                        "/etc/ld.so.cache",
                        "/etc/java-17-openjdk",
                        "/etc/python3.11",
                        "/etc/ssl/certs",
                        "/root",
                        "/var",
                        "/etc/hosts",
                        "/etc/nsswitch.conf")));
        assertEquals(new Link("/etc/localtime", "../usr/share/zoneinfo/UTC"), entries.get("/etc/localtime"));
        assertEquals(new Link("/etc/mtab", "/proc/self/mounts"), entries.get("/etc/mtab"));
        Path var = ((Tree) entries.get("/var")).hostPath();
        assertEquals(01777, (int) Files.getAttribute(var.resolve("tmp"), "unix:mode") & 07777);
    }

    @Test
    void collecting_twice_changes_nothing() throws Exception {
        file("usr/bin/true", "", "rwxr-xr-x");

        assertEquals(collect(), collect());
    }

    @Test
    void this_hosts_own_files_can_be_collected() throws Exception {
        List<HostEntry> entries = HostFiles.collect(Path.of("/"), temporary.resolve("made"));

        assertTrue(entries.stream().anyMatch(entry -> entry.guestPath().equals("/usr")));
        assertTrue(entries.stream().noneMatch(entry -> entry.guestPath().contains("shadow")));
    }
}
