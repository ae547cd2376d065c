package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Inotify;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A tree of files that can be mounted. */
public abstract class FileSystem {
    private static final int COOKIE_BITS = 22;

    private final DentryCache dentries = new DentryCache();
    private final LockBudget lockBudget = new LockBudget();
    private final Object renameLock = new Object();
    private final AtomicInteger watches = new AtomicInteger();
    private final Set<Inode> watchedInodes = ConcurrentHashMap.newKeySet();
    private final AtomicInteger cookies = new AtomicInteger();
    private Dentry rootDentry;

    /** Type, as /proc/mounts shows it: {@code tmpfs}, {@code proc}. */
    public abstract String type();

    /** The root directory's inode. */
    public abstract Inode root();

    /** Device number that stat(2) shows for its files. */
    public abstract long device();

    /** Sizes, as statfs(2) shows them. */
    public abstract FileSystemStatus status();

    /** The name of the root: the one tree of names that all mounts of this file system share. */
    public final synchronized Dentry rootDentry() {
        if (rootDentry == null) {
            rootDentry = Dentry.root(this, root());
        }
        return rootDentry;
    }

    /** The lock under which directories get other parents; taken before the locks of directories. */
    final Object renameLock() {
        return renameLock;
    }

    /** Whether any file here is watched. */
    final boolean isWatched() {
        return watches.get() != 0;
    }

    /** A watch of a file of this began. */
    final void watchBegan(Inode inode) {
        watches.incrementAndGet();
        watchedInodes.add(inode);
    }

    /** A watch ended; {@code others} tells whether the file still has some. */
    final void watchEnded(Inode inode, boolean others) {
        if (!others) {
            watchedInodes.remove(inode);
        }
        watches.decrementAndGet();
    }

    /** The last mount of this is gone: who watches files here hears so, and nothing more. */
    final void endWatches() {
        for (Inode inode : watchedInodes) {
            FileEvents.end(inode, Inotify.IN_UNMOUNT);
        }
    }

    /** What ties the two events of a move together: file systems count on their own, from different numbers. */
    final int nextCookie() {
        return (int) (device() << COOKIE_BITS) + (cookies.incrementAndGet() & (1 << COOKIE_BITS) - 1);
    }

    final LockBudget lockBudget() {
        return lockBudget;
    }

    final DentryCache dentries() {
        return dentries;
    }

    /** Options beyond those of the mount, as /proc/mounts shows them: empty, or beginning with a comma. */
    public String mountOptions() {
        return "";
    }

    /** Whether nothing can be written, however it is mounted. */
    public boolean isReadOnly() {
        return false;
    }

    /** Writes back what is not yet on its device; see syncfs(2). File systems in memory have nothing to do. */
    public void sync() {}
}
