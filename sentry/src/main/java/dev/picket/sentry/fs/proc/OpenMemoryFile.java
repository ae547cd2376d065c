package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/**
 * An open /proc/PID/mem: it shows the memory that the process had when it was opened, and the end of file when that is
 * gone. Offsets are addresses.
 */
final class OpenMemoryFile extends OpenFile {
    private static final int CHUNK_BYTES = 64 << 10;

    private final MemoryFile file;
    private final MemoryManager memory;
    private long position;

    OpenMemoryFile(MemoryFile file, MemoryManager memory, Path path, int flags) {
        super(path, flags);
        this.file = file;
        this.memory = memory;
    }

    @Override
    public Inode inode() {
        return file;
    }

    @Override
    public synchronized long read(GuestBuffer destination) throws ErrnoException {
        long count = readAt(destination, position);
        position += count;
        return count;
    }

    @Override
    public synchronized long write(GuestBuffer source) throws ErrnoException {
        long count = writeAt(source, position);
        position += count;
        return count;
    }

    @Override
    public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        return transfer(destination, offset, (chunk, length, address) -> {
            int known = memory.inspect(address, chunk, 0, length);
            return known == 0 ? 0 : destination.copyOut(chunk, 0, known);
        });
    }

    @Override
    public long writeAt(GuestBuffer source, long offset) throws ErrnoException {
        return transfer(source, offset, (chunk, length, address) -> {
            int given = source.copyIn(chunk, 0, length);
            return memory.patch(address, chunk, 0, given);
        });
    }

    /** Moves one chunk and answers how much of it. */
    @FunctionalInterface
    private interface Move {
        int chunk(byte[] chunk, int length, long address) throws ErrnoException;
    }

    /** EIO if not even the first byte is mapped. */
    private long transfer(GuestBuffer buffer, long offset, Move move) throws ErrnoException {
        if (memory == null || buffer.remaining() == 0 || !memory.tryRetain()) {
            return 0;
        }
        try {
            byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, buffer.remaining())];
            long done = 0;
            while (buffer.remaining() > 0) {
                int wanted = (int) Math.min(chunk.length, buffer.remaining());
                int moved = moveOrStop(move, chunk, wanted, offset + done, done > 0);
                done += moved;
                if (moved < wanted) {
                    break;
                }
            }
            if (done == 0) {
                throw ErrnoException.of(Errno.EIO);
            }
            return done;
        } finally {
            memory.release();
        }
    }

    private static int moveOrStop(Move move, byte[] chunk, int wanted, long address, boolean hasProgress)
            throws ErrnoException {
        try {
            return move.chunk(chunk, wanted, address);
        } catch (ErrnoException e) {
            if (hasProgress) {
                return 0; // partial progress beats an error
            }
            throw e;
        }
    }

    @Override
    public synchronized long seek(long offset, int whence) throws ErrnoException {
        long target =
                switch (whence) {
                    case Fcntl.SEEK_SET -> offset;
                    case Fcntl.SEEK_CUR -> position + offset;
                    default -> throw ErrnoException.of(Errno.EINVAL);
                };
        position = target; // any of 64 bits: addresses are unsigned
        return target;
    }
}
