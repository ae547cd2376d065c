package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PositionedFile;

/** An open regular file of an image. */
final class ErofsOpenFile extends PositionedFile {
    private final ErofsRegularFile file;

    ErofsOpenFile(ErofsRegularFile file, Path path, int flags) {
        super(path, flags);
        this.file = file;
    }

    @Override
    public Inode inode() {
        return file;
    }

    @Override
    protected long sizeBytes() {
        return file.inode().sizeBytes();
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
        return new ErofsMappable(file, path());
    }
}
