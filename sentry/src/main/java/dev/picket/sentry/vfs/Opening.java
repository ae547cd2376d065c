package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Inotify;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;

/** open(2): finds or makes the file, checks that it may be opened, and opens it. */
final class Opening {
    /** Flags that are about opening, not about the open file: F_GETFL does not show them. */
    private static final int ONLY_FOR_OPENING =
            Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOCTTY | Fcntl.O_TRUNC | Fcntl.O_CLOEXEC | Fcntl.O_NOFOLLOW;

    private final Caller caller;
    private final Credentials credentials;
    private final int flags;
    private final int mode;
    private boolean made;

    private Opening(Caller caller, int flags, int mode) {
        this.caller = caller;
        this.credentials = caller.credentials();
        this.flags = flags;
        this.mode = mode;
    }

    static OpenFile open(Caller caller, Path start, String path, OpenRequest request) throws ErrnoException {
        int flags = request.flags();
        int walk = request.resolve();
        if ((flags & Fcntl.O_NOFOLLOW) == 0) {
            walk |= PathWalk.FOLLOW;
        }
        if ((flags & Fcntl.O_DIRECTORY) != 0) {
            walk |= PathWalk.DIRECTORY;
        }
        if ((flags & Fcntl.O_PATH) != 0) {
            return new PathFile(PathWalk.resolve(caller, start, path, walk), flags);
        }

        var opening = new Opening(caller, flags, request.mode());
        if ((flags & Fcntl.O_TMPFILE_BIT) != 0) {
            if ((flags & Fcntl.O_ACCMODE) == Fcntl.O_RDONLY || (flags & Fcntl.O_CREAT) != 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            return opening.openUnnamed(PathWalk.resolve(caller, start, path, walk));
        }
        if ((flags & Fcntl.O_CREAT) == 0) {
            return opening.openExisting(PathWalk.resolve(caller, start, path, walk));
        }
        return opening.openExisting(opening.findOrMake(start, path, walk & ~PathWalk.DIRECTORY));
    }

    /** As {@link #open} of a file that was found already. */
    static OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        return new Opening(caller, flags, 0).openExisting(path);
    }

    private Path findOrMake(Path start, String path, int walkFlags) throws ErrnoException {
        if ((flags & Fcntl.O_DIRECTORY) != 0) {
            throw ErrnoException.of(Errno.EINVAL); // since Linux 6.4; before, a directory was left behind
        }
        boolean follows = (walkFlags & PathWalk.FOLLOW) != 0 && (flags & Fcntl.O_EXCL) == 0;
        var walk = new PathWalk(caller, start, path, walkFlags);
        while (true) {
            PathWalk.Last last = walk.toLast();
            if (!last.isOrdinary() || last.slash()) {
                boolean exists = !last.isOrdinary() && (flags & Fcntl.O_EXCL) != 0;
                throw ErrnoException.of(exists ? Errno.EEXIST : Errno.EISDIR);
            }
            Path found = walk.child(last.name());
            if (found == null) {
                found = make(last);
            }
            if (made) {
                return found;
            }
            if ((flags & Fcntl.O_EXCL) != 0) {
                throw ErrnoException.of(Errno.EEXIST);
            }
            if (found.inode().type() == FileMode.S_IFLNK && follows) {
                if (walk.follow(found, "")) {
                    return walk.here();
                }
                continue;
            }
            if (found.inode().type() == FileMode.S_IFDIR) {
                throw ErrnoException.of(Errno.EISDIR);
            }
            return found;
        }
    }

    private Path make(PathWalk.Last last) throws ErrnoException {
        Path directory = last.directory();
        Dentry parent = directory.dentry();
        synchronized (parent) {
            Dentry existing = parent.child(caller, last.name());
            if (existing == null) {
                if (directory.mount().isReadOnly()) {
                    throw ErrnoException.of(Errno.EROFS);
                }
                Permission.check(credentials, directory, Permission.WRITE | Permission.EXECUTE);
                var request = FileOperations.request(credentials, parent.inode(), FileMode.S_IFREG | mode, 0, null);
                existing = parent.add(last.name(), parent.inode().create(caller, last.name(), request));
                made = true;
                FileEvents.created(parent, last.name(), existing.inode());
            }
            return new Path(directory.mount(), existing);
        }
    }

