package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PositionedFile;

/** An open regular file in memory. */
public final class TmpfsOpenFile extends PositionedFile {
    private final TmpfsRegularFile file;
    private final FileContents contents;
    private final Inode shown;
    private final boolean keepsPrivileges;

    TmpfsOpenFile(TmpfsRegularFile file, Inode shown, Path path, int flags, boolean keepsPrivileges)
            throws ErrnoException {
        super(path, flags);
        this.file = file;
        this.contents = file.contents();
        this.shown = shown;
        this.keepsPrivileges = keepsPrivileges;
        file.hold();
        if (isWritable()) {
            file.changeWriters(1);
        }
    }

    @Override
    public Inode inode() {
        return shown;
    }

    @Override
    protected void released() {
        if (isWritable()) {
            file.changeWriters(-1);
        }
        file.letGo();
    }

    @Override
    protected long sizeBytes() {
        return contents.sizeBytes();
    }

    @Override
    protected long dataFrom(long offset) throws ErrnoException {
        return contents.dataFrom(offset);
    }

    @Override
    protected long holeFrom(long offset) throws ErrnoException {
        return contents.holeFrom(offset);
    }

    @Override
    public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        long count = contents.read(destination, offset);
        if ((flags() & Fcntl.O_NOATIME) == 0) {
            file.touchAccess();
        }
        return count;
    }

    @Override
    public long writeAt(GuestBuffer source, long offset) throws ErrnoException {
        // pwrite(2) with O_APPEND appends, whatever the offset says; its man page calls that a bug.
        if ((flags() & Fcntl.O_APPEND) != 0) {
            return append(source, new long[1]);
        }
        synchronized (contents.writeLock()) {
            return write(source, offset);
        }
    }

    @Override
    protected long append(GuestBuffer source, long[] end) throws ErrnoException {
        synchronized (contents.writeLock()) {
            long offset = contents.sizeBytes();
            long count = write(source, offset);
            end[0] = offset + count;
            return count;
        }
    }

    private long write(GuestBuffer source, long offset) throws ErrnoException {
        file.checkWritable();
        if (source.remaining() > 0 && source.remaining() > contents.sizeBytes() - offset) {
            file.checkSize(Long.MAX_VALUE);
        }
        long count = contents.write(source, offset);
        if (count > 0) {
            file.touchModification();
            file.dropCapabilities();
            if (!keepsPrivileges) {
                file.dropPrivileges();
            }
        }
        return count;
    }

    @Override
    public void allocate(int mode, long offset, long length) throws ErrnoException {
        int known = Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_ZERO_RANGE;
        boolean punch = (mode & Fcntl.FALLOC_FL_PUNCH_HOLE) != 0;
        boolean zero = (mode & Fcntl.FALLOC_FL_ZERO_RANGE) != 0;
        boolean keepSize = (mode & Fcntl.FALLOC_FL_KEEP_SIZE) != 0;
        if ((mode & ~known) != 0 || punch && zero || punch && !keepSize) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        synchronized (contents.writeLock()) {
            if (punch || zero) {
                file.checkWritable();
            }
            if (!keepSize && offset + length > contents.sizeBytes()) {
                file.checkSize(offset + length);
            }
            if (punch || zero) {
                contents.punch(offset, length);
            }
            if (!punch) {
                contents.allocate(offset, length, keepSize);
            }
            file.touchModification();
        }
    }

    @Override
    public Mappable mappable() {
        return file.mappable(shown, path(), false);
    }

    @Override
    public Mappable mappableShared() throws ErrnoException {
        return file.mappable(shown, path(), isWritable());
    }
}
