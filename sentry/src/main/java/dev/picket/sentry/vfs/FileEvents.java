package dev.picket.sentry.vfs;

import static dev.picket.platform.linux.Inotify.*;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;

/**
 * Tells {@link FileWatch}es what happens: to the file itself, and under the file's name to its directory. In a file system
 * that nobody watches, an event costs one look at a field.
 */
public final class FileEvents {
    private FileEvents() {}

    /** Something was done to the file of a path, or by it: IN_ACCESS, IN_MODIFY, IN_ATTRIB, IN_OPEN, IN_CLOSE_. */
    public static void happened(Path path, int event) {
        if (path != null && path.dentry().fileSystem().isWatched()) {
            tell(path.dentry(), event);
        }
    }

    private static void tell(Dentry dentry, int event) {
        Inode inode = dentry.inode();
        int full = event | directoryBit(inode);
        if (!dentry.isRoot() && !dentry.isAnonymous()) {
            tell(dentry.parent().inode(), full, 0, dentry.name(), dentry.isDeleted());
        }
        tell(inode, full, 0, null, false);
    }

    private static int directoryBit(Inode inode) {
        return inode.type() == FileMode.S_IFDIR ? IN_ISDIR : 0;
    }

    private static void tell(Inode inode, int event, int cookie, String name, boolean unlinked) {
        for (FileWatch watch : inode.watches()) {
            if ((watch.wantedEvents() & event & ~IN_ISDIR) != 0) {
                watch.happened(event, cookie, name, unlinked);
            }
        }
    }

    /** The attributes of a file, or its links, were changed. */
    static void changed(Inode inode, int event) {
        if (inode.fileSystem().isWatched()) {
            tell(inode, event | directoryBit(inode), 0, null, false);
        }
    }

    /** A name was made in a directory. */
    static void created(Dentry directory, String name, Inode made) {
        if (directory.fileSystem().isWatched()) {
            tell(directory.inode(), IN_CREATE | directoryBit(made), 0, name, false);
        }
    }

    /** A name was removed; the file may go with it. */
    static void removed(Dentry directory, Dentry gone) {
        if (!directory.fileSystem().isWatched()) {
            return;
        }
        Inode inode = gone.inode();
        if (inode.type() != FileMode.S_IFDIR) {
            tell(inode, IN_ATTRIB, 0, null, false); // its number of links
        }
        endIfUnused(gone);
        tell(directory.inode(), IN_DELETE | directoryBit(inode), 0, gone.name(), false);
    }

    /** A file got another name. */
    static void moved(Dentry from, String oldName, Dentry to, String newName, Inode moved, Dentry replaced) {
        if (!from.fileSystem().isWatched()) {
            return;
        }
        int cookie = from.fileSystem().nextCookie();
        int directory = directoryBit(moved);
        tell(from.inode(), IN_MOVED_FROM | directory, cookie, oldName, false);
        tell(to.inode(), IN_MOVED_TO | directory, cookie, newName, false);
        if (replaced != null) {
            tell(replaced.inode(), IN_ATTRIB | directoryBit(replaced.inode()), 0, null, false);
        }
        tell(moved, IN_MOVE_SELF | directory, 0, null, false);
        if (replaced != null) {
            endIfUnused(replaced);
        }
    }

    /** The last open file of a name was closed: what has no name any more is gone now. */
    static void closed(Dentry dentry) {
        if (dentry.isDeleted() && dentry.fileSystem().isWatched()) {
            endIfUnused(dentry);
        }
    }

    private static void endIfUnused(Dentry dentry) {
        Inode inode = dentry.inode();
        if (inode.watches().length == 0 || dentry.isOpen()) {
            return;
        }
        try {
            // A directory that was removed shows no links, or the one that "." was.
            if (inode.type() != FileMode.S_IFDIR && inode.attributes().links() > 0) {
                return;
            }
        } catch (ErrnoException e) {
            return; // it cannot say how many names it has: then it is not known to be gone
        }
        end(inode, IN_DELETE_SELF);
    }

    /** A file is gone: who watches it hears so, and nothing more. */
    static void end(Inode inode, int event) {
        tell(inode, event | directoryBit(inode), 0, null, false);
        for (FileWatch watch : inode.watches()) {
            if (inode.removeWatch(watch)) {
                watch.ended();
            }
        }
    }
}