    private OpenFile openUnnamed(Path directory) throws ErrnoException {
        Permission.check(credentials, directory, Permission.WRITE | Permission.EXECUTE);
        Inode parent = directory.inode();
        var request = FileOperations.request(credentials, parent, FileMode.S_IFREG | mode, 0, null);
        Inode inode = parent.createUnnamed(caller, request, (flags & Fcntl.O_EXCL) == 0);
        // Linux names it by its number: "#123 (deleted)" is what /proc/PID/fd shows.
        String name = "#" + inode.attributes().inode();
        var dentry = Dentry.unnamed(directory.dentry().fileSystem(), directory.dentry(), name, inode);
        made = true;
        return openExisting(new Path(directory.mount(), dentry));
    }

    private OpenFile openExisting(Path path) throws ErrnoException {
        Inode inode = path.inode();
        int type = inode.type();
        boolean writes = (flags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY;
        switch (type) {
            case FileMode.S_IFLNK -> throw ErrnoException.of(Errno.ELOOP);
            case FileMode.S_IFDIR -> {
                if (writes || (flags & Fcntl.O_TRUNC) != 0) {
                    throw ErrnoException.of(Errno.EISDIR);
                }
            }
            case FileMode.S_IFBLK, FileMode.S_IFCHR -> {
                if ((path.mount().flags() & Mount.NO_DEVICES) != 0) {
                    throw ErrnoException.of(Errno.EACCES);
                }
            }
            default -> {}
        }
        if (!made) {
            Permission.check(credentials, path, wantedAccess());
            if ((flags & Fcntl.O_NOATIME) != 0 && !Permission.owns(credentials, inode.attributes())) {
                throw ErrnoException.of(Errno.EPERM);
            }
        }

        // Before it is opened, so that an overlay need not copy up what is about to be cut off.
        boolean truncates = (flags & Fcntl.O_TRUNC) != 0 && type == FileMode.S_IFREG && !made;
        if (truncates) {
            Metadata.setSize(caller, inode, 0);
        }
        int openFlags = flags & ~(Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_TRUNC);
        OpenFile file = isSpecial(inode)
                ? path.mount().namespace().specialFiles().open(inode, caller, path, openFlags)
                : inode.open(caller, path, openFlags);
        // Linux sets O_LARGEFILE for every 64-bit program.
        file.setFlags(file.flags() & ~ONLY_FOR_OPENING | Fcntl.O_LARGEFILE);
        FileEvents.happened(file.path(), Inotify.IN_OPEN);
        if (truncates) {
            FileEvents.happened(file.path(), Inotify.IN_MODIFY);
        }
        return file;
    }

    /** Whether the file lives elsewhere than in its file system; sockets cannot be opened at all. */
    private static boolean isSpecial(Inode inode) throws ErrnoException {
        return switch (inode.type()) {
            case FileMode.S_IFSOCK -> throw ErrnoException.of(Errno.ENXIO);
            case FileMode.S_IFIFO, FileMode.S_IFCHR, FileMode.S_IFBLK -> !inode.opensItself();
            default -> false;
        };
    }

    private int wantedAccess() {
        int wanted =
                switch (flags & Fcntl.O_ACCMODE) {
                    case Fcntl.O_RDONLY -> Permission.READ;
                    case Fcntl.O_WRONLY -> Permission.WRITE;
                    default -> Permission.READ | Permission.WRITE;
                };
        return (flags & Fcntl.O_TRUNC) != 0 ? wanted | Permission.WRITE : wanted;
    }
}
