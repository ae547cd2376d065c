package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.ProcessFile;
import dev.picket.sentry.kernel.Task;

/** Processes as files: pidfd_open(2), pidfd_getfd(2). */
final class PidFiles {
    private PidFiles() {}

    /** pidfd_open(2). */
    static long pidfdOpen(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int flags = args.asInt(1);
        if ((flags & ~Fcntl.O_NONBLOCK) != 0 || id <= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var process = task.kernel().processes().process(id);
        if (process == null) {
            // The id of a thread that is not its process's leader.
            boolean isThread = task.kernel().processes().task(id) != null;
            throw ErrnoException.of(isThread ? Errno.EINVAL : Errno.ESRCH);
        }
        return Descriptors.install(task, ProcessFile.of(process, task.credentials(), flags), true);
    }

    /** pidfd_getfd(2). */
    static long pidfdGetfd(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int target = args.asInt(1);
        if (args.asInt(2) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (!(task.file(descriptor) instanceof ProcessFile file)) {
            throw ErrnoException.of(Errno.EBADF);
        }
        var other = file.process().leader();
        if (file.process().hasEnded() || other.hasEnded()) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        ProcessAccess.check(task, other);
        var found = other.files().getAndRetain(target);
        if (found == null) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return Descriptors.install(task, found, true);
    }
}
