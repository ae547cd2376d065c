package dev.picket.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/** Archives of root file systems, made of this machine's own programs. */
final class GuestImages {
    /** Debian's busybox-static. */
    static final Path BUSYBOX = Path.of("/usr/bin/busybox");

    private GuestImages() {}

    /** A tar of busybox with a link for each of its applets. */
    static Path busybox(Path directory) throws IOException, InterruptedException {
        Path root = Files.createDirectories(directory.resolve("busybox"));
        for (String name : new String[] {"bin", "tmp", "proc", "sys", "dev", "etc", "root"}) {
            Files.createDirectories(root.resolve(name));
        }
        Files.copy(BUSYBOX, root.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String applet : run(directory, BUSYBOX.toString(), "--list").split("\n")) {
            if (!applet.equals("busybox")) {
                Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
            }
        }
        Files.writeString(
                root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
        Files.writeString(root.resolve("etc/group"), "root:x:0:\nnogroup:x:65534:\n");
        Files.writeString(root.resolve("etc/motd"), "hello\n");
        Path archive = directory.resolve("busybox.tar");
        run(directory, "tar", "-C", root.toString(), "-cf", archive.toString(), ".");
        return archive;
    }

    /** What {@code docker save} writes, of one layer: busybox. Needs {@link #busybox} to have run. */
    static Path dockerArchive(Path directory, String tag) throws IOException, InterruptedException {
        Path parts = Files.createDirectories(directory.resolve("archive"));
        Files.copy(directory.resolve("busybox.tar"), parts.resolve("layer.tar"), StandardCopyOption.REPLACE_EXISTING);
        String digest = run(directory, "sha256sum", parts.resolve("layer.tar").toString())
                .split(" ")[0];
        Files.writeString(
                parts.resolve("config.json"),
                """
                {"architecture":"amd64","os":"linux","created":"2020-01-01T00:00:00Z",
                 "config":{"Cmd":["echo","from the image"],"Env":["PATH=/bin"]},
                 "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}
                """
                        .formatted(digest));
        Files.writeString(
                parts.resolve("manifest.json"),
                "[{\"Config\":\"config.json\",\"RepoTags\":[\"%s\"],\"Layers\":[\"layer.tar\"]}]".formatted(tag));
        Path archive = directory.resolve("archive.tar");
        run(
                directory,
                "tar",
                "-C",
                parts.toString(),
                "-cf",
                archive.toString(),
                "manifest.json",
                "config.json",
                "layer.tar");
        return archive;
    }

    private static String run(Path directory, String... command) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(command[0] + " failed");
        }
        return Files.readString(output);
    }
}
