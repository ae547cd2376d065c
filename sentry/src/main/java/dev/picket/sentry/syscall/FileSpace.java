package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.Metadata;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.PathWalk;

/**
 * Sizes of files and the space they take: truncate(2), fallocate(2), and the calls that flush or advise. There is nothing
 * to flush: files live in memory, so fsync(2) is done when it begins.
 */
final class FileSpace {
    private static final int POSIX_FADV_NOREUSE = 5;
    private static final int SYNC_FILE_RANGE_FLAGS = 7;

    private FileSpace() {}

    /** truncate(2). */
    static long truncate(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        long size = args.asLong(1);
        if (size < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        var found = PathWalk.resolve(task, task.workingDirectory(), path, PathWalk.FOLLOW);

        if (found.inode().type() == FileMode.S_IFREG) {
            FileSizeLimit.check(task, size); // other files fail for what they are
        }
        Metadata.truncate(task, found, size);
        return 0;
    }

    /** ftruncate(2). */
    static long ftruncate(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long size = args.asLong(1);
        if (size < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        OpenFile file = task.file(fd);
        if (file.inode().type() != FileMode.S_IFREG || !file.isWritable()) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        FileSizeLimit.check(task, size);
        Metadata.truncateOpened(task, file.path(), size);
        return 0;
    }

    /** fallocate(2). */
    static long fallocate(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int mode = args.asInt(1);
        long offset = args.asLong(2);
        long length = args.asLong(3);

        task.file(fd);
        if (offset < 0 || length <= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        checkFallocateMode(mode);
        OpenFile file = ReadWrite.writable(task, fd);
        switch (file.inode().type()) {
            case FileMode.S_IFREG -> {}
            case FileMode.S_IFIFO -> throw ErrnoException.of(Errno.ESPIPE);
            case FileMode.S_IFDIR -> throw ErrnoException.of(Errno.EISDIR);
            default -> throw ErrnoException.of(Errno.ENODEV);
        }
        if (offset + length < 0) {
            throw ErrnoException.of(Errno.EFBIG);
        }

        if ((mode & (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) == 0) {
            FileSizeLimit.check(task, offset + length);
        }
        file.allocate(mode, offset, length);
        file.noteModification();
        return 0;
    }

    private static void checkFallocateMode(int mode) throws ErrnoException {
        boolean punches = (mode & FALLOC_FL_PUNCH_HOLE) != 0;
        if ((mode & ~FALLOC_FL_SUPPORTED) != 0
                || punches && (mode & FALLOC_FL_ZERO_RANGE) != 0
                || punches && (mode & FALLOC_FL_KEEP_SIZE) == 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
    }

    /** fsync(2), fdatasync(2), syncfs(2). */
    static long fsync(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);

        OpenFile file = task.file(fd);

        return flushed(file);
    }

    /** sync(2). */
    static long sync(Task task, SyscallArguments args) {
        return 0;
    }

    /** sync_file_range(2). */
    static long syncFileRange(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long offset = args.asLong(1);
        long length = args.asLong(2);
        int flags = args.asInt(3);

        OpenFile file = task.file(fd);
        if (offset < 0 || length < 0 || offset + length < 0 || (flags & ~SYNC_FILE_RANGE_FLAGS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        return switch (file.inode().type()) {
            case FileMode.S_IFREG, FileMode.S_IFDIR, FileMode.S_IFBLK, FileMode.S_IFLNK -> 0;
            default -> throw ErrnoException.of(Errno.ESPIPE);
        };
    }

    private static long flushed(OpenFile file) throws ErrnoException {
        return switch (file.inode().type()) {
            case FileMode.S_IFREG, FileMode.S_IFDIR, FileMode.S_IFBLK -> 0;
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    /** posix_fadvise(2): all is in memory, so any advice is heeded. */
    static long fadvise64(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int advice = args.asInt(3);

        OpenFile file = task.file(fd);
        if (file.inode().type() == FileMode.S_IFIFO) {
            throw ErrnoException.of(Errno.ESPIPE);
        }
        if (args.asLong(2) < 0 || advice < 0 || advice > POSIX_FADV_NOREUSE) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    /** readahead(2). */
    static long readahead(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);

        OpenFile file = ReadWrite.readable(task, fd);
        if (file.inode().type() != FileMode.S_IFREG) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }
}
