package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.OpenFile;

/** RLIMIT_FSIZE: how large a process may make a file; setrlimit(2). */
final class FileSizeLimit {
    private static final long NONE = -1; // RLIM_INFINITY

    private FileSizeLimit() {}

    /** EFBIG, with a SIGXFSZ, if a file may not get this size. */
    static void check(Task task, long sizeBytes) throws ErrnoException {
        long limit = task.group().limits().soft(Resource.RLIMIT_FSIZE);
        if (Long.compareUnsigned(sizeBytes, limit) > 0) {
            ReadWrite.sendOwn(task, Signal.SIGXFSZ);
            throw ErrnoException.of(Errno.EFBIG);
        }
    }

    /** As much of {@code source} as may be written at the file position of {@code file}. */
    static GuestBuffer allowed(Task task, OpenFile file, GuestBuffer source) throws ErrnoException {
        if (isUnbounded(task, file)) {
            return source;
        }
        boolean appends = (file.flags() & Fcntl.O_APPEND) != 0;
        return allowedAt(task, file, source, appends ? 0 : file.seek(0, Fcntl.SEEK_CUR));
    }

    /** As much of {@code source} as may be written at {@code offset}; where nothing may, EFBIG with a SIGXFSZ. */
    static GuestBuffer allowedAt(Task task, OpenFile file, GuestBuffer source, long offset) throws ErrnoException {
        if (isUnbounded(task, file) || source.remaining() == 0) {
            return source;
        }
        boolean appends = (file.flags() & Fcntl.O_APPEND) != 0;
        long from = appends ? file.inode().attributes().sizeBytes() : offset;
        long limit = task.group().limits().soft(Resource.RLIMIT_FSIZE);
        if (Long.compareUnsigned(from, limit) >= 0) {
            check(task, Math.max(from, limit) + 1);
        }
        long room = limit - from;
        return room < 0 || room >= source.remaining() ? source : new FrontOfBuffer(source, room);
    }

    private static boolean isUnbounded(Task task, OpenFile file) {
        return task.group().limits().soft(Resource.RLIMIT_FSIZE) == NONE
                || file.inode().type() != FileMode.S_IFREG;
    }
}
