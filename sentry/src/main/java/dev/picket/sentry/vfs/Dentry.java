package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * A name in a directory, and the file it stands for: a node of the tree of names of one file system.
 *
 * <p>Its monitor is the lock of the directory: names are made, removed and looked up in the file system only with it held.
 * Names already known are found without it. {@link #parent} and {@link #name} change with the rename lock of the file
 * system held, see {@link FileSystem#renameLock}.
 *
 * <p>A name that does not exist may be remembered too: a dentry whose inode is null. Such dentries never leave this class.
 */
public final class Dentry {
    private static final class Child extends WeakReference<Dentry> {
        private final String name;

        private Child(Dentry dentry, ReferenceQueue<Dentry> collected) {
            super(dentry, collected);
            this.name = dentry.name;
        }
    }

    private static final AtomicIntegerFieldUpdater<Dentry> OPEN_FILES =
            AtomicIntegerFieldUpdater.newUpdater(Dentry.class, "openFiles");

    private final FileSystem fileSystem;
    private final Inode inode;
    private final boolean anonymous;
    private volatile Dentry parent;
    private volatile String name;
    private volatile boolean deleted;
    private volatile boolean used;
    private volatile int mounts;
    private volatile int openFiles;
    private volatile ConcurrentHashMap<String, Child> children;
    private ReferenceQueue<Dentry> collected;

    private Dentry(FileSystem fileSystem, Dentry parent, String name, Inode inode, boolean anonymous) {
        this.fileSystem = fileSystem;
        this.parent = parent == null ? this : parent;
        this.name = name;
        this.inode = inode;
        this.anonymous = anonymous;
    }

    /** The root of a file system; made once for each, by {@link FileSystem#rootDentry}. */
    static Dentry root(FileSystem fileSystem, Inode inode) {
        return new Dentry(fileSystem, null, "/", inode, false);
    }

    /** A file with no place in the tree, whose name is shown as it is. */
    public static Dentry anonymous(FileSystem fileSystem, String name, Inode inode) {
        return new Dentry(fileSystem, null, name, inode, true);
    }

    /** A file that never had a name, as O_TMPFILE and memfd_create(2) make them: shown as deleted. */
    public static Dentry unnamed(FileSystem fileSystem, Dentry parent, String name, Inode inode) {
        var dentry = new Dentry(fileSystem, parent, name, inode, parent == null);
        dentry.deleted = true;
        return dentry;
    }

    public Inode inode() {
        return inode;
    }

    /** The directory this name is in; a root is its own parent. */
    public Dentry parent() {
        return parent;
    }

    public String name() {
        return name;
    }

    public FileSystem fileSystem() {
        return fileSystem;
    }

    /** Whether the name was removed, or never was. */
    public boolean isDeleted() {
        return deleted;
    }

    /** Whether this is the file of a pipe, a socket and the like, whose name is no path. */
    public boolean isAnonymous() {
        return anonymous;
    }

    public boolean isRoot() {
        return parent == this;
    }

    public boolean isDirectory() {
        return inode.type() == FileMode.S_IFDIR;
    }

    /** Whether {@code other} is this or lies below this. Stable only with the rename lock held. */
    boolean isAncestorOrSelf(Dentry other) {
        for (Dentry place = other; ; place = place.parent) {
            if (place == this) {
                return true;
            }
            if (place.isRoot()) {
                return false;
            }
        }
    }

    /** Whether something may be mounted here, in some namespace. */
    boolean isMountPoint() {
        return mounts != 0;
    }

    synchronized void countMounts(int change) {
        mounts += change;
    }

    /** An open file more (1) or less (-1) has this name. */
    int countOpenFiles(int change) {
        return OPEN_FILES.addAndGet(this, change);
    }

    /** Whether a file is open by this name. */
    boolean isOpen() {
        return openFiles > 0;
    }

    boolean takeUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    /**
     * Finds a child of this directory, in memory or in the file system.
     *
     * @return the child, or null if there is none
     * @throws ErrnoException ENOENT if this directory has been removed
     */
    public Dentry child(Caller caller, String childName) throws ErrnoException {
        if (inode.cachesNames()) {
            Dentry known = known(childName);
            if (known != null) {
                return known.inode == null ? null : known;
            }
        }
        synchronized (this) {
            return lookup(caller, childName);
        }
    }

    private Dentry known(String childName) {
        var map = children;
        if (map == null) {
            return null;
        }
        Child reference = map.get(childName);
        Dentry known = reference == null ? null : reference.get();
        if (known != null && !known.used) {
            known.used = true;
        }
        return known;
    }

    private Dentry lookup(Caller caller, String childName) throws ErrnoException {
        if (deleted) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        boolean caches = inode.cachesNames();
        Dentry known = known(childName);
        if (known != null && caches) {
            return known.inode == null ? null : known;
        }

        Inode found = inode.lookup(caller, childName);
        if (known != null && known.inode == found) {
            return found == null ? null : known;
        }
        if (known != null && !known.isMountPoint()) {
            // A name that came and went by itself, as in /proc: whoever still holds the old one sees it as deleted.
            known.deleted = known.inode != null;
        } else if (known != null) {
            return known;
        }
        if (found == null && !caches) {
            forget(childName);
            return null;
        }
        var dentry = new Dentry(fileSystem, this, childName, found, false);
        remember(dentry);
        return found == null ? null : dentry;
    }

    /** Puts a new child's name in place. Called with this directory's lock held. */
    Dentry add(String childName, Inode child) {
        var dentry = new Dentry(fileSystem, this, childName, child, false);
        remember(dentry);
        return dentry;
    }

    private void remember(Dentry dentry) {
        if (children == null) {
            collected = new ReferenceQueue<>();
            children = new ConcurrentHashMap<>(4);
        }
        for (Reference<?> gone = collected.poll(); gone != null; gone = collected.poll()) {
            children.remove(((Child) gone).name, gone);
        }
        children.put(dentry.name, new Child(dentry, collected));
        fileSystem.dentries().keep(dentry);
    }

    private void forget(String childName) {
        if (children != null) {
            children.remove(childName);
        }
    }

    /** Takes a child's name away. Called with this directory's lock held. */
    void remove(Dentry child) {
        child.deleted = true;
        forget(child.name);
    }

    /** Moves a child of this to {@code newParent}. Called with both directories' locks and the rename lock held. */
    void move(Dentry child, Dentry newParent, String newName) {
        forget(child.name);
        child.parent = newParent;
        child.name = newName;
        newParent.remember(child);
    }

    /** Swaps two children's places. Called with both directories' locks and the rename lock held. */
    static void exchange(Dentry one, Dentry other) {
        Dentry oneParent = one.parent;
        String oneName = one.name;
        one.parent = other.parent;
        one.name = other.name;
        other.parent = oneParent;
        other.name = oneName;
        one.parent.remember(one);
        other.parent.remember(other);
    }

    @Override
    public String toString() {
        return isRoot() ? name : parent + (parent.isRoot() ? "" : "/") + name;
    }
}
