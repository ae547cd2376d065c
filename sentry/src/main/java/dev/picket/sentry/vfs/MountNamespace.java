package dev.picket.sentry.vfs;

import dev.picket.platform.linux.DeviceNumber;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A tree of mounts that processes see; mount_namespaces(7).
 *
 * <p>Its monitor is taken after the locks of directories.
 */
public final class MountNamespace {
    private static final int MOUNT_LIMIT = 1024;

    /** Mounts in all namespaces of a sandbox together. */
    private static final int ALL_MOUNTS_LIMIT = 32_768;

    private final ConcurrentHashMap<Path, Mount> mountedAt = new ConcurrentHashMap<>();
    private final List<Mount> mounts = new ArrayList<>();
    private Mount root;
    private final Numbers numbers;
    private volatile SpecialFiles specialFiles = (inode, caller, path, flags) -> {
        throw ErrnoException.of(Errno.ENXIO);
    };

    /** A namespace with {@code root} mounted at its root. */
    public MountNamespace(FileSystem root) {
        this(root, 0, root.type());
    }

    public MountNamespace(FileSystem root, int flags, String source) {
        numbers = new Numbers();
        this.root = new Mount(this, numbers.newMount(), root.rootDentry(), root, source, flags & Mount.FLAGS);
        mounts.add(this.root);
    }

    private MountNamespace(Numbers numbers) {
        this.numbers = numbers;
    }

    /** What all mount namespaces of a sandbox share: numbers are given once, and mounts are counted together. */
    private static final class Numbers {
        private int nextId = 20;
        private int nextDeviceMinor = 256; // those below are for what the Sentry mounts
        private int mounts = 1;

        synchronized int newMount() {
            return nextId++;
        }

        synchronized int newDeviceMinor() {
            return nextDeviceMinor++;
        }

        synchronized void count(int more) throws ErrnoException {
            if (mounts + more > ALL_MOUNTS_LIMIT) {
                throw ErrnoException.of(Errno.ENOSPC);
            }
            mounts += more;
        }

        synchronized void uncount(int fewer) {
            mounts -= fewer;
        }
    }

    /**
     * A copy of this with mounts of its own of the same file systems: CLONE_NEWNS.
     *
     * @throws ErrnoException ENOSPC if there are too many mounts in the sandbox
     */
    public synchronized MountNamespace copy() throws ErrnoException {
        numbers.count(mounts.size());
        var copy = new MountNamespace(numbers);
        copy.specialFiles = specialFiles;
        synchronized (copy) {
            for (Mount mount : mounts) {
                copy.mounts.add(new Mount(
                        copy, numbers.newMount(), mount.root(), mount.fileSystem(), mount.source(), mount.flags()));
            }
            for (int i = 0; i < mounts.size(); i++) {
                Path place = mounts.get(i).place();
                if (place != null) {
                    copy.put(
                            copy.mounts.get(i),
                            new Path(copy.mounts.get(mounts.indexOf(place.mount())), place.dentry()));
                }
            }
            copy.root = copy.mounts.get(mounts.indexOf(root));
        }
        return copy;
    }

    /** The place in {@code copy}, which is a copy of this as it is now, that {@code place} is here; null if it is not here. */
    public synchronized Path placeIn(MountNamespace copy, Path place) {
        int index = mounts.indexOf(place.mount());
        return index < 0 ? null : new Path(copy.mounts().get(index), place.dentry());
    }

    private void put(Mount mount, Path place) {
        place.dentry().countMounts(1);
        mount.setPlace(place);
        mountedAt.put(place, mount);
    }

    /** Nobody is in this namespace any more: its mounts go. */
    public synchronized void dissolve() {
        for (Mount mount : List.copyOf(mounts)) {
            if (mount.place() != null) {
                detach(mount);
            } else {
                mounts.remove(mount);
                numbers.uncount(1);
            }
        }
    }

    /** A mount of a file system of type {@code type} that is there already; null if there is none. */
    public synchronized Mount ofType(String type) {
        for (Mount mount : mounts) {
            if (mount.fileSystem().type().equals(type)) {
                return mount;
            }
        }
        return null;
    }

