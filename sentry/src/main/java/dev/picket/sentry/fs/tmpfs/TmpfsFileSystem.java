package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.Dentry;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.FileSystemStatus;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.util.concurrent.atomic.AtomicLong;

/** A file system in memory; tmpfs(5). */
public final class TmpfsFileSystem extends FileSystem {
    private final FrameAllocator frames;
    private final long device;
    private final long sizeLimitBytes;
    private final Budget budget;
    private final AtomicLong inodes = new AtomicLong();
    private final Mount unnamedFiles = Mount.internal(this);
    private final TmpfsDirectory root;

    /**
     * @param frames where contents are
     * @param sizeLimitBytes bound of the contents; 0 for none
     * @param rootMode permission bits of the root directory, which is root's
     */
    public TmpfsFileSystem(FrameAllocator frames, long device, long sizeLimitBytes, int rootMode) {
        this(frames, device, sizeLimitBytes, rootMode, HeapBudget.ofThisProcess());
    }

    /** @param heap what names and inodes take on the Sentry's heap; the file systems of a sandbox share one */
    public TmpfsFileSystem(FrameAllocator frames, long device, long sizeLimitBytes, int rootMode, HeapBudget heap) {
        this.frames = frames;
        this.device = device;
        this.sizeLimitBytes = sizeLimitBytes;
        this.budget = new Budget(sizeLimitBytes, heap);
        try {
            this.root = new TmpfsDirectory(this, new CreateRequest(FileMode.S_IFDIR | rootMode, 0, 0, 0, null));
        } catch (ErrnoException e) {
            throw new IllegalArgumentException("the limit leaves no room for a root directory", e);
        }
    }

    @Override
    public String type() {
        return "tmpfs";
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
        long inodesUsed = budget.inodes();
        long inodesFree = budget.inodesFree();
        boolean unlimited = budget.pagesLimit() == Long.MAX_VALUE;
        long blocks = unlimited ? 0 : budget.pagesLimit();
        long free = unlimited ? 0 : blocks - budget.pages();
        return new FileSystemStatus(
                FileSystemMagic.TMPFS_MAGIC,
                Budget.PAGE_BYTES,
                blocks,
                free,
                free,
                inodesUsed + inodesFree,
                inodesFree,
                Fcntl.NAME_MAX);
    }

    @Override
    public String mountOptions() {
        return sizeLimitBytes == 0 ? "" : ",size=" + sizeLimitBytes / 1024 + "k";
    }

    /** What its files may take together. */
    public Budget budget() {
        return budget;
    }

    FrameAllocator frames() {
        return frames;
    }

    long nextInodeNumber() {
        return inodes.incrementAndGet();
    }

    /** Makes a file of any type that has one name (a directory: two), though nobody has put it anywhere yet. */
    public TmpfsInode newInode(CreateRequest request) throws ErrnoException {
        return switch (request.mode() & FileMode.S_IFMT) {
            case FileMode.S_IFREG -> new TmpfsRegularFile(this, request);
            case FileMode.S_IFDIR -> new TmpfsDirectory(this, request);
            case FileMode.S_IFLNK -> new TmpfsLink(this, request);
            default -> new TmpfsSpecial(this, request);
        };
    }

    /** Makes a regular file without a name; {@code linkable}: it may get one. */
    public TmpfsRegularFile newUnnamed(CreateRequest request, boolean linkable) throws ErrnoException {
        var file = new TmpfsRegularFile(this, request);
        file.holdForFirstOpen();
        file.changeLinks(-1);
        if (linkable) {
            file.setLinkable();
        }
        return file;
    }

    /**
     * memfd_create(2).
     *
     * @param name what the caller calls it
     * @param flags MFD_ALLOW_SEALING, MFD_NOEXEC_SEAL; the others have been seen to
     */
    public OpenFile newMemoryFile(Caller caller, String name, int flags) throws ErrnoException {
        Credentials credentials = caller.credentials();
        boolean noExecution = (flags & Mman.MFD_NOEXEC_SEAL) != 0;
        int mode = FileMode.S_IFREG | (noExecution ? 0666 : 0777);
        var request = new CreateRequest(mode, credentials.fileSystemUser(), credentials.fileSystemGroup(), 0, null);
        TmpfsRegularFile file = newUnnamed(request, false);
        if (noExecution) {
            file.allowSeals(Fcntl.F_SEAL_EXEC);
        } else if ((flags & Mman.MFD_ALLOW_SEALING) != 0) {
            file.allowSeals(0);
        } else {
            file.showSeals();
        }
        var path = new Path(unnamedFiles, Dentry.unnamed(this, null, "/memfd:" + name, file));
        return file.open(caller, path, Fcntl.O_RDWR | Fcntl.O_LARGEFILE);
    }
}
