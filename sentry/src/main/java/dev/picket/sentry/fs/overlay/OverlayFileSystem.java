package dev.picket.sentry.fs.overlay;

import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.fs.tmpfs.TmpfsInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.FileSystemStatus;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.InodeCache;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** File systems laid over each other: read-only ones below, and one in memory above that takes what is changed. */
public final class OverlayFileSystem extends FileSystem {
    /** Bit that numbers of files made above have; those below never do. */
    private static final long UPPER_NUMBERS = 1L << 55;

    private final List<FileSystem> lowers;
    private final TmpfsFileSystem upper;
    private final long device;

    // Inodes of files below: those that somebody uses, and those that were changed and so must not be forgotten.
    private final InodeCache<LowerKey, OverlayInode> inodes = new InodeCache<>();
    private final ConcurrentHashMap<LowerKey, OverlayInode> pinned = new ConcurrentHashMap<>();
    private final OverlayDirectory root;

    /**
     * @param lowers what is below, the uppermost first; they must not change, and their roots are directories
     * @param upper where changes go; nothing else may use it
     */
    public OverlayFileSystem(List<FileSystem> lowers, TmpfsFileSystem upper, long device) throws ErrnoException {
        this.lowers = List.copyOf(lowers);
        this.upper = upper;
        this.device = device;
        List<OverlayDirectory.Lower> roots = new ArrayList<>();
        for (int layer = 0; layer < lowers.size(); layer++) {
            roots.add(new OverlayDirectory.Lower(layer, lowers.get(layer).root()));
        }
        this.root = new OverlayDirectory(this, key(roots.get(0)), List.copyOf(roots));
    }

    private static LowerKey key(OverlayDirectory.Lower lower) throws ErrnoException {
        return new LowerKey(lower.layer(), lower.directory().attributes().inode());
    }

    @Override
    public String type() {
        return "overlay";
    }

    @Override
    public Inode root() {
        return root;
    }

    @Override
    public long device() {
        return device;
    }

    @Override
    public FileSystemStatus status() {
        FileSystemStatus above = upper.status();
        return new FileSystemStatus(
                FileSystemMagic.OVERLAYFS_SUPER_MAGIC,
                above.blockSizeBytes(),
                above.blocks(),
                above.blocksFree(),
                above.blocksAvailable(),
                above.files(),
                above.filesFree(),
                above.nameMaximumBytes());
    }

    @Override
    public String mountOptions() {
        return ",lowerdir=/lower,upperdir=/upper,workdir=/work";
    }

    TmpfsFileSystem upper() {
        return upper;
    }

    static long upperNumber(long number) {
        return UPPER_NUMBERS | number;
    }

    /** The overlay's inode for a file that was just made above. */
    OverlayInode wrap(TmpfsInode made) {
        return made.type() == FileMode.S_IFDIR ? new OverlayDirectory(this, made) : new OverlayInode(this, made);
    }

    /** Finds a name in the layers of a directory: the uppermost that has it counts, but directories are merged. */
    OverlayInode merge(List<OverlayDirectory.Lower> directories, Caller caller, String name) throws ErrnoException {
        List<OverlayDirectory.Lower> found = null;
        for (OverlayDirectory.Lower directory : directories) {
            Inode child = directory.directory().lookup(caller, name);
            if (child == null) {
                continue;
            }
            if (child.type() != FileMode.S_IFDIR) {
                if (found == null) {
                    return inode(directory.layer(), child);
                }
                break; // hidden by the directory above it, and hiding all below
            }
            if (found == null) {
                found = new ArrayList<>(1);
            }
            found.add(new OverlayDirectory.Lower(directory.layer(), child));
        }
        return found == null ? null : directory(found);
    }

    private OverlayInode inode(int layer, Inode lower) throws ErrnoException {
        var key = new LowerKey(layer, lower.attributes().inode());
        OverlayInode known = pinned.get(key);
        return known != null ? known : inodes.get(key, () -> new OverlayInode(this, key, lower));
    }

    private OverlayInode directory(List<OverlayDirectory.Lower> found) throws ErrnoException {
        LowerKey key = key(found.get(0));
        OverlayInode known = pinned.get(key);
        return known != null ? known : inodes.get(key, () -> new OverlayDirectory(this, key, List.copyOf(found)));
    }

    /** Keeps an inode whose state is more than what is below. */
    void pin(LowerKey key, OverlayInode inode) {
        pinned.put(key, inode);
    }

    void unpin(LowerKey key) {
        pinned.remove(key);
    }
}
