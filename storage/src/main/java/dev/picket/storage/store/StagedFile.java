package dev.picket.storage.store;

import dev.picket.storage.oci.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file being made, which closing deletes unless {@link ContentStore} has taken it in. Belongs to one thread. */
public final class StagedFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private Digest digest;

    StagedFile(Path path) throws IOException {
        this.path = path;
        this.channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** The content, to read and write; closed together with this. */
    public FileChannel channel() {
        return channel;
    }

    /** The digest of the content, of files that were received from a stream. */
    public Digest digest() {
        if (digest == null) {
            throw new IllegalStateException("this file was not received from a stream");
        }
        return digest;
    }

    void setDigest(Digest received) {
        digest = received;
    }

    /** Syncs and moves the file; the channel stays open. */
    void moveTo(Path target) throws IOException {
        channel.force(true);
        Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(target.getParent());
    }

    /** Makes renames and new names in a directory durable; see fsync(2) on why the file's own sync does not. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
