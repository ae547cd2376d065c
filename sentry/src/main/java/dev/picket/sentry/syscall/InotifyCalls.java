package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.platform.linux.Inotify.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.inotify.InotifyFile;
import dev.picket.sentry.vfs.PathWalk;
import dev.picket.sentry.vfs.Permission;

/** inotify(7): inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2). */
final class InotifyCalls {
    private static final int WATCH_FLAGS = IN_ALL_EVENTS
            | IN_ONLYDIR
            | IN_DONT_FOLLOW
            | IN_EXCL_UNLINK
            | IN_MASK_CREATE
            | IN_MASK_ADD
            | IN_ISDIR
            | IN_ONESHOT;

    private InotifyCalls() {}

    /** inotify_init(2). */
    static long inotifyInit(Task task, SyscallArguments args) throws ErrnoException {
        return make(task, 0);
    }

    /** inotify_init1(2): IN_NONBLOCK and IN_CLOEXEC are the flags of open(2). */
    static long inotifyInit1(Task task, SyscallArguments args) throws ErrnoException {
        return make(task, args.asInt(0));
    }

    private static long make(Task task, int flags) throws ErrnoException {
        if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var kernel = task.kernel();
        var inode = kernel.anonymousFiles().inode(task.credentials(), "inotify");
        int user = task.credentials().realUser();
        var file = new InotifyFile(inode, O_RDONLY | flags & O_NONBLOCK, kernel.fileWatches(), user);
        return Descriptors.install(task, file, (flags & O_CLOEXEC) != 0);
    }

    /** inotify_add_watch(2). */
    static long inotifyAddWatch(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long pathAddress = args.asAddress(1);
        int mask = args.asInt(2);

        if ((mask & WATCH_FLAGS) == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var file = task.file(descriptor);
        if ((mask & IN_MASK_ADD) != 0 && (mask & IN_MASK_CREATE) != 0 || !(file instanceof InotifyFile instance)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int walk = ((mask & IN_DONT_FOLLOW) == 0 ? PathWalk.FOLLOW : 0)
                | ((mask & IN_ONLYDIR) != 0 ? PathWalk.DIRECTORY : 0);
        var found = PathWalk.resolve(task, task.workingDirectory(), task.path(pathAddress), walk);
        Permission.check(task.credentials(), found.inode().attributes(), Permission.READ);

        return instance.watch(found.inode(), mask);
    }

    /** inotify_rm_watch(2). */
    static long inotifyRmWatch(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int watch = args.asInt(1);

        if (!(task.file(descriptor) instanceof InotifyFile instance)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        instance.unwatch(watch);
        return 0;
    }
}
