package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;

/** renameat2(2), from the point where both parent directories have been found. */
final class Renaming {
    private final Caller caller;
    private final PathWalk.Last from;
    private final PathWalk.Last to;
    private final int flags;
    private final Dentry oldParent;
    private final Dentry newParent;

    Renaming(Caller caller, PathWalk.Last from, PathWalk.Last to, int flags) {
        this.caller = caller;
        this.from = from;
        this.to = to;
        this.flags = flags;
        this.oldParent = from.directory().dentry();
        this.newParent = to.directory().dentry();
    }

    void run() throws ErrnoException {
        if (from.directory().mount() != to.directory().mount()) {
            throw ErrnoException.of(Errno.EXDEV);
        }
        if (!from.isOrdinary()) {
            throw ErrnoException.of(Errno.EBUSY);
        }
        if (!to.isOrdinary()) {
            throw ErrnoException.of((flags & Fcntl.RENAME_NOREPLACE) != 0 ? Errno.EEXIST : Errno.EBUSY);
        }
        FileOperations.checkWritable(from.directory());

        if (oldParent == newParent) {
            synchronized (oldParent) {
                rename();
            }
            return;
        }
        synchronized (oldParent.fileSystem().renameLock()) {
            // With the rename lock held nobody's ancestors change; other holders of two locks go from parent to child.
            boolean newFirst = newParent.isAncestorOrSelf(oldParent);
            synchronized (newFirst ? newParent : oldParent) {
                synchronized (newFirst ? oldParent : newParent) {
                    rename();
                }
            }
        }
    }

    private void rename() throws ErrnoException {
        Dentry moved = FileOperations.existing(caller, from);
        Dentry replaced = newParent.child(caller, to.name());
        boolean exchange = (flags & Fcntl.RENAME_EXCHANGE) != 0;
        if ((flags & Fcntl.RENAME_NOREPLACE) != 0 && replaced != null) {
            throw ErrnoException.of(Errno.EEXIST);
        }
        if (exchange && replaced == null) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        checkSlashes(moved, replaced, exchange);
        if (oldParent != newParent) {
            if (moved.isAncestorOrSelf(newParent)) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (replaced != null && replaced.isAncestorOrSelf(oldParent)) {
                throw ErrnoException.of(exchange ? Errno.EINVAL : Errno.ENOTEMPTY);
            }
        }
        if (replaced != null && replaced.inode() == moved.inode()) {
            return; // two names of one file: rename(2) does nothing, and is proud of it
        }
        checkPermissions(moved, replaced, exchange);
        if (moved.isMountPoint() || replaced != null && replaced.isMountPoint()) {
            throw ErrnoException.of(Errno.EBUSY);
        }

        if (replaced == null) {
            act(moved, null, exchange);
        } else {
            synchronized (replaced) { // so that nothing is made in a directory that is about to go
                if (replaced.isMountPoint()) {
                    throw ErrnoException.of(Errno.EBUSY);
                }
                act(moved, replaced, exchange);
            }
        }
    }

    private void checkSlashes(Dentry moved, Dentry replaced, boolean exchange) throws ErrnoException {
        if (!moved.isDirectory() && (from.slash() || !exchange && to.slash())) {
            throw ErrnoException.of(Errno.ENOTDIR);
        }
        if (exchange && to.slash() && !replaced.isDirectory()) {
            throw ErrnoException.of(Errno.ENOTDIR);
        }
    }

    private void checkPermissions(Dentry moved, Dentry replaced, boolean exchange) throws ErrnoException {
        Credentials credentials = caller.credentials();
        Permission.checkRemoval(credentials, from.directory(), moved.inode().attributes());
        if (replaced == null) {
            Permission.check(credentials, to.directory(), Permission.WRITE | Permission.EXECUTE);
        } else {
            Permission.checkRemoval(
                    credentials, to.directory(), replaced.inode().attributes());
            if (!exchange && moved.isDirectory() != replaced.isDirectory()) {
                throw ErrnoException.of(moved.isDirectory() ? Errno.ENOTDIR : Errno.EISDIR);
            }
        }
        // A directory that gets another parent has its ".." changed.
        if (oldParent != newParent) {
            if (moved.isDirectory()) {
                Permission.check(credentials, moved.inode().attributes(), Permission.WRITE);
            }
            if (exchange && replaced.isDirectory()) {
                Permission.check(credentials, replaced.inode().attributes(), Permission.WRITE);
            }
        }
        if ((flags & Fcntl.RENAME_WHITEOUT) != 0 && !credentials.has(Credentials.CAP_MKNOD)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    private void act(Dentry moved, Dentry replaced, boolean exchange) throws ErrnoException {
        Inode target = replaced == null ? null : replaced.inode();
        oldParent.inode().rename(from.name(), moved.inode(), newParent.inode(), to.name(), target, flags);
        if (exchange) {
            Dentry.exchange(moved, replaced);
            FileEvents.moved(oldParent, from.name(), newParent, to.name(), moved.inode(), null);
            FileEvents.moved(newParent, to.name(), oldParent, from.name(), replaced.inode(), null);
            return;
        }
        if (replaced != null) {
            newParent.remove(replaced);
        }
        oldParent.move(moved, newParent, to.name());
        FileEvents.moved(oldParent, from.name(), newParent, to.name(), moved.inode(), replaced);
    }
}
