package dev.picket.sentry.fs.overlay;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;

/** What is mapped of a file below, shown as the overlay's. */
record OverlayMappable(Mappable lower, OverlayInode inode) implements Mappable {
    @Override
    public Backing translate(long offset, long lengthBytes, boolean write) throws ErrnoException {
        return lower.translate(offset, lengthBytes, write);
    }

    @Override
    public void retain() {
        lower.retain();
    }

    @Override
    public void release() {
        lower.release();
    }

    @Override
    public String mappedName() {
        return lower.mappedName();
    }

    @Override
    public long mappedDevice() {
        return inode.fileSystem().device();
    }

    @Override
    public long mappedInode() {
        return inode.number();
    }

    @Override
    public Object identity() {
        return lower.identity();
    }
}
