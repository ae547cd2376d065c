package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathName;

/** A regular file in memory as mmap(2) sees it, by the name under which it was opened. */
final class TmpfsMappable implements Mappable {
    private final TmpfsRegularFile file;
    private final Inode shown;
    private final Path path;
    private final boolean writable;

    TmpfsMappable(TmpfsRegularFile file, Inode shown, Path path, boolean writable) {
        this.file = file;
        this.shown = shown;
        this.path = path;
        this.writable = writable;
    }

    @Override
    public Backing translate(long offset, long lengthBytes, boolean write) throws ErrnoException {
        if (write && file.isSealedAgainstMapped()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return file.contents().translate(offset, lengthBytes);
    }

    @Override
    public void retain() {
        file.contents().retain();
        if (writable) {
            file.changeWritableMappings(1);
        }
    }

    @Override
    public void release() {
        if (writable) {
            file.changeWritableMappings(-1);
        }
        file.contents().release();
    }

    @Override
    public void clear(long offset, long lengthBytes) throws ErrnoException {
        file.checkWritable();
        file.contents().punch(offset, lengthBytes);
    }

    @Override
    public String mappedName() {
        return PathName.fromTop(path);
    }

    @Override
    public long mappedDevice() {
        return attribute(true);
    }

    @Override
    public long mappedInode() {
        return attribute(false);
    }

    private long attribute(boolean device) {
        try {
            Attributes attributes = shown.attributes();
            return device ? attributes.device() : attributes.inode();
        } catch (ErrnoException e) {
            return 0; // a file in memory always answers; only for show anyway
        }
    }

    @Override
    public Object identity() {
        return file.contents();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TmpfsMappable mappable
                && mappable.file == file
                && mappable.writable == writable
                && mappable.path.equals(path);
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(file);
    }
}
