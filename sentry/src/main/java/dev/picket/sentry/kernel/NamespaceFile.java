package dev.picket.sentry.kernel;

import dev.picket.platform.linux.CloneFlags;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A namespace as a file: what /proc/PID/ns leads to, for setns(2) and ioctl_ns(2). */
public final class NamespaceFile extends OpenFile {
    private static final int NS_GET_USERNS = 0xb701;
    private static final int NS_GET_PARENT = 0xb702;
    private static final int NS_GET_NSTYPE = 0xb703;
    private static final int NS_GET_OWNER_UID = 0xb704;
    private static final int S_IFREG_READ_ONLY = 0100444;

    private final Namespace namespace;
    private final Inode inode;

    private NamespaceFile(Namespace namespace, Inode inode, Path path, int flags) {
        super(path, flags);
        this.namespace = namespace;
        this.inode = inode;
        namespace.retain();
    }

    /** Where the link of {@code namespace} leads. */
    public static Path place(Kernel kernel, Namespace namespace) {
        return new Place(kernel, namespace).path();
    }

    /** How {@code namespace} is named by its link. */
    public static String nameOf(Namespace namespace) {
        return namespace.name() + ":[" + namespace.number() + "]";
    }

    /** The inode of a namespace: the number is what tells one from another. */
    private static final class Place extends AnonymousInode {
        private final Namespace namespace;

        Place(Kernel kernel, Namespace namespace) {
            super(
                    kernel.anonymousFiles().namespaces(),
                    S_IFREG_READ_ONLY,
                    Credentials.initial(0, 0, new int[0], 0),
                    nameOf(namespace));
            this.namespace = namespace;
        }

        @Override
        public Attributes attributes() {
            var own = super.attributes();
            return new Attributes(
                    own.device(),
                    namespace.number(),
                    own.mode(),
                    own.links(),
                    own.user(),
                    own.group(),
                    0,
                    0,
                    own.blockSizeBytes(),
                    0,
                    own.accessTimeNanos(),
                    own.modificationTimeNanos(),
                    own.changeTimeNanos());
        }

        @Override
        public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
            if ((flags & 3) != 0) {
                throw ErrnoException.of(Errno.EPERM);
            }
            return new NamespaceFile(namespace, this, path, flags);
        }
    }

    public Namespace namespace() {
        return namespace;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    @Override
    protected void released() {
        namespace.release();
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (!(caller instanceof Task task)) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        switch (request) {
            case NS_GET_USERNS -> {
                return open(task, namespace.owner());
            }
            case NS_GET_PARENT -> {
                if (namespace.kind() != CloneFlags.CLONE_NEWUSER) {
                    throw ErrnoException.of(namespace.kind() == CloneFlags.CLONE_NEWPID ? Errno.EPERM : Errno.EINVAL);
                }
                if (namespace.users() == null) {
                    throw ErrnoException.of(Errno.EPERM); // what is above the sandbox is not to be seen
                }
                return open(task, namespace.owner());
            }
            case NS_GET_NSTYPE -> {
                return namespace.kind();
            }
            case NS_GET_OWNER_UID -> {
                if (namespace.kind() != CloneFlags.CLONE_NEWUSER) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                int owner = namespace.users() == null ? 0 : namespace.users().ownerUser();
                var reader = task.credentials().userNamespace();
                task.memory().putInt(argument, UserNamespace.userInside(reader, owner));
                return 0;
            }
            default -> throw ErrnoException.of(Errno.ENOTTY);
        }
    }

    /** A descriptor for a user namespace; EPERM if the task is not in it or above it. */
    private static long open(Task task, UserNamespace users) throws ErrnoException {
        if (!UserNamespace.isWithin(users, task.credentials().userNamespace())) {
            throw ErrnoException.of(Errno.EPERM);
        }
        var place = new Place(task.kernel(), Namespaces.ofUsers(users));
        var file = place.open(task, place.path(), 0);
        try {
            return task.files().install(file, 0, true);
        } catch (ErrnoException e) {
            file.release();
            throw e;
        }
    }
}
