package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Inotify;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;

/** Changing what a file is, with the checks of permissions that Linux makes: mode, owner, times, size. */
public final class Metadata {
    /** As a time: leave it as it is; UTIME_OMIT of utimensat(2). */
    public static final Long KEEP = null;

    private Metadata() {}

    /**
     * access(2).
     *
     * @param credentials whose rights to look at: access(2) takes the real ids instead of the effective ones
     * @param wanted R_OK, W_OK, X_OK; 0 asks only whether it is there
     */
    public static void checkAccess(Credentials credentials, Path path, int wanted) throws ErrnoException {
        Inode inode = path.inode();
        if ((wanted & Permission.EXECUTE) != 0
                && inode.type() == FileMode.S_IFREG
                && (path.mount().flags() & Mount.NO_EXECUTE) != 0) {
            throw ErrnoException.of(Errno.EACCES);
        }
        Permission.check(credentials, inode.attributes(), wanted);
        if ((wanted & Permission.WRITE) != 0) {
            Permission.check(credentials, path, wanted); // EROFS comes last in Linux
        }
    }

    /** chmod(2). */
    public static void changeMode(Caller caller, Path path, int mode) throws ErrnoException {
        Credentials credentials = caller.credentials();
        FileOperations.checkWritable(path);
        Inode inode = path.inode();
        Attributes attributes = inode.attributes();
        if (inode.type() == FileMode.S_IFLNK || inode.type() == 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        if (!Permission.owns(credentials, attributes)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        int bits = mode & FileMode.S_IALLUGO;
        if (!credentials.inGroup(attributes.group()) && !credentials.has(Credentials.CAP_FSETID)) {
            bits &= ~FileMode.S_ISGID;
        }
        inode.setAttributes(caller, AttributeChange.ofMode(bits));
        FileEvents.happened(path, Inotify.IN_ATTRIB);
    }

    /**
     * chown(2).
     *
     * @param user -1 to keep it
     * @param group -1 to keep it
     */
    public static void changeOwner(Caller caller, Path path, int user, int group) throws ErrnoException {
        Credentials credentials = caller.credentials();
        FileOperations.checkWritable(path);
        Inode inode = path.inode();
        Attributes attributes = inode.attributes();
        if (!credentials.holdsOver(attributes.user(), attributes.group(), Credentials.CAP_CHOWN)) {
            boolean owner = credentials.fileSystemUser() == attributes.user();
            boolean keepsUser = user == -1 || owner && user == attributes.user();
            boolean keepsGroup = group == -1 || owner && (group == attributes.group() || credentials.inGroup(group));
            if (!keepsUser || !keepsGroup) {
                throw ErrnoException.of(Errno.EPERM);
            }
        }
        Integer mode = null;
        if (inode.type() != FileMode.S_IFDIR) {
            int bits = withoutPrivileges(attributes.mode());
            mode = bits == attributes.mode() ? null : bits & FileMode.S_IALLUGO;
        }
        Integer newUser = user == -1 ? null : user;
        Integer newGroup = group == -1 ? null : group;
        inode.setAttributes(caller, new AttributeChange(mode, newUser, newGroup, null, null, null));
        FileEvents.happened(path, Inotify.IN_ATTRIB);
    }

    /**
     * utimensat(2).
     *
     * @param accessTimeNanos {@link #KEEP} to keep it
     * @param now whether both times are the current one: then whoever may write the file may do it too
     */
    public static void changeTimes(
            Caller caller, Path path, Long accessTimeNanos, Long modificationTimeNanos, boolean now)
            throws ErrnoException {
        if (accessTimeNanos == null && modificationTimeNanos == null) {
            return;
        }
        Credentials credentials = caller.credentials();
        FileOperations.checkWritable(path);
        Inode inode = path.inode();
        Attributes attributes = inode.attributes();
        if (!Permission.owns(credentials, attributes)) {
            if (!now) {
                throw ErrnoException.of(Errno.EPERM);
            }
            Permission.check(credentials, attributes, Permission.WRITE);
        }
        inode.setAttributes(caller, AttributeChange.ofTimes(accessTimeNanos, modificationTimeNanos));
        int event = Inotify.IN_ATTRIB;
        if (accessTimeNanos == null || modificationTimeNanos == null) {
            event = accessTimeNanos == null ? Inotify.IN_MODIFY : Inotify.IN_ACCESS; // as if it had been done
        }
        FileEvents.happened(path, event);
    }

    /** truncate(2). */
    public static void truncate(Caller caller, Path path, long sizeBytes) throws ErrnoException {
        Inode inode = path.inode();
        switch (inode.type()) {
            case FileMode.S_IFREG -> {}
            case FileMode.S_IFDIR -> throw ErrnoException.of(Errno.EISDIR);
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        Permission.check(caller.credentials(), path, Permission.WRITE);
        truncateOpened(caller, path, sizeBytes);
    }

    /** ftruncate(2): sets the size of a file that the caller may write. */
    public static void truncateOpened(Caller caller, Path path, long sizeBytes) throws ErrnoException {
        setSize(caller, path.inode(), sizeBytes);
        FileEvents.happened(path, Inotify.IN_MODIFY);
    }

    /** As {@link #truncateOpened}, and tells nobody who watches the file. */
    static void setSize(Caller caller, Inode inode, long sizeBytes) throws ErrnoException {
        if (sizeBytes < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        Integer mode = null;
        if (!caller.credentials().has(Credentials.CAP_FSETID)) {
            Attributes attributes = inode.attributes();
            int bits = withoutPrivileges(attributes.mode());
            mode = bits == attributes.mode() ? null : bits & FileMode.S_IALLUGO;
        }
        inode.setAttributes(caller, new AttributeChange(mode, null, null, sizeBytes, null, null));
    }

    /** A mode without what makes a program run as its owner: writing and giving away a file take that away. */
    public static int withoutPrivileges(int mode) {
        int bits = mode & ~FileMode.S_ISUID;
        return (bits & FileMode.S_IXGRP) != 0 ? bits & ~FileMode.S_ISGID : bits;
    }
}
