package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.OpenHow;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.FileTable;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.OpenRequest;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;

/** Getting and giving back descriptors: open(2), openat2(2), creat(2), close(2), close_range(2), dup(2). */
final class OpenClose {
    /** What open(2) looks at; other bits it ignores, as it always did. */
    private static final int KNOWN = O_VALID;

    private static final int CLOSE_RANGE_UNSHARE = 2;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int PAGE_BYTES = 4096;

    private OpenClose() {}

    /** open(2). */
    static long open(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        int flags = args.asInt(1);
        int mode = args.asMode(2);

        return open(task, task.workingDirectory(), path, flags, mode);
    }

    /** openat(2). */
    static long openat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int flags = args.asInt(2);
        int mode = args.asMode(3);

        return open(task, start(task, directory, path), path, flags, mode);
    }

    /** creat(2). */
    static long creat(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        int mode = args.asMode(1);

        return open(task, task.workingDirectory(), path, O_CREAT | O_WRONLY | O_TRUNC, mode);
    }

    /** openat2(2). */
    static long openat2(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        byte[] how = openHow(task, args.asAddress(2), args.asSize(3));
        long flags = Bytes.getLong(how, OpenHow.FLAGS);
        long mode = Bytes.getLong(how, OpenHow.MODE);
        long resolve = Bytes.getLong(how, OpenHow.RESOLVE);
        if ((flags & ~(long) KNOWN) != 0 || (mode & ~FileMode.S_IALLUGO) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        boolean makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE_BIT) != 0;
        if (!makes && mode != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        int bounds = bounds(resolve);
        checkStrictly((int) flags);
        int bits = (int) mode & ~task.directories().umask();
        var request = new OpenRequest(normal((int) flags), bits, bounds);
        return install(task, FileOperations.open(task, start(task, directory, path), path, request), (int) flags);
    }

    /** close(2). */
    static long close(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);

        var table = task.files();
        OpenFile file = table.remove(fd);
        file.closedIn(table);
        file.release();
        return 0;
    }

    /** close_range(2). */
    static long closeRange(Task task, SyscallArguments args) throws ErrnoException {
        int first = args.asInt(0);
        int last = args.asInt(1);
        int flags = args.asInt(2);
        if (Integer.compareUnsigned(first, last) > 0 || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        if ((flags & CLOSE_RANGE_UNSHARE) != 0 && task.files().isShared()) {
            FileTable old = task.files();
            task.setFiles(old.fork(task.group().limits()));
            old.release();
        }
        if (first >= 0) { // beyond Integer.MAX_VALUE there are no descriptors
            task.files().closeRange(first, last < 0 ? Integer.MAX_VALUE : last, (flags & CLOSE_RANGE_CLOEXEC) != 0);
        }
        return 0;
    }

    /** dup(2). */
    static long dup(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);

        return task.files().duplicate(fd, 0, false);
    }

    /** dup2(2). Onto itself it changes nothing, not even the close-on-exec flag. */
    static long dup2(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int target = args.asInt(1);

        if (fd == target) {
            task.fileOrPath(fd);
            return fd;
        }
        return task.files().duplicateTo(fd, target, false);
    }

    /** dup3(2). */
    static long dup3(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int target = args.asInt(1);
        int flags = args.asInt(2);
        if (fd == target || (flags & ~O_CLOEXEC) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        return task.files().duplicateTo(fd, target, (flags & O_CLOEXEC) != 0);
    }

    /** Where a path given with a descriptor starts: an absolute path does not look at the descriptor at all. */
    static Path start(Task task, int directory, String path) throws ErrnoException {
        return start(task, directory, path, 0);
    }

    /** As the other, with flags of which AT_EMPTY_PATH lets the path be empty: ENOENT without it, before all else. */
    static Path start(Task task, int directory, String path, int flags) throws ErrnoException {
        if (path.isEmpty() && (flags & AT_EMPTY_PATH) == 0) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        return path.startsWith("/") ? task.workingDirectory() : task.directory(directory);
    }

    private static long open(Task task, Path start, String path, int flags, int mode) throws ErrnoException {
        int known = flags & KNOWN;
        int bits = mode & ~task.directories().umask();
        if (!path.isEmpty()) {
            task.files().checkRoom();
        }
        return install(task, FileOperations.open(task, start, path, normal(known), bits), known);
    }

    /** O_PATH takes no other flags but those about the walk, and 64-bit programs always have O_LARGEFILE. */
    private static int normal(int flags) {
        if ((flags & O_PATH) != 0) {
            return flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        return flags | O_LARGEFILE;
    }

    private static long install(Task task, OpenFile file, int flags) throws ErrnoException {
        try {
            Pipes.awaitOpen(task, file);
        } catch (ErrnoException e) {
            file.release();
            throw e;
        }
        return Descriptors.install(task, file, (flags & O_CLOEXEC) != 0);
    }

    /** Fetches a struct open_how of any version: what this one does not know must be zero. */
    private static byte[] openHow(Task task, long address, long size) throws ErrnoException {
        if (Long.compareUnsigned(size, OpenHow.SIZE) < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (Long.compareUnsigned(size, PAGE_BYTES) > 0) {
            throw ErrnoException.of(Errno.E2BIG);
        }
        byte[] how = new byte[(int) size];
        task.memory().copyIn(address, how, 0, how.length);
        for (int index = OpenHow.SIZE; index < how.length; index++) {
            if (how[index] != 0) {
                throw ErrnoException.of(Errno.E2BIG);
            }
        }
        return how;
    }

    /** openat2(2) refuses what open(2) ignores; the kernel's build_open_flags. */
    private static void checkStrictly(int flags) throws ErrnoException {
        boolean isTemporary = (flags & O_TMPFILE_BIT) != 0;
        if (isTemporary && (flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (!isTemporary && (flags & O_PATH) != 0 && (flags & ~(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (isTemporary && ((flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static int bounds(long resolve) throws ErrnoException {
        long known = OpenHow.RESOLVE_NO_XDEV
                | OpenHow.RESOLVE_CACHED
                | OpenHow.RESOLVE_NO_MAGICLINKS
                | OpenHow.RESOLVE_NO_SYMLINKS
                | OpenHow.RESOLVE_BENEATH
                | OpenHow.RESOLVE_IN_ROOT;
        long both = OpenHow.RESOLVE_BENEATH | OpenHow.RESOLVE_IN_ROOT;
        if ((resolve & ~known) != 0 || (resolve & both) == both) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((resolve & OpenHow.RESOLVE_CACHED) != 0) {
            throw ErrnoException.of(Errno.EAGAIN); // nothing is promised to be in memory
        }
        int bounds = 0;
        bounds |= (resolve & OpenHow.RESOLVE_NO_XDEV) != 0 ? PathWalk.NO_CROSSING : 0;
        bounds |= (resolve & OpenHow.RESOLVE_NO_MAGICLINKS) != 0 ? PathWalk.NO_MAGIC_LINKS : 0;
        bounds |= (resolve & OpenHow.RESOLVE_NO_SYMLINKS) != 0 ? PathWalk.NO_LINKS : 0;
        bounds |= (resolve & OpenHow.RESOLVE_BENEATH) != 0 ? PathWalk.BENEATH : 0;
        bounds |= (resolve & OpenHow.RESOLVE_IN_ROOT) != 0 ? PathWalk.IN_ROOT : 0;
        return bounds;
    }
}
