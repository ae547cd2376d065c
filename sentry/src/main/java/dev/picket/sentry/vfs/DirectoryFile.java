package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;

/**
 * An open directory. Positions are cookies: 0 and 1 stand before "." and "..", the others are the file system's, and stay
 * good while entries come and go.
 */
public class DirectoryFile extends OpenFile {
    /** The first position that is the file system's. */
    public static final long FIRST = 2;

    private static final int DT_DIR = FileMode.S_IFDIR >> 12;

    private long position;

    public DirectoryFile(Path path, int flags) {
        super(path, flags);
    }

    /** Gives the entries to {@code sink}; see {@link Inode#entries}. */
    protected void entries(Caller caller, long position, DirectorySink sink) throws ErrnoException {
        inode().entries(caller, position, sink);
    }

    @Override
    public final Inode inode() {
        return path().inode();
    }

    @Override
    public final synchronized void readDirectory(Caller caller, DirectorySink sink) throws ErrnoException {
        if (path().dentry().isDeleted()) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        DirectorySink moving = (name, inode, type, next) -> {
            if (!sink.accept(name, inode, type, next)) {
                return false;
            }
            position = next;
            return true;
        };
        if (position == 0 && !moving.accept(".", inode().attributes().inode(), DT_DIR, 1)) {
            return;
        }
        if (position == 1) {
            long parent = path().dentry().parent().inode().attributes().inode();
            if (!moving.accept("..", parent, DT_DIR, FIRST)) {
                return;
            }
        }
        entries(caller, position, moving);
    }

    @Override
    public final synchronized long seek(long offset, int whence) throws ErrnoException {
        long target =
                switch (whence) {
                    case Fcntl.SEEK_SET -> offset;
                    case Fcntl.SEEK_CUR -> position + offset;
                    default -> -1;
                };
        if (target < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        position = target;
        return target;
    }

    @Override
    public final long read(GuestBuffer destination) throws ErrnoException {
        throw ErrnoException.of(Errno.EISDIR);
    }

    @Override
    public final long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        throw ErrnoException.of(Errno.EISDIR);
    }
}
