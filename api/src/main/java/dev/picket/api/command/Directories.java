package dev.picket.api.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where a service keeps its things: below the user's own directories, as the XDG base directory specification has them.
 *
 * @param data what outlasts the service
 * @param isDefault whether the user named no data directory
 */
record Directories(Path data, boolean isDefault) {
    /** A socket's path has at most 107 bytes; this leaves room for the file's name. */
    private static final int SOCKET_DIRECTORY_MAX_BYTES = 80;

    static Directories of(Path given) {
        return given == null ? new Directories(defaultData(), true) : new Directories(given.toAbsolutePath(), false);
    }

    private static Path defaultData() {
        String xdg = System.getenv("XDG_DATA_HOME");
        if (xdg != null && xdg.startsWith("/")) {
            return Path.of(xdg, "picket");
        }
        return Path.of(System.getProperty("user.home"), ".local", "share", "picket");
    }

    /** The socket of a service that was not told where to listen. */
    Path socket() throws IOException {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (isDefault && runtime != null && runtime.startsWith("/") && Files.isWritable(Path.of(runtime))) {
            return Path.of(runtime, "picket", "picket.sock");
        }
        return shortEnough(data.resolve("run")).resolve("picket.sock");
    }

    /** For sockets between the service and its workers; nobody else is to enter it. */
    Path run() throws IOException {
        return shortEnough(data.resolve("run"));
    }

    /** Where a service writes down at which addresses it listens, for clients that know its data directory only. */
    Path addresses() {
        return data.resolve("addresses");
    }

    private static Path shortEnough(Path wanted) throws IOException {
        if (wanted.toString().getBytes(StandardCharsets.UTF_8).length <= SOCKET_DIRECTORY_MAX_BYTES) {
            Files.createDirectories(
                    wanted, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return wanted;
        }
        Path directory = Files.createTempDirectory("picket");
        directory.toFile().deleteOnExit();
        return directory;
    }
}
