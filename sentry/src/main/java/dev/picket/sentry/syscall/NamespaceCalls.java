package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.CloneFlags.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Namespace;
import dev.picket.sentry.kernel.NamespaceChange;
import dev.picket.sentry.kernel.NamespaceFile;
import dev.picket.sentry.kernel.Namespaces;
import dev.picket.sentry.kernel.ProcessFile;
import dev.picket.sentry.kernel.Task;
import java.util.ArrayList;
import java.util.List;

/** Leaving and entering what tasks share: unshare(2), setns(2); namespaces(7). */
final class NamespaceCalls {
    /** In the order in which setns(2) enters them: the user namespace gives the rights to the others. */
    private static final int[] KINDS = {
        CLONE_NEWUSER,
        CLONE_NEWNS,
        CLONE_NEWUTS,
        CLONE_NEWIPC,
        CLONE_NEWPID,
        CLONE_NEWCGROUP,
        CLONE_NEWNET,
        CLONE_NEWTIME
    };

    private NamespaceCalls() {}

    /** unshare(2). */
    static long unshare(Task task, SyscallArguments args) throws ErrnoException {
        long flags = args.asLong(0);
        long whole = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
        if ((flags & ~(NEW_NAMESPACES | whole | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((flags & CLONE_NEWUSER) != 0) {
            flags |= CLONE_THREAD | CLONE_FS;
        }
        if ((flags & CLONE_NEWNS) != 0) {
            flags |= CLONE_FS;
        }
        if ((flags & whole) != 0 && task.group().tasks().size() > 1) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        if ((flags & NEW_NAMESPACES) != 0) {
            NamespaceChange.prepare(task, flags, ownDirectories(task, flags)).apply(task);
        } else if ((flags & CLONE_FS) != 0) {
            task.setDirectories(task.directories().copy());
        }
        if ((flags & CLONE_SYSVSEM) != 0) {
            task.undoSemaphores();
        }
        if ((flags & CLONE_FILES) != 0 && task.files().isShared()) {
            var old = task.files();
            task.setFiles(old.fork(task.group().limits()));
            old.release();
        }
        return 0;
    }

    private static dev.picket.sentry.kernel.DirectoryContext ownDirectories(Task task, long flags) {
        return (flags & CLONE_FS) != 0 ? task.directories().copy() : task.directories();
    }

    /** setns(2). */
    static long setns(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        int wanted = args.asInt(1);
        List<Namespace> entered = new ArrayList<>();
        var file = task.file(descriptor);
        if (file instanceof NamespaceFile one) {
            if (wanted != 0 && wanted != one.namespace().kind()) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            entered.add(one.namespace());
        } else if (file instanceof ProcessFile process) {
            if (wanted == 0 || (wanted & ~NEW_NAMESPACES) != 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            var target = process.process().leader();
            if (process.process().hasEnded()) {
                throw ErrnoException.of(Errno.ESRCH);
            }
            ProcessAccess.check(task, target);
            for (int kind : KINDS) {
                if ((wanted & kind) != 0) {
                    entered.add(Namespaces.of(target, kind));
                }
            }
        } else {
            throw ErrnoException.of(Errno.EINVAL);
        }

        for (var namespace : entered) {
            enter(task, namespace);
        }
        return 0;
    }

    private static void enter(Task task, Namespace namespace) throws ErrnoException {
        var credentials = task.credentials();
        if (namespace.kind() == CLONE_NEWUSER) {
            if (namespace.users() == credentials.userNamespace()
                    || task.group().tasks().size() > 1) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (!credentials.holdsIn(namespace.users(), Credentials.CAP_SYS_ADMIN)) {
                throw ErrnoException.of(Errno.EPERM);
            }
            task.setCredentials(credentials.within(namespace.users()));
            return;
        }
        boolean may = credentials.holdsIn(namespace.owner(), Credentials.CAP_SYS_ADMIN)
                && credentials.holds(Credentials.CAP_SYS_ADMIN)
                && (namespace.kind() != CLONE_NEWNS || credentials.holds(Credentials.CAP_SYS_CHROOT));
        if (!may) {
            throw ErrnoException.of(Errno.EPERM);
        }
        NamespaceChange.enter(task, namespace);
    }
}
