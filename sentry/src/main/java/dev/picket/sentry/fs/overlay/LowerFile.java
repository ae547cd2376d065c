package dev.picket.sentry.fs.overlay;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.TmpfsRegularFile;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PositionedFile;

/**
 * A file opened for reading when it was not copied up yet. Once it is, reads see the copy; mappings made before keep
 * showing what is below, as with Linux's overlayfs.
 */
final class LowerFile extends PositionedFile {
    private final OverlayInode inode;
    private OpenFile current;
    private boolean isCopy;

    LowerFile(OverlayInode inode, OpenFile lower, Path path, int flags) {
        super(path, flags);
        this.inode = inode;
        this.current = lower;
    }

    private synchronized OpenFile current() throws ErrnoException {
        if (!isCopy && inode.upper() instanceof TmpfsRegularFile copy) {
            OpenFile below = current;
            current = copy.openForReading(inode, path(), flags());
            isCopy = true;
            inode.dropLowerReader();
            below.release();
        }
        current.retain();
        return current;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    @Override
    protected synchronized void released() {
        if (!isCopy) {
            inode.dropLowerReader();
        }
        current.release();
    }

    @Override
    protected long sizeBytes() throws ErrnoException {
        return inode.attributes().sizeBytes();
    }

    @Override
    public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        OpenFile file = current();
        try {
            return file.readAt(destination, offset);
        } finally {
            file.release();
        }
    }

    @Override
    protected long append(GuestBuffer source, long[] end) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF); // never open for writing
    }

    @Override
    public Mappable mappable() throws ErrnoException {
        OpenFile file = current();
        try {
            return new OverlayMappable(file.mappable(), inode);
        } finally {
            file.release();
        }
    }
}
