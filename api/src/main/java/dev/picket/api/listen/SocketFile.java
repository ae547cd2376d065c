package dev.picket.api.listen;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/**
 * The file of a listening unix socket.
 *
 * <p>The socket is bound under another name in the same directory, gets its mode, and is then renamed to the wanted
 * name: so nobody ever finds a socket there that does not answer, or whose mode is still that of the umask.
 */
final class SocketFile {
    private final Path path;
    private final Path bindPath;
    /** Device and inode of what we put there, so that {@link #remove} takes away nothing else. */
    private Object fileKey;

    SocketFile(Path path) {
        this.path = path;
        this.bindPath = path.resolveSibling(
                "." + Long.toHexString(ProcessHandle.current().pid()) + ".bind");
    }

    /** Where to bind. */
    Path bindPath() {
        return bindPath;
    }

    /**
     * Makes sure that nobody listens at the path.
     *
     * @throws IOException if somebody does, if something else than a socket is there, or if the directory cannot be made
     */
    void prepare() throws IOException {
        Path directory = path.getParent();
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (!Files.isWritable(directory)) {
            throw new IOException("cannot write to directory " + directory);
        }
        Files.deleteIfExists(bindPath);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new IOException(path + " exists and is not a socket");
        }
        if (somebodyAnswers()) {
            throw new IOException("another service already listens on " + path);
        }
    }

    private boolean somebodyAnswers() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            // ECONNREFUSED: a socket left behind. What we may not connect to we may not replace either; rename says so.
            return false;
        }
    }

    /** Gives the bound socket its mode and its name. Only the owner (and root) may connect. */
    void publish() throws IOException {
        Files.setPosixFilePermissions(bindPath, PosixFilePermissions.fromString("rw-------"));
        fileKey = Files.readAttributes(bindPath, BasicFileAttributes.class).fileKey();
        try {
            Files.move(bindPath, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("cannot rename a socket in " + path.getParent(), e);
        }
    }

    /** Removes the socket, if it is still ours. */
    void remove() throws IOException {
        Files.deleteIfExists(bindPath);
        if (fileKey != null
                && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && Objects.equals(
                        fileKey,
                        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                                .fileKey())) {
            Files.deleteIfExists(path);
        }
    }
}
