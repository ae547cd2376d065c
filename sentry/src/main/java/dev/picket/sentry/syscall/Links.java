package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.nio.charset.StandardCharsets;

/** Names of files: link(2), symlink(2), readlink(2), unlink(2), rename(2), mknod(2). */
final class Links {
    private Links() {}

    /** link(2): a symbolic link is not followed. */
    static long link(Task task, SyscallArguments args) throws ErrnoException {
        String existing = task.path(args.asAddress(0));
        String path = task.path(args.asAddress(1));

        return link(task, AT_FDCWD, existing, AT_FDCWD, path, 0);
    }

    /** linkat(2). */
    static long linkat(Task task, SyscallArguments args) throws ErrnoException {
        int existingDirectory = args.asInt(0);
        int directory = args.asInt(2);
        int flags = args.asInt(4);
        if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0) {
            throw ErrnoException.of(Errno.EINVAL); // before the paths are looked at
        }
        String existing = task.path(args.asAddress(1));
        String path = task.path(args.asAddress(3));

        return link(task, existingDirectory, existing, directory, path, flags);
    }

    private static long link(Task task, int existingDirectory, String existing, int directory, String path, int flags)
            throws ErrnoException {
        if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((flags & AT_EMPTY_PATH) != 0 && !task.credentials().has(Credentials.CAP_DAC_READ_SEARCH)) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        int walk = (flags & AT_SYMLINK_FOLLOW) != 0 ? PathWalk.FOLLOW : 0;
        walk |= (flags & AT_EMPTY_PATH) != 0 ? PathWalk.EMPTY_PATH : 0;

        Path found = PathWalk.resolve(task, OpenClose.start(task, existingDirectory, existing, flags), existing, walk);
        FileOperations.link(task, found, OpenClose.start(task, directory, path), path);
        return 0;
    }

    /** symlink(2). */
    static long symlink(Task task, SyscallArguments args) throws ErrnoException {
        String target = task.path(args.asAddress(0));
        String path = task.path(args.asAddress(1));

        FileOperations.makeLink(task, target, task.workingDirectory(), path);
        return 0;
    }

    /** symlinkat(2). */
    static long symlinkat(Task task, SyscallArguments args) throws ErrnoException {
        String target = task.path(args.asAddress(0));
        int directory = args.asInt(1);
        String path = task.path(args.asAddress(2));

        FileOperations.makeLink(task, target, OpenClose.start(task, directory, path), path);
        return 0;
    }

    /** readlink(2). */
    static long readlink(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        long address = args.asAddress(1);
        int size = args.asInt(2);

        return readLink(task, AT_FDCWD, path, address, size);
    }

    /** readlinkat(2). */
    static long readlinkat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        long address = args.asAddress(2);
        int size = args.asInt(3);

        return readLink(task, directory, path, address, size);
    }

    private static long readLink(Task task, int directory, String path, long address, int size) throws ErrnoException {
        if (size <= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        Path start = OpenClose.start(task, directory, path);
        boolean itself = path.isEmpty() && directory != AT_FDCWD;
        Path found = PathWalk.resolve(task, start, path, itself ? PathWalk.EMPTY_PATH : 0);
        if (found.inode().type() != FileMode.S_IFLNK) {
            throw ErrnoException.of(itself ? Errno.ENOENT : Errno.EINVAL);
        }
        byte[] target = found.inode().readLink(task).getBytes(StandardCharsets.ISO_8859_1);

        int length = Math.min(size, target.length);
        task.memory().copyOut(address, target, 0, length);
        return length;
    }

    /** unlink(2). */
    static long unlink(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));

        FileOperations.unlink(task, task.workingDirectory(), path);
        return 0;
    }

    /** unlinkat(2). */
    static long unlinkat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int flags = args.asInt(2);
        if ((flags & ~AT_REMOVEDIR) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        Path start = OpenClose.start(task, directory, path);
        if (flags != 0) {
            FileOperations.removeDirectory(task, start, path);
        } else {
            FileOperations.unlink(task, start, path);
        }
        return 0;
    }

    /** rename(2). */
    static long rename(Task task, SyscallArguments args) throws ErrnoException {
        String oldPath = task.path(args.asAddress(0));
        String newPath = task.path(args.asAddress(1));

        return rename(task, AT_FDCWD, oldPath, AT_FDCWD, newPath, 0);
    }

    /** renameat(2). */
    static long renameat(Task task, SyscallArguments args) throws ErrnoException {
        int oldDirectory = args.asInt(0);
        String oldPath = task.path(args.asAddress(1));
        int newDirectory = args.asInt(2);
        String newPath = task.path(args.asAddress(3));

        return rename(task, oldDirectory, oldPath, newDirectory, newPath, 0);
    }

    /** renameat2(2). */
    static long renameat2(Task task, SyscallArguments args) throws ErrnoException {
        int oldDirectory = args.asInt(0);
        int newDirectory = args.asInt(2);
        int flags = args.asInt(4);
        checkRenameFlags(flags); // before the paths are looked at
        String oldPath = task.path(args.asAddress(1));
        String newPath = task.path(args.asAddress(3));

        return rename(task, oldDirectory, oldPath, newDirectory, newPath, flags);
    }

    private static void checkRenameFlags(int flags) throws ErrnoException {
        boolean exchange = (flags & RENAME_EXCHANGE) != 0;
        if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0
                || exchange && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static long rename(Task task, int oldDirectory, String oldPath, int newDirectory, String newPath, int flags)
            throws ErrnoException {
        if ((flags & RENAME_WHITEOUT) != 0 && !task.credentials().has(Credentials.CAP_MKNOD)) {
            throw ErrnoException.of(Errno.EPERM);
        }

        Path oldStart = OpenClose.start(task, oldDirectory, oldPath);
        Path newStart = OpenClose.start(task, newDirectory, newPath);

        FileOperations.rename(task, oldStart, oldPath, newStart, newPath, flags);
        return 0;
    }

    /** mknod(2). */
    static long mknod(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        int mode = args.asInt(1);
        long device = args.asInt(2) & 0xffffffffL;

        return makeNode(task, task.workingDirectory(), path, mode, device);
    }

    /** mknodat(2). */
    static long mknodat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int mode = args.asInt(2);
        long device = args.asInt(3) & 0xffffffffL;

        return makeNode(task, OpenClose.start(task, directory, path), path, mode, device);
    }

    private static long makeNode(Task task, Path start, String path, int mode, long device) throws ErrnoException {
        int bits = mode
                & (FileMode.S_IFMT | FileMode.S_IALLUGO & ~task.directories().umask());
        FileOperations.makeNode(task, start, path, bits, device);
        return 0;
    }
}
