package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Metadata;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;

/** Who may do what with a file, and when it was touched: chmod(2), chown(2), umask(2), utimensat(2). */
final class Ownership {
    private static final long UTIME_NOW = (1L << 30) - 1;
    private static final long UTIME_OMIT = (1L << 30) - 2;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private Ownership() {}

    /** chmod(2). */
    static long chmod(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        int mode = args.asMode(1);

        return changeMode(task, AT_FDCWD, path, mode, 0);
    }

    /** fchmod(2). */
    static long fchmod(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int mode = args.asMode(1);

        Metadata.changeMode(task, place(task.file(fd)), mode);
        return 0;
    }

    /** The system call fchmodat, which has no flags. */
    static long fchmodat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int mode = args.asMode(2);

        return changeMode(task, directory, path, mode, 0);
    }

    /** fchmodat2(2). */
    static long fchmodat2(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int mode = args.asMode(2);
        int flags = args.asInt(3);

        return changeMode(task, directory, path, mode, flags);
    }

    private static long changeMode(Task task, int directory, String path, int mode, int flags) throws ErrnoException {
        Metadata.changeMode(task, find(task, directory, path, flags), mode);
        return 0;
    }

    /** chown(2). */
    static long chown(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        int user = args.asInt(1);
        int group = args.asInt(2);

        return changeOwner(task, AT_FDCWD, path, user, group, 0);
    }

    /** lchown(2). */
    static long lchown(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        int user = args.asInt(1);
        int group = args.asInt(2);

        return changeOwner(task, AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
    }

    /** fchown(2). */
    static long fchown(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int user = args.asInt(1);
        int group = args.asInt(2);

        Metadata.changeOwner(task, place(task.file(fd)), Identity.ownUser(task, user), Identity.ownGroup(task, group));
        return 0;
    }

    /** fchownat(2). */
    static long fchownat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int user = args.asInt(2);
        int group = args.asInt(3);
        int flags = args.asInt(4);

        return changeOwner(task, directory, path, user, group, flags);
    }

    private static long changeOwner(Task task, int directory, String path, int user, int group, int flags)
            throws ErrnoException {
        Metadata.changeOwner(
                task, find(task, directory, path, flags), Identity.ownUser(task, user), Identity.ownGroup(task, group));
        return 0;
    }

    /** umask(2). */
    static long umask(Task task, SyscallArguments args) {
        return task.directories().setUmask(args.asInt(0));
    }

    /** utimensat(2). A null path is the file of the descriptor itself: that is futimens(3). */
    static long utimensat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        long pathAddress = args.asAddress(1);
        long times = args.asAddress(2);
        int flags = args.asInt(3);

        long seconds = 0;
        long nanos = UTIME_NOW;
        long modifiedSeconds = 0;
        long modifiedNanos = UTIME_NOW;
        if (times != 0) {
            var memory = task.memory();
            seconds = memory.getLong(times);
            nanos = memory.getLong(times + 8);
            modifiedSeconds = memory.getLong(times + 16);
            modifiedNanos = memory.getLong(times + 24);
        }
        if (nanos == UTIME_OMIT && modifiedNanos == UTIME_OMIT) {
            return 0; // Linux does not even look at the path
        }

        Path found = pathAddress == 0 && directory != AT_FDCWD
                ? timesOf(task, directory, flags)
                : find(task, directory, task.path(pathAddress), flags);
        checkNanos(nanos); // Linux looks at the path first
        checkNanos(modifiedNanos);

        long now = task.kernel().clock().realtimeNanos();
        boolean both = nanos == UTIME_NOW && modifiedNanos == UTIME_NOW;
        Metadata.changeTimes(task, found, time(seconds, nanos, now), time(modifiedSeconds, modifiedNanos, now), both);
        return 0;
    }

    private static Path timesOf(Task task, int fd, int flags) throws ErrnoException {
        if (flags != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return place(task.file(fd));
    }

    private static void checkNanos(long nanos) throws ErrnoException {
        if (nanos != UTIME_NOW && nanos != UTIME_OMIT && (nanos < 0 || nanos >= NANOS_PER_SECOND)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static Long time(long seconds, long nanos, long now) {
        if (nanos == UTIME_OMIT) {
            return Metadata.KEEP;
        }
        return nanos == UTIME_NOW ? now : clamp(seconds) * NANOS_PER_SECOND + nanos;
    }

    /** Seconds that as nanoseconds fit a long: the years 1678 to 2262. File systems of Linux have bounds too. */
    private static long clamp(long seconds) {
        long most = Long.MAX_VALUE / NANOS_PER_SECOND - 1;
        return Math.max(-most, Math.min(most, seconds));
    }

    /** utime(2). */
    static long utime(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        long times = args.asAddress(1);

        if (times == 0) {
            return touch(task, AT_FDCWD, path);
        }
        long access = clamp(task.memory().getLong(times)) * NANOS_PER_SECOND;
        long modified = clamp(task.memory().getLong(times + 8)) * NANOS_PER_SECOND;
        Metadata.changeTimes(task, find(task, AT_FDCWD, path, 0), access, modified, false);
        return 0;
    }

    /** utimes(2). */
    static long utimes(Task task, SyscallArguments args) throws ErrnoException {
        return microseconds(task, AT_FDCWD, task.path(args.asAddress(0)), args.asAddress(1));
    }

    /** futimesat(2). */
    static long futimesat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        long path = args.asAddress(1);
        long times = args.asAddress(2);

        return microseconds(task, directory, path == 0 ? "" : task.path(path), times);
    }

    private static long microseconds(Task task, int directory, String path, long times) throws ErrnoException {
        if (times == 0) {
            return touch(task, directory, path);
        }
        var memory = task.memory();
        long access = microseconds(memory.getLong(times), memory.getLong(times + 8));
        long modified = microseconds(memory.getLong(times + 16), memory.getLong(times + 24));
        Metadata.changeTimes(task, findOrSelf(task, directory, path), access, modified, false);
        return 0;
    }

    private static long microseconds(long seconds, long micros) throws ErrnoException {
        if (micros < 0 || micros >= 1_000_000) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return clamp(seconds) * NANOS_PER_SECOND + micros * 1000;
    }

    private static long touch(Task task, int directory, String path) throws ErrnoException {
        long now = task.kernel().clock().realtimeNanos();
        Metadata.changeTimes(task, findOrSelf(task, directory, path), now, now, true);
        return 0;
    }

    private static Path findOrSelf(Task task, int directory, String path) throws ErrnoException {
        return path.isEmpty() && directory != AT_FDCWD ? place(task.file(directory)) : find(task, directory, path, 0);
    }

    private static Path find(Task task, int directory, String path, int flags) throws ErrnoException {
        if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return PathWalk.resolve(task, OpenClose.start(task, directory, path, flags), path, FileStatus.walk(flags));
    }

    /** Where an open file is; pipes, sockets and the like have places of their own. */
    private static Path place(OpenFile file) throws ErrnoException {
        if (file.path() != null) {
            return file.path();
        }
        if (file.inode() instanceof AnonymousInode inode) {
            return inode.path();
        }
        throw ErrnoException.of(Errno.EPERM);
    }
}
