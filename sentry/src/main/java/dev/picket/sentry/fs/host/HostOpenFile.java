package dev.picket.sentry.fs.host;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PositionedFile;

/** An open regular file of the host. */
final class HostOpenFile extends PositionedFile {
    private final HostFile file;

    HostOpenFile(HostFile file, Path path, int flags) {
        super(path, flags);
        this.file = file;
    }

    @Override
    public Inode inode() {
        return file;
    }

    @Override
    protected void released() {
        file.release();
    }

    @Override
    protected long sizeBytes() throws ErrnoException {
        return file.currentSizeBytes();
    }

    @Override
    public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        return file.read(destination, offset);
    }

    @Override
    protected long append(GuestBuffer source, long[] end) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF); // never open for writing
    }

    @Override
    public Mappable mappable() {
        return file.mappable(path());
    }
}
