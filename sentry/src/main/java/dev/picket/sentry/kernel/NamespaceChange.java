package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.CloneFlags.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.Path;

/**
 * New namespaces for a task, or for a child that it makes: all that changes, ready to be put in place. Nothing has
 * happened to the task yet.
 *
 * @param directories root and working directory, in new mounts if there are new ones
 */
public record NamespaceChange(Credentials credentials, Namespaces namespaces, DirectoryContext directories) {
    /**
     * Prepares what {@code flags} ask for.
     *
     * @param flags CLONE_NEW... of clone(2)
     * @param directories those that the task, or its child, is going to have of its own
     * @throws ErrnoException EPERM, EINVAL, ENOSPC: see unshare(2)
     */
    public static NamespaceChange prepare(Task task, long flags, DirectoryContext directories) throws ErrnoException {
        var kernel = task.kernel();
        var old = task.namespaces();
        var credentials = task.credentials();
        if ((flags & CLONE_NEWUSER) != 0) {
            if (!task.root().equals(old.mount().mounts().rootPath())) {
                throw ErrnoException.of(Errno.EPERM); // whoever is locked into a directory stays there
            }
            credentials = credentials.within(new UserNamespace(credentials, kernel.newNamespaceNumber()));
        }
        var mounts = old.mount().mounts();
        synchronized (mounts) { // the tree must not change between the copy and the search in it
            var namespaces = old.unshare(kernel, flags, credentials);
            if (namespaces.mount() == old.mount()) {
                return new NamespaceChange(credentials, namespaces, directories);
            }
            var copy = namespaces.mount().mounts();
            return new NamespaceChange(
                    credentials,
                    namespaces,
                    new DirectoryContext(
                            placeIn(mounts, copy, directories.root()),
                            placeIn(mounts, copy, directories.workingDirectory()),
                            directories.umask()));
        }
    }

    private static Path placeIn(MountNamespace old, MountNamespace copy, Path place) {
        Path found = old.placeIn(copy, place);
        return found == null ? place : found; // it is not mounted any more, and stays what it was
    }

    /** Puts the change in place: by the task's own thread. */
    public void apply(Task task) {
        task.setCredentials(credentials);
        task.setNamespaces(namespaces);
        task.setDirectories(directories);
    }

    /** Lets go of what was made for a child that is not to be. */
    void discard(Task task) {
        if (namespaces != task.namespaces()) {
            namespaces.retain();
            namespaces.release();
        }
    }

    /** setns(2) for one namespace, whose rules were checked. */
    public static void enter(Task task, Namespace entered) {
        task.setNamespaces(task.namespaces().with(entered));
        if (entered.kind() == CLONE_NEWNS) {
            Path root = entered.mounts().rootPath();
            task.setDirectories(
                    new DirectoryContext(root, root, task.directories().umask()));
        }
    }
}
