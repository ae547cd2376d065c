package dev.picket.service.stream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of a container in Docker's json-file format. One writer; any number of {@link LogReader}s, which read the files
 * and so cost no memory and hold nobody back.
 *
 * <p>When the file would grow beyond its bound it is renamed to {@code name.1}, {@code name.1} to {@code name.2} and so on;
 * the oldest goes. Files are counted through by a <em>generation</em>, by which readers follow.
 */
public final class LogFile implements AutoCloseable {
    /** Longest piece of a line in one entry, as with Docker. */
    static final int MAXIMUM_ENTRY_BYTES = 16 * 1024;

    private static final Logger LOGGER = LoggerFactory.getLogger(LogFile.class);

    private final Path path;
    private final long maximumBytes;
    private final int maximumFiles;
    private final Clock clock;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream(1024);
    private final byte[][] partial = new byte[3][];
    private final int[] partialLength = new int[3];
    private final CopyOnWriteArrayList<Runnable> watchers = new CopyOnWriteArrayList<>();
    private FileChannel channel;
    private long generation;
    private long lengthBytes;
    private boolean failed;

    /**
     * A log at {@code path}; the file is opened with the first entry, and appended to if it is there.
     *
     * @param maximumBytes size at which a new file is begun; 0: never
     * @param maximumFiles how many files are kept, at least 1
     */
    public LogFile(Path path, long maximumBytes, int maximumFiles, Clock clock) {
        this.path = path;
        this.maximumBytes = maximumBytes;
        this.maximumFiles = Math.max(1, maximumFiles);
        this.clock = clock;
    }

    public Path path() {
        return path;
    }

    /**
     * Appends output. Whole lines are written at once, the beginning of one when it gets too long or the stream ends. A disk
     * that fails costs log entries, not the container: the first failure is told to the service's own log.
     */
    public void append(int stream, byte[] data) {
        synchronized (this) {
            split(stream, data);
            write();
        }
        wake();
    }

    /** Writes what is left of a line that has no end. */
    public void end(int stream) {
        synchronized (this) {
            if (partialLength[stream] > 0) {
                entry(stream, partial[stream], 0, partialLength[stream]);
                partialLength[stream] = 0;
                write();
            }
        }
        wake();
    }

    private void split(int stream, byte[] data) {
        int start = 0;
        for (int i = 0; i < data.length; i++) {
            int held = partialLength[stream];
            boolean lineEnds = data[i] == '\n';
            if (!lineEnds && held + (i + 1 - start) < MAXIMUM_ENTRY_BYTES) {
                continue;
            }
            int length = i + 1 - start;
            if (held == 0) {
                entry(stream, data, start, length);
            } else {
                System.arraycopy(data, start, partial[stream], held, length);
                entry(stream, partial[stream], 0, held + length);
                partialLength[stream] = 0;
            }
            start = i + 1;
        }
        if (start < data.length) {
            if (partial[stream] == null) {
                partial[stream] = new byte[MAXIMUM_ENTRY_BYTES];
            }
            System.arraycopy(data, start, partial[stream], partialLength[stream], data.length - start);
            partialLength[stream] += data.length - start;
        }
    }

    private void entry(int stream, byte[] data, int offset, int length) {
        JsonLine.write(pending, stream, clock.instant(), data, offset, length);
    }

    private void write() {
        if (pending.size() == 0) {
            return;
        }
        try {
            open();
            if (maximumBytes > 0 && lengthBytes > 0 && lengthBytes + pending.size() > maximumBytes) {
                rotate();
            }
            ByteBuffer bytes = ByteBuffer.wrap(pending.toByteArray());
            while (bytes.hasRemaining()) {
                lengthBytes += channel.write(bytes);
            }
        } catch (IOException e) {
            if (!failed) {
                failed = true;
                LOGGER.error("cannot write the log {}; entries are lost", path, e);
            }
        } finally {
            pending.reset();
        }
    }

    private void open() throws IOException {
        if (channel != null) {
            return;
        }
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        lengthBytes = wholeLines(channel);
        // A crash of the host may have left half a line.
        channel.truncate(lengthBytes);
        channel.position(lengthBytes);
    }

    private static long wholeLines(FileChannel channel) throws IOException {
        long end = channel.size();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        while (end > 0) {
            long start = Math.max(0, end - buffer.capacity());
            buffer.clear().limit((int) (end - start));
            while (buffer.hasRemaining() && channel.read(buffer, start + buffer.position()) > 0) {
                // Reads on.
            }
            for (int i = buffer.position() - 1; i >= 0; i--) {
                if (buffer.get(i) == '\n') {
                    return start + i + 1;
                }
            }
            end = start;
        }
        return 0;
    }

    private void rotate() throws IOException {
        channel.close();
        channel = null;
        for (int i = maximumFiles - 1; i >= 1; i--) {
            Path newer = file(i - 1);
            if (Files.exists(newer)) {
                Files.move(newer, file(i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.deleteIfExists(path);
        generation++;
        lengthBytes = 0;
        open();
    }

    private Path file(int index) {
        return index == 0 ? path : path.resolveSibling(path.getFileName() + "." + index);
    }

    /** Where a reader stands: an open file and its generation. */
    record Position(FileChannel channel, long generation) {}

    /**
     * The file of {@code wanted}, or the oldest one after it that is still there.
     *
     * @return null if there is none yet
     */
    synchronized Position open(long wanted) throws IOException {
        for (long each = Math.max(wanted, generation - maximumFiles + 1); each <= generation; each++) {
            try {
                return new Position(FileChannel.open(file((int) (generation - each)), StandardOpenOption.READ), each);
            } catch (NoSuchFileException e) {
                // An older one that never was, or was removed; the next may be there.
            }
        }
        return null;
    }

    /** Generation that is written now. */
    synchronized long generation() {
        return generation;
    }

    /** How far one may read now: generation and offset behind the last entry. */
    synchronized long[] end() throws IOException {
        if (channel == null) {
            return new long[] {generation, Files.exists(path) ? Files.size(path) : 0};
        }
        return new long[] {generation, lengthBytes};
    }

    int maximumFiles() {
        return maximumFiles;
    }

    /** Calls {@code watcher} whenever something was appended, until {@link #unwatch}. It must not block. */
    void watch(Runnable watcher) {
        watchers.add(watcher);
    }

    void unwatch(Runnable watcher) {
        watchers.remove(watcher);
    }

    /** Has all watchers look again. */
    public void wake() {
        for (Runnable watcher : watchers) {
            watcher.run();
        }
    }

    /** Closes the file; a later entry opens it again. */
    @Override
    public synchronized void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOGGER.warn("cannot close the log {}", path, e);
            }
            channel = null;
        }
    }

    /** Closes and deletes all files. */
    public synchronized void delete() throws IOException {
        close();
        for (int i = 0; i < maximumFiles; i++) {
            Files.deleteIfExists(file(i));
        }
    }
}
