package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathName;

/** A regular file of an image as mmap(2) sees it. */
record ErofsMappable(ErofsRegularFile file, Path path) implements Mappable {
    @Override
    public Backing translate(long offset, long lengthBytes, boolean write) throws ErrnoException {
        if (write) {
            throw ErrnoException.of(Errno.EACCES);
        }
        return file.translate(offset, lengthBytes);
    }

    @Override
    public void retain() {
        file.retainMapping();
    }

    @Override
    public void release() {
        file.releaseMapping();
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
}
