package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.CloneFlags.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.MountNamespace;

/**
 * The namespaces that a task is in, but for that of users, which is part of its credentials; namespaces(7). Immutable.
 *
 * <p>There is one process namespace. Those of System V IPC, of the network and of control groups have names only: whoever
 * asks for a new one shares what is in the old one.
 */
public record Namespaces(
        Namespace mount, Namespace uts, Namespace ipc, Namespace net, Namespace cgroup, Namespace pid, Namespace time) {
    /** Inode numbers of the first namespaces; proc_ns.h of Linux. */
    private static final long FIRST_USER = 4_026_531_837L;

    /** New ones that there may be at a time in a sandbox: each is little more than a name. */
    private static final int KINDS = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;

    static Namespaces first(MountNamespace mounts, HostNames names) {
        var first = new Namespaces(
                new Namespace(CLONE_NEWNS, 4_026_531_841L, null, mounts),
                new Namespace(CLONE_NEWUTS, 4_026_531_838L, null, names),
                new Namespace(CLONE_NEWIPC, 4_026_531_839L, null, null),
                new Namespace(CLONE_NEWNET, 4_026_531_840L, null, null),
                new Namespace(CLONE_NEWCGROUP, 4_026_531_835L, null, null),
                new Namespace(CLONE_NEWPID, 4_026_531_836L, null, null),
                new Namespace(CLONE_NEWTIME, 4_026_531_834L, null, null));
        first.retain(); // the sandbox's own stay, whoever is in them
        return first;
    }

    /** The user namespace of {@code credentials}, as a file can show it. */
    public static Namespace ofUsers(UserNamespace users) {
        long number = users == null ? FIRST_USER : users.number();
        return new Namespace(CLONE_NEWUSER, number, users == null ? null : users.parent(), users);
    }

    /** The one of a kind, as of {@code task}; null for kinds that there are not. */
    public static Namespace of(Task task, int kind) {
        var own = task.namespaces();
        return switch (kind) {
            case CLONE_NEWNS -> own.mount;
            case CLONE_NEWUTS -> own.uts;
            case CLONE_NEWIPC -> own.ipc;
            case CLONE_NEWNET -> own.net;
            case CLONE_NEWCGROUP -> own.cgroup;
            case CLONE_NEWPID -> own.pid;
            case CLONE_NEWTIME -> own.time;
            case CLONE_NEWUSER -> ofUsers(task.credentials().userNamespace());
            default -> null;
        };
    }

    /**
     * New namespaces in place of some of these.
     *
     * @param flags CLONE_NEW... of clone(2)
     * @param credentials whose capabilities count, in a new user namespace already if there is one
     * @throws ErrnoException EPERM without CAP_SYS_ADMIN there, EINVAL for kinds that there are not, ENOSPC
     */
    Namespaces unshare(Kernel kernel, long flags, Credentials credentials) throws ErrnoException {
        if ((flags & (CLONE_NEWPID | CLONE_NEWTIME)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((flags & KINDS) == 0) {
            return this;
        }
        if (!credentials.holds(Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        var owner = credentials.userNamespace();
        return new Namespaces(
                (flags & CLONE_NEWNS) == 0
                        ? mount
                        : new Namespace(
                                CLONE_NEWNS,
                                kernel.newNamespaceNumber(),
                                owner,
                                mount.mounts().copy()),
                (flags & CLONE_NEWUTS) == 0
                        ? uts
                        : new Namespace(
                                CLONE_NEWUTS,
                                kernel.newNamespaceNumber(),
                                owner,
                                uts.hostNames().copy()),
                renewed(kernel, flags, ipc, owner),
                renewed(kernel, flags, net, owner),
                renewed(kernel, flags, cgroup, owner),
                pid,
                time);
    }

    private static Namespace renewed(Kernel kernel, long flags, Namespace old, UserNamespace owner) {
        return (flags & old.kind()) == 0 ? old : new Namespace(old.kind(), kernel.newNamespaceNumber(), owner, null);
    }

    /** The same with {@code entered} in place of the one of its kind. */
    Namespaces with(Namespace entered) {
        int kind = entered.kind();
        return new Namespaces(
                kind == CLONE_NEWNS ? entered : mount,
                kind == CLONE_NEWUTS ? entered : uts,
                kind == CLONE_NEWIPC ? entered : ipc,
                kind == CLONE_NEWNET ? entered : net,
                kind == CLONE_NEWCGROUP ? entered : cgroup,
                pid,
                time);
    }

    void retain() {
        mount.retain();
    }

    void release() {
        mount.release();
    }
}
