package dev.picket.sentry.fs.host;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathName;

/** A regular file of the host as mmap(2) sees it. */
final class HostMappable implements Mappable {
    private static final long PAGE_BYTES = 4096;

    private final HostFile file;
    private final Path path;

    HostMappable(HostFile file, Path path) {
        this.file = file;
        this.path = path;
    }

    @Override
    public Backing translate(long offset, long lengthBytes, boolean write) throws ErrnoException {
        if (write) {
            throw ErrnoException.of(Errno.EACCES);
        }
        long end = file.stat().sizeBytes() + PAGE_BYTES - 1 & -PAGE_BYTES;
        if (offset < 0 || offset >= end) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        return new Backing(file.image(), offset, Math.min(lengthBytes, end - offset));
    }

    @Override
    public void retain() {
        file.retainOpen();
    }

    @Override
    public void release() {
        file.release();
    }

    @Override
    public String mappedName() {
        return PathName.fromTop(path);
    }

    @Override
    public long mappedDevice() {
        return file.attributes().device();
    }

    @Override
    public long mappedInode() {
        return file.attributes().inode();
    }

    @Override
    public Object identity() {
        return file;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostMappable mappable && mappable.file == file && mappable.path.equals(path);
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(file);
    }
}
