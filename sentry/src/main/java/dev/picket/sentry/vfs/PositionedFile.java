package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;

/**
 * An open file with a position: a regular file. Reads and writes at the position are built on those at an offset; they do
 * not overlap each other, since they share the position.
 */
public abstract class PositionedFile extends OpenFile {
    private final Object positionLock = new Object();
    private long position;

    protected PositionedFile(Path path, int flags) {
        super(path, flags);
    }

    /** Size in bytes: where SEEK_END counts from. */
    protected abstract long sizeBytes() throws ErrnoException;

    /**
     * Writes at the end, and answers the bytes written; the end cannot move in between.
     *
     * @param end its first element gets the offset behind what was written
     */
    protected abstract long append(GuestBuffer source, long[] end) throws ErrnoException;

    /** First offset from {@code offset} on that has data; ENXIO if there is none. Without holes, that is the offset itself. */
    protected long dataFrom(long offset) throws ErrnoException {
        if (offset >= sizeBytes()) {
            throw ErrnoException.of(Errno.ENXIO);
        }
        return offset;
    }

    /** First offset from {@code offset} on that is a hole; the end is one. ENXIO if {@code offset} is beyond it. */
    protected long holeFrom(long offset) throws ErrnoException {
        long size = sizeBytes();
        if (offset >= size) {
            throw ErrnoException.of(Errno.ENXIO);
        }
        return size;
    }

    @Override
    public final long read(GuestBuffer destination) throws ErrnoException {
        synchronized (positionLock) {
            long count = readAt(destination, position);
            if (count > 0) {
                position += count;
            }
            return count;
        }
    }

    @Override
    public final long write(GuestBuffer source) throws ErrnoException {
        synchronized (positionLock) {
            if ((flags() & Fcntl.O_APPEND) != 0) {
                long[] end = {position};
                long count = append(source, end);
                position = end[0];
                return count;
            }
            long count = writeAt(source, position);
            if (count > 0) {
                position += count;
            }
            return count;
        }
    }

    @Override
    public final long writeAtEnd(GuestBuffer source, boolean moves) throws ErrnoException {
        synchronized (positionLock) {
            long[] end = {position};
            long count = append(source, end);
            if (moves) {
                position = end[0];
            }
            return count;
        }
    }

    @Override
    public final long seek(long offset, int whence) throws ErrnoException {
        synchronized (positionLock) {
            long target;
            switch (whence) {
                case Fcntl.SEEK_SET -> target = offset;
                case Fcntl.SEEK_CUR -> target = add(position, offset);
                case Fcntl.SEEK_END -> target = add(sizeBytes(), offset);
                case Fcntl.SEEK_DATA -> {
                    if (offset < 0) {
                        throw ErrnoException.of(Errno.ENXIO);
                    }
                    target = dataFrom(offset);
                }
                case Fcntl.SEEK_HOLE -> {
                    if (offset < 0) {
                        throw ErrnoException.of(Errno.ENXIO);
                    }
                    target = holeFrom(offset);
                }
                default -> throw ErrnoException.of(Errno.EINVAL);
            }
            if (target < 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            position = target;
            return target;
        }
    }

    private static long add(long base, long offset) throws ErrnoException {
        long sum = base + offset;
        if (offset > 0 && sum < 0) {
            throw ErrnoException.of(Errno.EOVERFLOW);
        }
        return sum;
    }
}
