package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Inotify;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;

/**
 * Opening files, and making and removing names, with the checks of permissions that Linux makes. What a path starts from
 * is given; see {@link Metadata} for what files are, not where.
 */
public final class FileOperations {
    private FileOperations() {}

    /**
     * open(2).
     *
     * @param mode permission bits of a file that is made; the umask has been applied
     */
    public static OpenFile open(Caller caller, Path start, String path, int flags, int mode) throws ErrnoException {
        return Opening.open(caller, start, path, new OpenRequest(flags, mode, 0));
    }

    /** openat2(2). */
    public static OpenFile open(Caller caller, Path start, String path, OpenRequest request) throws ErrnoException {
        return Opening.open(caller, start, path, request);
    }

    /** Opens a file that was found already, with the checks of open(2). */
    public static OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        return Opening.open(caller, path, flags);
    }

    /**
     * Opens a program for execve(2).
     *
     * @param walkFlags flags of {@link PathWalk}
     * @throws ErrnoException EACCES if it is not a regular file, may not be executed, or lies on a mount without execution;
     *     ETXTBSY if somebody has it open for writing
     */
    public static OpenFile openExecutable(Caller caller, Path start, String path, int walkFlags) throws ErrnoException {
        Path found = PathWalk.resolve(caller, start, path, walkFlags);
        if (found.inode().type() == FileMode.S_IFLNK) {
            throw ErrnoException.of(Errno.ELOOP);
        }
        if (found.inode().type() != FileMode.S_IFREG || (found.mount().flags() & Mount.NO_EXECUTE) != 0) {
            throw ErrnoException.of(Errno.EACCES);
        }
        Permission.check(caller.credentials(), found.inode().attributes(), Permission.EXECUTE);
        if (found.inode().isOpenForWriting()) {
            throw ErrnoException.of(Errno.ETXTBSY);
        }
        OpenFile program = found.inode().open(caller, found, Fcntl.O_RDONLY | Fcntl.O_LARGEFILE);
        FileEvents.happened(found, Inotify.IN_OPEN);
        return program;
    }

    /** mkdir(2). The umask has been applied to {@code mode}. */
    public static void makeDirectory(Caller caller, Path start, String path, int mode) throws ErrnoException {
        int bits = FileMode.S_IFDIR | mode & (FileMode.S_IRWXUGO | FileMode.S_ISVTX);
        make(caller, PathWalk.resolveParent(caller, start, path, 0), bits, 0, null);
    }

    /**
     * mknod(2) of any type but directories, also for bind(2) of a socket: then the inode made is what the socket keeps.
     *
     * @param mode type and permission bits; the umask has been applied
     * @return the place made
     */
    public static Path makeNode(Caller caller, Path start, String path, int mode, long deviceNumber)
            throws ErrnoException {
        int type = mode & FileMode.S_IFMT;
        switch (type) {
            case 0, FileMode.S_IFREG, FileMode.S_IFIFO, FileMode.S_IFSOCK -> {}
            case FileMode.S_IFCHR, FileMode.S_IFBLK -> {
                if (!caller.credentials().has(Credentials.CAP_MKNOD)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
            }
            case FileMode.S_IFDIR -> throw ErrnoException.of(Errno.EPERM);
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        int bits = (type == 0 ? FileMode.S_IFREG : type) | mode & FileMode.S_IALLUGO;
        return make(caller, PathWalk.resolveParent(caller, start, path, 0), bits, deviceNumber, null);
    }

    /** symlink(2). */
    public static void makeLink(Caller caller, String target, Path start, String path) throws ErrnoException {
        if (target.isEmpty()) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        make(caller, PathWalk.resolveParent(caller, start, path, 0), FileMode.S_IFLNK | FileMode.S_IRWXUGO, 0, target);
    }

    private static Path make(Caller caller, PathWalk.Last last, int mode, long deviceNumber, String target)
            throws ErrnoException {
        Path directory = last.directory();
        Dentry parent = directory.dentry();
        synchronized (parent) {
            checkFree(caller, last, (mode & FileMode.S_IFMT) == FileMode.S_IFDIR);
            Permission.check(caller.credentials(), directory, Permission.WRITE | Permission.EXECUTE);
            var request = request(caller.credentials(), parent.inode(), mode, deviceNumber, target);
            Inode made = parent.inode().create(caller, last.name(), request);
            var path = new Path(directory.mount(), parent.add(last.name(), made));
            FileEvents.created(parent, last.name(), made);
            return path;
        }
    }

    /** Checks that a name can be made: EEXIST, ENOENT, EROFS. Called with the directory's lock held. */
    private static void checkFree(Caller caller, PathWalk.Last last, boolean directoryWanted) throws ErrnoException {
        if (!last.isOrdinary() || last.directory().dentry().child(caller, last.name()) != null) {
            throw ErrnoException.of(Errno.EEXIST);
        }
        if (last.slash() && !directoryWanted) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        if (last.directory().mount().isReadOnly()) {
            throw ErrnoException.of(Errno.EROFS);
        }
    }

    /** What a new file in {@code parent} gets: the owner of its maker, and the group of a set-group-id directory. */
    static CreateRequest request(Credentials credentials, Inode parent, int mode, long deviceNumber, String target)
            throws ErrnoException {
        int group = credentials.fileSystemGroup();
        int bits = mode;
        Attributes directory = parent.attributes();
        if ((directory.mode() & FileMode.S_ISGID) != 0) {
            group = directory.group();
            if ((mode & FileMode.S_IFMT) == FileMode.S_IFDIR) {
                bits |= FileMode.S_ISGID;
            } else if ((mode & (FileMode.S_ISGID | FileMode.S_IXGRP)) == (FileMode.S_ISGID | FileMode.S_IXGRP)
                    && !credentials.inGroup(group)
                    && !credentials.has(Credentials.CAP_FSETID)) {
                bits &= ~FileMode.S_ISGID;
            }
        }
        return new CreateRequest(bits, credentials.fileSystemUser(), group, deviceNumber, target);
    }

    /** link(2): {@code existing} gets one more name. */
    public static void link(Caller caller, Path existing, Path start, String path) throws ErrnoException {
        PathWalk.Last last = PathWalk.resolveParent(caller, start, path, 0);
        Path directory = last.directory();
        Dentry parent = directory.dentry();
        synchronized (parent) {
            checkFree(caller, last, false);
            if (directory.mount() != existing.mount()) {
                throw ErrnoException.of(Errno.EXDEV);
            }
            Permission.check(caller.credentials(), directory, Permission.WRITE | Permission.EXECUTE);
            if (existing.inode().type() == FileMode.S_IFDIR) {
                throw ErrnoException.of(Errno.EPERM);
            }
            parent.inode().link(last.name(), existing.inode());
            parent.add(last.name(), existing.inode());
            FileEvents.changed(existing.inode(), Inotify.IN_ATTRIB);
            FileEvents.created(parent, last.name(), existing.inode());
        }
    }

    /** unlink(2). */
    public static void unlink(Caller caller, Path start, String path) throws ErrnoException {
        PathWalk.Last last = PathWalk.resolveParent(caller, start, path, 0);
        if (!last.isOrdinary()) {
            throw ErrnoException.of(Errno.EISDIR);
        }
        Dentry parent = last.directory().dentry();
        synchronized (parent) {
            Dentry child = existing(caller, last);
            Inode inode = child.inode();
            boolean directory = inode.type() == FileMode.S_IFDIR;
            if (last.slash()) {
                throw ErrnoException.of(directory ? Errno.EISDIR : Errno.ENOTDIR);
            }
            checkWritable(last.directory());
            Permission.checkRemoval(caller.credentials(), last.directory(), inode.attributes());
            if (directory) {
                throw ErrnoException.of(Errno.EISDIR);
            }
            synchronized (child) {
                if (child.isMountPoint()) {
                    throw ErrnoException.of(Errno.EBUSY);
                }
                parent.inode().unlink(last.name(), inode);
                parent.remove(child);
                FileEvents.removed(parent, child);
            }
        }
    }

    /** rmdir(2). */
    public static void removeDirectory(Caller caller, Path start, String path) throws ErrnoException {
        PathWalk.Last last = PathWalk.resolveParent(caller, start, path, 0);
        switch (last.name()) {
            case "" -> throw ErrnoException.of(Errno.EBUSY);
            case "." -> throw ErrnoException.of(Errno.EINVAL);
            case ".." -> throw ErrnoException.of(Errno.ENOTEMPTY);
            default -> {}
        }
        Dentry parent = last.directory().dentry();
        synchronized (parent) {
            Dentry child = existing(caller, last);
            checkWritable(last.directory());
            Permission.checkRemoval(
                    caller.credentials(), last.directory(), child.inode().attributes());
            if (!child.isDirectory()) {
                throw ErrnoException.of(Errno.ENOTDIR);
            }
            synchronized (child) {
                if (child.isMountPoint() || isRootOf(caller, child)) {
                    throw ErrnoException.of(Errno.EBUSY);
                }
                parent.inode().removeDirectory(last.name(), child.inode());
                parent.remove(child);
                FileEvents.removed(parent, child);
            }
        }
    }

    /**
     * renameat2(2).
     *
     * @param flags RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT
     */
    public static void rename(Caller caller, Path oldStart, String oldPath, Path newStart, String newPath, int flags)
            throws ErrnoException {
        PathWalk.Last from = PathWalk.resolveParent(caller, oldStart, oldPath, 0);
        PathWalk.Last to = PathWalk.resolveParent(caller, newStart, newPath, 0);
        new Renaming(caller, from, to, flags).run();
    }

    static Dentry existing(Caller caller, PathWalk.Last last) throws ErrnoException {
        Dentry child = last.directory().dentry().child(caller, last.name());
        if (child == null) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        return child;
    }

    static void checkWritable(Path path) throws ErrnoException {
        if (path.mount().isReadOnly()) {
            throw ErrnoException.of(Errno.EROFS);
        }
    }

    private static boolean isRootOf(Caller caller, Dentry dentry) {
        return caller.root().dentry() == dentry;
    }
}
