package dev.picket.storage.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Chooses what of the host the host image shows. An untrusted program reads all of it, so the choice is a list of what
 * is harmless, never all but a list of what is not: programs and libraries, and of /etc what these need to start. Users,
 * keys, tokens, machine ids and the configuration of services stay out, and what is not readable by everyone on the host
 * is not shown at the top of an entry.
 */
final class HostFiles {
    /** On systems with a merged /usr most of these are symbolic links into it, and stay so. */
    private static final List<String> PROGRAMS = List.of("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32");

    /** Names and patterns under /etc. */
    private static final List<String> ETC = List.of(
            "alternatives",
            "bash.bashrc",
            "bash_completion.d",
            "bindresvport.blacklist",
            "debian_version",
            "fonts",
            "gai.conf",
            "glvnd",
            "groff",
            "host.conf",
            "inputrc",
            "issue",
            "java-*-openjdk",
            "ld.so.cache",
            "ld.so.conf",
            "ld.so.conf.d",
            "locale.alias",
            "locale.conf",
            "localtime",
            "login.defs",
            "lsb-release",
            "magic",
            "magic.mime",
            "manpath.config",
            "mime.types",
            "mono",
            "os-release",
            "perl",
            "pki/tls/cert.pem",
            "pki/tls/certs",
            "pki/ca-trust/extracted",
            "profile",
            "protocols",
            "python3",
            "python3.*",
            "rpc",
            "services",
            "shells",
            "skel",
            "ssl/certs",
            "ssl/openssl.cnf",
            "terminfo",
            "timezone",
            "vim",
            "xattr.conf");

    private static final String PASSWD =
            """
            root:x:0:0:root:/root:/bin/sh
            daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
            bin:x:2:2:bin:/bin:/usr/sbin/nologin
            sys:x:3:3:sys:/dev:/usr/sbin/nologin
            mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
            """;
    private static final String GROUP =
            """
            root:x:0:
            daemon:x:1:
            bin:x:2:
            sys:x:3:
            adm:x:4:
            tty:x:5:
            disk:x:6:
            mail:x:8:
            utmp:x:43:
            users:x:100:
            nogroup:x:65534:
            """;
    private static final String HOSTS =
            """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            """;
    /** The host's own may name services such as LDAP, which a sandbox does not have. */
    private static final String NSSWITCH =
            """
            passwd: files
            group: files
            shadow: files
            hosts: files dns
            networks: files
            protocols: files
            services: files
            ethers: files
            rpc: files
            """;

    /** Directories that programs expect, empty: path and permissions. */
    private record Empty(String path, int permissions) {}

    private static final List<Empty> EMPTY_DIRECTORIES = List.of(
            new Empty("home", 0755),
            new Empty("media", 0755),
            new Empty("mnt", 0755),
            new Empty("opt", 0755),
            new Empty("root", 0700),
            new Empty("run", 0755),
            new Empty("run/lock", 01777),
            new Empty("srv", 0755),
            new Empty("tmp", 01777),
            new Empty("var", 0755),
            new Empty("var/cache", 0755),
            new Empty("var/lib", 0755),
            new Empty("var/local", 0755),
            new Empty("var/log", 0755),
            new Empty("var/mail", 0755),
            new Empty("var/opt", 0755),
            new Empty("var/spool", 0755),
            new Empty("var/tmp", 01777));

    private final Path hostRoot;
    private final List<HostEntry> entries = new ArrayList<>();

    private HostFiles(Path hostRoot) {
        this.hostRoot = hostRoot;
    }

    static List<HostEntry> collect(Path hostRoot, Path directory) throws IOException {
        var files = new HostFiles(hostRoot);
        for (String name : PROGRAMS) {
            files.add("/" + name, hostRoot.resolve(name));
        }
        for (String pattern : ETC) {
            files.addMatching(pattern);
        }
        files.synthesize(directory);
        files.entries.sort(Comparator.comparing(HostEntry::guestPath));
        return List.copyOf(files.entries);
    }

    private void addMatching(String pattern) throws IOException {
        Path etc = hostRoot.resolve("etc");
        if (!pattern.contains("*")) {
            add("/etc/" + pattern, etc.resolve(pattern));
            return;
        }
        if (!Files.isDirectory(etc)) {
            return;
        }
        try (DirectoryStream<Path> matches = Files.newDirectoryStream(etc, pattern)) {
            for (Path match : matches) {
                add("/etc/" + match.getFileName(), match);
            }
        }
    }

    private void add(String guestPath, Path hostPath) throws IOException {
        if (Files.isSymbolicLink(hostPath)) {
            entries.add(new HostEntry.Link(
                    guestPath, Files.readSymbolicLink(hostPath).toString()));
        } else if (isReadableByAll(hostPath)) {
            entries.add(new HostEntry.Tree(guestPath, hostPath));
        }
    }

    private static boolean isReadableByAll(Path path) throws IOException {
        boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        if (!directory && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        return permissions.contains(PosixFilePermission.OTHERS_READ)
                && (!directory || permissions.contains(PosixFilePermission.OTHERS_EXECUTE));
    }

    private void synthesize(Path directory) throws IOException {
        Path etc = Files.createDirectories(directory.resolve("etc"));
        write(etc, "passwd", PASSWD);
        write(etc, "group", GROUP);
        write(etc, "hosts", HOSTS);
        write(etc, "nsswitch.conf", NSSWITCH);
        entries.add(new HostEntry.Link("/etc/mtab", "/proc/self/mounts"));

        Path empty = Files.createDirectories(directory.resolve("empty"));
        for (Empty wanted : EMPTY_DIRECTORIES) {
            Path path = empty.resolve(wanted.path());
            Files.createDirectories(path);
            Files.setAttribute(path, "unix:mode", wanted.permissions());
            if (wanted.path().indexOf('/') < 0) {
                entries.add(new HostEntry.Tree("/" + wanted.path(), path));
            }
        }
        link(empty.resolve("var/run"), "../run");
        link(empty.resolve("var/lock"), "../run/lock");
    }

    private void write(Path etc, String name, String content) throws IOException {
        Path file = etc.resolve(name);
        // Written anew at each start: the text may have changed with the version.
        Files.write(file, content.getBytes(StandardCharsets.UTF_8));
        Files.setAttribute(file, "unix:mode", 0644);
        entries.add(new HostEntry.Tree("/etc/" + name, file));
    }

    private static void link(Path path, String target) throws IOException {
        if (!Files.isSymbolicLink(path)) {
            Files.createSymbolicLink(path, Path.of(target));
        }
    }
}