    /** Moves a mount, with what is mounted below it; MS_MOVE. EINVAL if it is none, or the root; ELOOP into itself. */
    public synchronized void move(Path what, Path where) throws ErrnoException {
        Mount mount = what.mount();
        Path place = top(where);
        if (mount.namespace() != this
                || what.dentry() != mount.root()
                || mount == root
                || place.mount().namespace() != this
                || mount.root().isDirectory() != place.dentry().isDirectory()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (isBelow(place, new Path(mount, mount.root()))) {
            throw ErrnoException.of(Errno.ELOOP);
        }
        Path old = mount.place();
        mountedAt.remove(old, mount);
        old.dentry().countMounts(-1);
        put(mount, place);
    }

    /** As {@link #bind}, with what is mounted below {@code what}: MS_REC. */
    public synchronized void bindAll(Path what, Path where) throws ErrnoException {
        List<Mount> originals = new ArrayList<>();
        for (Mount below : below(what.mount())) {
            if (isBelow(below.place(), what)) {
                originals.add(below);
            }
        }
        List<Mount> copies = new ArrayList<>();
        Mount top = bind(what, where);
        for (Mount original : originals) {
            Mount parent = original.parent();
            int index = originals.indexOf(parent);
            Mount newParent = index >= 0 ? copies.get(index) : top;
            Path place = new Path(newParent, original.mountPoint());
            copies.add(attach(place, original.root(), original.fileSystem(), original.flags(), original.source()));
        }
    }

    /** Sets who opens FIFOs and devices; until then none can be opened. */
    public void setSpecialFiles(SpecialFiles specialFiles) {
        this.specialFiles = specialFiles;
    }

    SpecialFiles specialFiles() {
        return specialFiles;
    }

    public synchronized Mount root() {
        return root;
    }

    /** A device number for a file system that a guest mounts. */
    public synchronized long newDevice() {
        return DeviceNumber.of(0, numbers.newDeviceMinor());
    }

    /** The root directory of the root mount: where an initial process's root is. */
    public Path rootPath() {
        Mount top = root();
        return top(new Path(top, top.root()));
    }

    /** The mounts, in the order in which they were made. */
    public synchronized List<Mount> mounts() {
        return List.copyOf(mounts);
    }

    /** The mount right at {@code place}, or null. */
    Mount mountedAt(Path place) {
        return place.dentry().isMountPoint() ? mountedAt.get(place) : null;
    }

    /** Goes on to what is mounted on {@code place}, and on that, and so on. */
    Path top(Path place) {
        Path here = place;
        for (Mount mount = mountedAt(here); mount != null; mount = mountedAt(here)) {
            here = new Path(mount, mount.root());
        }
        return here;
    }

    /**
     * Mounts a file system over what is at {@code where}: a directory, unless the file system's root is a file.
     *
     * @param flags {@link Mount#FLAGS}
     * @param source what /proc/mounts shows in its first column
     * @throws ErrnoException ENOTDIR if one is a directory and the other is not, ENOENT if the place was removed, ENOSPC
     *     if there are too many mounts
     */
    public Mount mount(Path where, FileSystem fileSystem, int flags, String source) throws ErrnoException {
        return attach(where, fileSystem.rootDentry(), fileSystem, flags, source);
    }

    /** Mounts a part of a mounted file system once more: a bind mount. It has the flags of the original's mount. */
    public Mount bind(Path what, Path where) throws ErrnoException {
        if (what.mount().namespace() != this) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        Mount mount = what.mount();
        return attach(where, what.dentry(), mount.fileSystem(), mount.flags(), mount.source());
    }

    /** Changes the flags of a mount; MS_REMOUNT. */
    public void remount(Path at, int flags) throws ErrnoException {
        if (at.dentry() != at.mount().root() || at.mount().namespace() != this) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        at.mount().setFlags(flags & Mount.FLAGS);
    }

    private synchronized Mount attach(Path where, Dentry what, FileSystem fileSystem, int flags, String source)
            throws ErrnoException {
        Path place = top(where);
        if (place.mount().namespace() != this) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        boolean directory = what.inode().type() == FileMode.S_IFDIR;
        if (directory != place.dentry().isDirectory()) {
            throw ErrnoException.of(Errno.ENOTDIR);
        }
        if (mounts.size() >= MOUNT_LIMIT) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        numbers.count(1);
        // The directory's own lock keeps rmdir(2) from removing it in between.
        place.dentry().countMounts(1);
        if (place.dentry().isDeleted() || what.isDeleted()) {
            place.dentry().countMounts(-1);
            numbers.uncount(1);
            throw ErrnoException.of(Errno.ENOENT);
        }
        var mount = new Mount(this, numbers.newMount(), what, fileSystem, source, flags & Mount.FLAGS);
        mount.setPlace(place);
        mountedAt.put(place, mount);
        mounts.add(mount);
        return mount;
    }

    /**
     * Takes the mount whose root is at {@code at} out of the tree. Files open there stay usable.
     *
     * @param lazily with everything that is mounted below it (MNT_DETACH)
     * @throws ErrnoException EINVAL if no mount's root is there, EBUSY if something is mounted below it or it is the root
     */
    public synchronized void unmount(Path at, boolean lazily) throws ErrnoException {
        Mount mount = at.mount();
        if (at.dentry() != mount.root() || mount.namespace() != this || !mounts.contains(mount)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (mount == root) {
            throw ErrnoException.of(Errno.EBUSY);
        }
        List<Mount> below = below(mount);
        if (!below.isEmpty() && !lazily) {
            throw ErrnoException.of(Errno.EBUSY);
        }
        below.forEach(this::detach);
        detach(mount);
        below.forEach(this::endWatchesOf);
        endWatchesOf(mount);
    }

    /**
     * Makes {@code newRoot} the root of the tree and puts the old root at {@code putOld}; pivot_root(2).
     *
     * @throws ErrnoException EINVAL if {@code newRoot} is not the root of a mount, or {@code putOld} is not at or below
     *     it; EBUSY if it is the root already
     */
    public synchronized void pivot(Path newRoot, Path putOld) throws ErrnoException {
        Mount mount = newRoot.mount();
        if (mount.namespace() != this
                || newRoot.dentry() != mount.root()
                || putOld.mount().namespace() != this) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (mount == root || putOld.mount() == root) {
            throw ErrnoException.of(Errno.EBUSY);
        }
        if (!isBelow(putOld, newRoot)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        Path place = mount.place();
        mountedAt.remove(place);
        place.dentry().countMounts(-1);
        mount.setPlace(null);

        Mount oldRoot = root;
        oldRoot.setPlace(putOld);
        putOld.dentry().countMounts(1);
        mountedAt.put(putOld, oldRoot);
        root = mount;
    }

    /** Whether {@code place} is at or below {@code ancestor}. */
    static boolean isBelow(Path place, Path ancestor) {
        Path here = place;
        while (here != null) {
            if (here.mount() == ancestor.mount()) {
                return ancestor.dentry().isAncestorOrSelf(here.dentry());
            }
            here = here.mount().place();
        }
        return false;
    }

    private List<Mount> below(Mount mount) {
        List<Mount> found = new ArrayList<>();
        for (Mount other : mounts) {
            for (Mount parent = other.parent(); parent != null; parent = parent.parent()) {
                if (parent == mount) {
                    found.add(other);
                    break;
                }
            }
        }
        return found;
    }

    private void endWatchesOf(Mount gone) {
        if (mounts.stream().noneMatch(other -> other.fileSystem() == gone.fileSystem())) {
            gone.fileSystem().endWatches();
        }
    }

    private void detach(Mount mount) {
        Path place = mount.place();
        mountedAt.remove(place, mount);
        place.dentry().countMounts(-1);
        mount.setPlace(null);
        mounts.remove(mount);
        numbers.uncount(1);
    }
}
