package dev.picket.storage.store;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * Blobs by digest, and the file systems made from them by chain id. May be used by many threads, but see the package on
 * deleting.
 */
public final class ContentStore {
    private static final int BUFFER_BYTES = 256 * 1024;
    /** Left free on the disk, for the logs and the database, and for others. */
    private static final long RESERVE_BYTES = 128L << 20;

    private static final long SPACE_CHECK_BYTES = 64L << 20;
    private static final String ROOT_SUFFIX = ".erofs";

    private final DataDirectory directory;
    private final AtomicLong stagedCount = new AtomicLong();

    public ContentStore(DataDirectory directory) {
        this.directory = directory;
    }

    /** An empty file to write. */
    public StagedFile stage() throws IOException {
        return new StagedFile(directory.staging().resolve(Long.toString(stagedCount.incrementAndGet())));
    }

    /**
     * Receives a stream to its end.
     *
     * @param limitBytes what is longer is refused
     * @param progress is told the bytes received so far
     * @throws StorageException.Invalid if it is longer
     * @throws StorageException.NoSpace if the disk is nearly full
     * @throws IOException from the stream or the disk
     */
    public StagedFile stage(InputStream source, long limitBytes, LongConsumer progress)
            throws IOException, StorageException {
        StagedFile staged = stage();
        try {
            MessageDigest sha256 = Digest.newMessageDigest();
            byte[] buffer = new byte[BUFFER_BYTES];
            long received = 0;
            long checkAt = 0;
            for (int read = source.read(buffer); read >= 0; read = source.read(buffer)) {
                received += read;
                if (received > limitBytes) {
                    throw new StorageException.Invalid("the archive is longer than " + limitBytes + " bytes");
                }
                if (received >= checkAt) {
                    requireSpace();
                    checkAt = received + SPACE_CHECK_BYTES;
                }
                sha256.update(buffer, 0, read);
                var bytes = ByteBuffer.wrap(buffer, 0, read);
                while (bytes.hasRemaining()) {
                    staged.channel().write(bytes);
                }
                progress.accept(received);
            }
            staged.setDigest(Digest.finished(sha256.digest()));
            return staged;
        } catch (IOException | StorageException | RuntimeException e) {
            try {
                staged.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    /** Refuses to fill the disk to its last byte, which would take other parts of the service with it. */
    public void requireSpace() throws IOException, StorageException {
        long usable = directory.usableBytes();
        if (usable < RESERVE_BYTES) {
            throw new StorageException.NoSpace(
                    "no space left on the data directory's disk: " + (usable >> 20) + " MiB are free, "
                            + (RESERVE_BYTES >> 20) + " MiB are kept in reserve",
                    null);
        }
    }

    /** Takes in what {@link #stage(InputStream, long, LongConsumer)} received; nothing happens if it is there. */
    public void addBlob(StagedFile staged) throws IOException {
        Path target = blob(staged.digest());
        if (!Files.exists(target)) {
            staged.moveTo(target);
        }
    }

    /** Takes in the file system of a chain of layers; nothing happens if it is there. */
    public void addRoot(Digest chainId, StagedFile staged) throws IOException {
        Path target = rootImage(chainId);
        if (!Files.exists(target)) {
            staged.moveTo(target);
        }
    }

    public boolean hasBlob(Digest digest) {
        return Files.exists(blob(digest));
    }

    public boolean hasRoot(Digest chainId) {
        return Files.exists(rootImage(chainId));
    }

    /**
     * Opens a blob to read.
     *
     * @throws StorageException.Corrupt if it is gone
     */
    public FileChannel openBlob(Digest digest) throws IOException, StorageException {
        try {
            return FileChannel.open(blob(digest), StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new StorageException.Corrupt("the content " + digest + " is missing from the data directory", e);
        }
    }

    /**
     * A small blob, checked against its digest.
     *
     * @throws StorageException.Corrupt if it is gone or differs
     */
    public byte[] readBlob(Digest digest, int limitBytes) throws IOException, StorageException {
        try (FileChannel channel = openBlob(digest)) {
            if (channel.size() > limitBytes) {
                throw new StorageException.Corrupt("the content " + digest + " is too long", null);
            }
            ByteBuffer content = ByteBuffer.allocate((int) channel.size());
            while (content.hasRemaining() && channel.read(content) >= 0) {
                // Once more.
            }
            if (content.hasRemaining() || !Digest.of(content.array()).equals(digest)) {
                throw new StorageException.Corrupt("the content " + digest + " in the data directory is damaged", null);
            }
            return content.array();
        }
    }

    /** Where the file system of a chain of layers is, or would be. */
    public Path rootImage(Digest chainId) {
        return directory.roots().resolve(chainId.hex() + ROOT_SUFFIX);
    }

    public void deleteBlob(Digest digest) throws IOException {
        Files.deleteIfExists(blob(digest));
    }

    /** Deletes a file system's file; who has it open keeps it. */
    public void deleteRoot(Digest chainId) throws IOException {
        Files.deleteIfExists(rootImage(chainId));
    }

    /** Deletes all content but what is listed; for the start, when nothing else runs. */
    public void retainOnly(Set<Digest> blobs, Set<Digest> roots) throws IOException {
        sweep(directory.blobs(), name -> Digest.isHex(name) && blobs.contains(new Digest(name)));
        sweep(directory.roots(), name -> {
            String hex = name.endsWith(ROOT_SUFFIX) ? name.substring(0, name.length() - ROOT_SUFFIX.length()) : "";
            return Digest.isHex(hex) && roots.contains(new Digest(hex));
        });
    }

    private static void sweep(Path directory, Predicate<String> keep) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (!keep.test(file.getFileName().toString())) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private Path blob(Digest digest) {
        return directory.blobs().resolve(digest.hex());
    }
}
