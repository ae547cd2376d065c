package dev.picket.sentry.fs.erofs;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.FileSystemStatus;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.InodeCache;

/** An EROFS image, read-only. */
public final class ErofsFileSystem extends FileSystem {
    private final ErofsImage image;
    private final SuperBlock superBlock;
    private final FrameAllocator frames;
    private final long device;
    private final InodeCache<Long, ErofsInode> inodes = new InodeCache<>();
    private final ErofsDirectory root;

    /**
     * @param image the image, mapped into this process
     * @param imageBytes how long it is, by the host's word and not by its own
     * @param frames where the last parts of files go that lie beside their inodes, when they are mapped
     * @throws ErrnoException EUCLEAN if this is no image, or one with features that are not supported
     */
    public ErofsFileSystem(MemoryFile image, long imageBytes, FrameAllocator frames, long device)
            throws ErrnoException {
        this.image = new ErofsImage(image, imageBytes);
        this.superBlock = SuperBlock.read(this.image);
        this.frames = frames;
        this.device = device;
        if (!(inode(superBlock.rootNumber()) instanceof ErofsDirectory directory)) {
            throw ErofsImage.corrupt();
        }
        this.root = directory;
    }

    @Override
    public String type() {
        return "erofs";
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
        return new FileSystemStatus(
                FileSystemMagic.EROFS_SUPER_MAGIC_V1,
                SuperBlock.BLOCK_BYTES,
                superBlock.blocks(),
                0,
                0,
                superBlock.inodes(),
                0,
                Fcntl.NAME_MAX);
    }

    ErofsImage image() {
        return image;
    }

    SuperBlock superBlock() {
        return superBlock;
    }

    FrameAllocator frames() {
        return frames;
    }

    /** The inode of this number; EUCLEAN if there is no sense in what is there. */
    ErofsInode inode(long number) throws ErrnoException {
        ErofsInode known = inodes.get(number);
        if (known != null) {
            return known;
        }
        InodeRecord inode = InodeRecord.read(image, superBlock, number);
        return inodes.get(number, () -> switch (inode.type()) {
            case FileMode.S_IFREG -> new ErofsRegularFile(this, inode);
            case FileMode.S_IFDIR -> new ErofsDirectory(this, inode);
            case FileMode.S_IFLNK -> new ErofsLink(this, inode);
            default -> new ErofsInode(this, inode);
        });
    }
}
