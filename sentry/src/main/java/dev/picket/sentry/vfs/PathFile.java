package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;

/** A file opened with O_PATH: it stands for a place, and everything but that is EBADF. */
final class PathFile extends OpenFile {
    PathFile(Path path, int flags) {
        super(path, flags & (Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW));
    }

    @Override
    public Inode inode() {
        return path().inode();
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF);
    }

    @Override
    public long write(GuestBuffer source) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF);
    }

    @Override
    public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF);
    }

    @Override
    public long writeAt(GuestBuffer source, long offset) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF);
    }

    @Override
    public long seek(long offset, int whence) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF);
    }

    @Override
    public void readDirectory(Caller caller, DirectorySink sink) throws ErrnoException {
        throw ErrnoException.of(Errno.EBADF);
    }
}
