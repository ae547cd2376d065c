package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.pipe.PipeEnd;
import dev.picket.sentry.vfs.OpenFile;

/** pipe(2), pipe2(2), and what open(2) and fcntl(2) need to know of pipes. */
final class Pipes {
    private Pipes() {}

    /** pipe(2). */
    static long pipe(Task task, SyscallArguments args) throws ErrnoException {
        return make(task, args.asAddress(0), 0);
    }

    /** pipe2(2). */
    static long pipe2(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        int flags = args.asInt(1);

        // O_DIRECT (packets) and O_NOTIFICATION_PIPE, which is O_EXCL, are not there.
        if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return make(task, address, flags);
    }

    private static long make(Task task, long address, int flags) throws ErrnoException {
        var files = task.kernel().anonymousFiles();
        var ends = PipeEnd.pair(files.pipeBudget(), files.pipes(), task.credentials(), flags & O_NONBLOCK);

        Descriptors.installPair(task, ends[0], ends[1], (flags & O_CLOEXEC) != 0, address);
        return 0;
    }

    /**
     * For open(2): waits, if {@code file} is a FIFO's end, until the other end is open too; see fifo(7).
     *
     * @throws ErrnoException ERESTARTSYS if a signal comes first; the file is still the caller's to release
     */
    static void awaitOpen(Task task, OpenFile file) throws ErrnoException {
        if (file instanceof PipeEnd end && !end.isOpenComplete()) {
            task.block(
                    end.openWaiters(), Poll.READABLE | Poll.WRITABLE, Timeouts.NEVER, end::isOpenComplete);
        }
    }

    /** For fcntl(2): F_GETPIPE_SZ; EBADF if it is no pipe. */
    static long capacity(OpenFile file) throws ErrnoException {
        return asPipe(file).pipe().capacity();
    }

    /** For fcntl(2): F_SETPIPE_SZ; EBADF if it is no pipe. */
    static long setCapacity(OpenFile file, int bytes) throws ErrnoException {
        return asPipe(file).pipe().setCapacity(Integer.toUnsignedLong(bytes));
    }

    private static PipeEnd asPipe(OpenFile file) throws ErrnoException {
        if (file instanceof PipeEnd end) {
            return end;
        }
        throw ErrnoException.of(Errno.EBADF);
    }
}
