package dev.picket.storage.store;

import dev.picket.storage.failure.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** The data directory of one service, locked against others as long as this is open. */
public final class DataDirectory implements AutoCloseable {
    private static final int LOCK_TEXT_BYTES = 32;

    private final Path root;
    private final FileChannel lockFile;

    private DataDirectory(Path root, FileChannel lockFile) {
        this.root = root;
        this.lockFile = lockFile;
    }

    /**
     * Opens {@code root}, making it if it is not there, and clears away what a crash has left half-written.
     *
     * @throws StorageException.Locked if another service has it open
     */
    public static DataDirectory open(Path root) throws StorageException {
        Path absolute = root.toAbsolutePath().normalize();
        FileChannel lockFile = null;
        try {
            makePrivate(absolute);
            lockFile = FileChannel.open(
                    absolute.resolve("lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            lock(absolute, lockFile);
            var directory = new DataDirectory(absolute, lockFile);
            directory.prepare();
            return directory;
        } catch (IOException e) {
            closeQuietly(lockFile, e);
            throw StorageException.of("opening the data directory " + absolute, e);
        } catch (StorageException e) {
            closeQuietly(lockFile, e);
            throw e;
        }
    }

    private static void closeQuietly(FileChannel file, Exception primary) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            primary.addSuppressed(e);
        }
    }

    private static void lock(Path root, FileChannel lockFile) throws IOException, StorageException {
        FileLock lock;
        try {
            // Bytes far beyond the text, so that others can read who holds it even where locks are mandatory.
            lock = lockFile.tryLock(1 << 20, 1, false);
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new StorageException.Locked(
                    "the data directory " + root + " is in use by another service" + holder(lockFile));
        }
        lockFile.truncate(0);
        String pid = ProcessHandle.current().pid() + "\n";
        lockFile.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
    }

    private static String holder(FileChannel lockFile) throws IOException {
        var text = ByteBuffer.allocate(LOCK_TEXT_BYTES);
        lockFile.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
        return pid.matches("[0-9]+") ? " (process " + pid + ")" : "";
    }

    private void prepare() throws IOException {
        for (Path directory : new Path[] {staging(), blobs(), roots(), stateDirectory(), containers()}) {
            makePrivate(directory);
        }
        deleteContent(staging());
    }

    private static void makePrivate(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    Path staging() {
        return root.resolve("staging");
    }

    Path blobs() {
        return root.resolve("blobs").resolve("sha256");
    }

    Path roots() {
        return root.resolve("roots");
    }

    private Path containers() {
        return root.resolve("containers");
    }

    /** Where the database lives. */
    public Path stateDirectory() {
        return root.resolve("state");
    }

    /** Where the built-in image keeps what it synthesises. May not exist. */
    public Path hostDirectory() {
        return root.resolve("host");
    }

    /**
     * The directory for a container's logs, made if it is not there.
     *
     * @param id 64 hexadecimal digits
     */
    public Path makeContainerDirectory(String id) throws StorageException {
        Path directory = containerDirectory(id);
        try {
            makePrivate(directory);
            return directory;
        } catch (IOException e) {
            throw StorageException.of("making the directory of container " + id, e);
        }
    }

    /** The directory of a container, which may not exist. */
    public Path containerDirectory(String id) {
        // An id that is anything but digits could lead elsewhere.
        if (!id.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("not a container id: " + id);
        }
        return containers().resolve(id);
    }

    /** Deletes a container's directory and all in it; does nothing if there is none. */
    public void deleteContainerDirectory(String id) throws StorageException {
        try {
            Path directory = containerDirectory(id);
            if (Files.isDirectory(directory)) {
                deleteContent(directory);
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            throw StorageException.of("deleting the directory of container " + id, e);
        }
    }

    /** Bytes that the file system of the data directory has left for us. */
    public long usableBytes() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    private static void deleteContent(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                if (!visited.equals(directory)) {
                    Files.deleteIfExists(visited);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Lets another service have the directory. */
    @Override
    public void close() throws StorageException {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw StorageException.of("closing the data directory", e);
        }
    }
}
