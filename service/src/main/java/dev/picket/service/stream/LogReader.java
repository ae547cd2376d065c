package dev.picket.service.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/** Reads a log from some point on, through the files of its rotation. For one thread at a time. */
final class LogReader implements AutoCloseable {
    /** An entry is at most 16 KiB, each byte at most six characters, and the names around it. */
    private static final int MAXIMUM_LINE_BYTES = 6 * LogFile.MAXIMUM_ENTRY_BYTES + 1024;

    private final LogFile log;
    private FileChannel channel;
    private long generation;
    private long offset;
    private byte[] buffer = new byte[16 * 1024];
    private int start;
    private int end;
    private boolean skipping;

    private LogReader(LogFile log) {
        this.log = log;
    }

    /** @param tail only the last entries; negative: all */
    static LogReader open(LogFile log, long tail) throws IOException {
        LogReader reader = new LogReader(log);
        try {
            long[] end = log.end();
            // Generations are counted from 0 since this service opened the log; older files have numbers below.
            reader.generation = end[0] - log.maximumFiles() + 1;
            if (tail >= 0) {
                reader.seekTail(tail, end);
            }
            return reader;
        } catch (IOException e) {
            reader.close();
            throw e;
        }
    }

    private void seekTail(long tail, long[] end) throws IOException {
        if (tail == 0) {
            generation = end[0];
            offset = end[1];
            return;
        }
        long wanted = tail;
        for (long each = end[0]; each > end[0] - log.maximumFiles(); each--) {
            LogFile.Position position = log.open(each);
            if (position == null || position.generation() != each) {
                if (position != null) {
                    position.channel().close();
                }
                return;
            }
            try (FileChannel file = position.channel()) {
                long limit = each == end[0] ? end[1] : file.size();
                long found = lineStart(file, limit, wanted);
                generation = each;
                offset = found >= 0 ? found : 0;
                if (found >= 0) {
                    return;
                }
                wanted -= -found - 1;
            }
        }
    }

    /** Offset of the last {@code wanted} lines before {@code limit}; or -1 minus the number of lines if there are fewer. */
    private static long lineStart(FileChannel file, long limit, long wanted) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(16 * 1024);
        long lines = 0;
        long at = limit;
        while (at > 0) {
            long from = Math.max(0, at - bytes.capacity());
            bytes.clear().limit((int) (at - from));
            while (bytes.hasRemaining() && file.read(bytes, from + bytes.position()) > 0) {
                // Reads on.
            }
            for (int i = bytes.position() - 1; i >= 0; i--) {
                // The first line end seen from behind ends the last line; the line before begins behind the next.
                if (bytes.get(i) == '\n' && lines++ == wanted) {
                    return from + i + 1;
                }
            }
            at = from;
        }
        return lines == wanted ? 0 : -1 - lines;
    }

    /** The next entry; null if there is none yet. Lines that are no entries are passed over. */
    LogEntry next() throws IOException {
        while (true) {
            int newline = find();
            if (newline >= 0) {
                int from = start;
                start = newline + 1;
                if (skipping) {
                    skipping = false;
                    continue;
                }
                LogEntry entry = JsonLine.read(buffer, from, newline - from);
                if (entry != null) {
                    return entry;
                }
            } else if (!fill()) {
                return null;
            }
        }
    }

    /** Offset in the log of the entry that {@link #next} will answer: generation and bytes. */
    boolean isBefore(long[] position) {
        return generation < position[0] || generation == position[0] && offset - (end - start) < position[1];
    }

    private int find() {
        for (int i = start; i < end; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private boolean fill() throws IOException {
        if (channel == null && !openNext(generation)) {
            return false;
        }
        compact();
        int count = channel.read(ByteBuffer.wrap(buffer, end, buffer.length - end), offset);
        if (count > 0) {
            offset += count;
            end += count;
            return true;
        }
        // At the end of this file. If it is still the one that is written, more may come.
        if (log.generation() == generation) {
            return false;
        }
        // It may have been written and left between the read and the question.
        count = channel.read(ByteBuffer.wrap(buffer, end, buffer.length - end), offset);
        if (count > 0) {
            offset += count;
            end += count;
            return true;
        }
        channel.close();
        channel = null;
        offset = 0;
        start = end;
        return openNext(generation + 1);
    }

    private boolean openNext(long wanted) throws IOException {
        LogFile.Position position = log.open(wanted);
        if (position == null) {
            return false;
        }
        if (position.generation() != generation) {
            offset = 0;
        }
        channel = position.channel();
        generation = position.generation();
        return true;
    }

    private void compact() {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            start = 0;
        }
        if (end == buffer.length) {
            if (buffer.length >= MAXIMUM_LINE_BYTES) {
                // Not ours: somebody else wrote to the file.
                skipping = true;
                end = 0;
            } else {
                buffer = Arrays.copyOf(buffer, Math.min(buffer.length * 2, MAXIMUM_LINE_BYTES));
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }
}
