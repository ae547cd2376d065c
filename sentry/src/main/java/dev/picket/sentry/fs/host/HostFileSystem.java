package dev.picket.sentry.fs.host;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.FileSystemStatus;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.InodeCache;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * A read-only view of files of the host, each placed at a path of the guest's; between them there are directories that
 * exist only here.
 *
 * <p>Build it with {@link #add} and {@link #addLink} before it is mounted.
 */
public final class HostFileSystem extends FileSystem {
    /** How many host files guests may have open or mapped at once, unless told otherwise. */
    public static final int DEFAULT_OPEN_FILES = 4096;

    static final long BOUNCE_BYTES = 128 << 10;

    private static final int DIRECTORIES_OPEN = 256;
    private static final int BOUNCES_KEPT = 4;
    private static final int DEVICE_SHIFT = 48;

    /** Device index of what exists only here. */
    private static final long SYNTHETIC = 0x7f;

    private record Key(long device, long inode) {}

    private final long device;
    private final int openFilesLimit;
    private final boolean live;
    private final DescriptorCache directories = new DescriptorCache(DIRECTORIES_OPEN);
    private final InodeCache<Key, HostInode> inodes = new InodeCache<>();
    private final Map<Long, Integer> devices = new HashMap<>();
    private final ArrayDeque<Long> bounces = new ArrayDeque<>();
    private Inode root;
    private long syntheticInodes;
    private int openFiles;

    /** A view of what does not change while it is in use, such as an image: what was looked at is remembered. */
    public HostFileSystem(long device) {
        this(device, DEFAULT_OPEN_FILES, false);
    }

    /**
     * @param openFilesLimit how many host files guests may have open or mapped at once; beyond it is ENFILE
     * @param live whether the host changes the files meanwhile, and guests are to see it: then the host is always asked
     */
    public HostFileSystem(long device, int openFilesLimit, boolean live) {
        this.device = device;
        this.openFilesLimit = openFilesLimit;
        this.live = live;
        this.root = new SyntheticDirectory(this, nextSynthetic());
    }

    /**
     * Places a directory or regular file of the host.
     *
     * @param guestPath absolute, in normal form, as UTF-8 text; "/" makes the directory the root of all
     * @param descriptor of the directory (O_PATH will do) or the file (open for reading); this object's from now on
     * @throws ErrnoException EINVAL if it is neither, ENOTDIR or EEXIST if something else is in the way
     */
    public void add(String guestPath, int descriptor) throws ErrnoException {
        HostStat stat = HostStat.of(descriptor, "");
        Inode inode =
                switch (stat.type()) {
                    case FileMode.S_IFDIR -> new HostDirectory(this, new Descriptor(descriptor), stat);
                    case FileMode.S_IFREG -> new HostFile(this, new Descriptor(descriptor), stat);
                    default -> throw ErrnoException.of(Errno.EINVAL);
                };
        if (guestPath.equals("/")) {
            root = inode;
        } else {
            place(guestPath, inode);
        }
    }

    /** Places a symbolic link; see {@link #add}. */
    public void addLink(String guestPath, String target) throws ErrnoException {
        place(guestPath, new SyntheticLink(this, nextSynthetic(), bytes(target)));
    }

    /** Places an empty directory; see {@link #add}. */
    public void addDirectory(String guestPath) throws ErrnoException {
        place(guestPath, new SyntheticDirectory(this, nextSynthetic()));
    }

    /** A live file system that shows one file or directory of the host as its root, for a volume. */
    public static HostFileSystem of(long device, int descriptor) throws ErrnoException {
        var fileSystem = new HostFileSystem(device, DEFAULT_OPEN_FILES, true);
        fileSystem.add("/", descriptor);
        return fileSystem;
    }

    private void place(String guestPath, Inode inode) throws ErrnoException {
        String[] names = bytes(guestPath).split("/");
        Inode at = root;
        for (int index = 1; index < names.length; index++) {
            if (!(at instanceof SyntheticDirectory directory)) {
                throw ErrnoException.of(Errno.ENOTDIR);
            }
            HostOpen.checkName(names[index]);
            Inode next = directory.child(names[index]);
            boolean last = index == names.length - 1;
            if (last && next != null) {
                throw ErrnoException.of(Errno.EEXIST);
            }
            if (next == null) {
                next = last ? inode : new SyntheticDirectory(this, nextSynthetic());
                directory.put(names[index], next);
            }
            at = next;
        }
    }

    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private long nextSynthetic() {
        return SYNTHETIC << DEVICE_SHIFT | ++syntheticInodes;
    }

    @Override
    public String type() {
        return "9p"; // what programs expect of a directory of another system
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
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public FileSystemStatus status() {
        return new FileSystemStatus(FileSystemMagic.V9FS_MAGIC, 4096, 0, 0, 0, 0, 0, Fcntl.NAME_MAX);
    }

    boolean isLive() {
        return live;
    }

    DescriptorCache directories() {
        return directories;
    }

    /** The inode of a file that was just found. */
    HostInode inode(HostDirectory parent, String name, HostStat stat) {
        HostInode inode = inodes.get(new Key(stat.device(), stat.inode()), () -> make(parent, name, stat));
        if (inode.type() != stat.type()) {
            return make(parent, name, stat); // the host has used the number for something else meanwhile
        }
        inode.setStat(stat);
        return inode;
    }

    private HostInode make(HostDirectory parent, String name, HostStat stat) {
        return switch (stat.type()) {
            case FileMode.S_IFDIR -> new HostDirectory(this, parent, name, stat);
            case FileMode.S_IFREG -> new HostFile(this, parent, name, stat);
            default -> new HostLink(this, parent, name, stat);
        };
    }

    /** One number for what is two on the host: files of several of its devices are of one device here. */
    long inodeNumber(long hostDevice, long hostInode) {
        int index;
        synchronized (devices) {
            index = devices.computeIfAbsent(hostDevice, key -> devices.size());
        }
        long low = (1L << DEVICE_SHIFT) - 1;
        return (hostInode & low ^ hostInode >>> DEVICE_SHIFT) | (long) (index % SYNTHETIC) << DEVICE_SHIFT;
    }

    synchronized void takeOpenFile() throws ErrnoException {
        if (openFiles >= openFilesLimit) {
            throw ErrnoException.of(Errno.ENFILE);
        }
        openFiles++;
    }

    synchronized void returnOpenFile() {
        openFiles--;
    }

    /** Memory of {@link #BOUNCE_BYTES} that bytes of host files pass through on their way to the guest. */
    long takeBounce() {
        synchronized (bounces) {
            Long kept = bounces.poll();
            if (kept != null) {
                return kept;
            }
        }
        return NativeMemory.allocate(BOUNCE_BYTES);
    }

    void returnBounce(long bounce) {
        synchronized (bounces) {
            if (bounces.size() < BOUNCES_KEPT) {
                bounces.push(bounce);
                return;
            }
        }
        NativeMemory.free(bounce);
    }
}
