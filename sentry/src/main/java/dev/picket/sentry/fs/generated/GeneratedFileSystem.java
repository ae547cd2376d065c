package dev.picket.sentry.fs.generated;

import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.FileSystemStatus;
import java.util.concurrent.atomic.AtomicLong;

/** A file system of generated files. */
public abstract class GeneratedFileSystem extends FileSystem {
    private static final int BLOCK_BYTES = 4096;
    private static final int NAME_MAX = 255;

    private final String type;
    private final long device;
    private final long magic;
    private final AtomicLong inodes = new AtomicLong();

    /** @param magic from {@code platform.linux.FileSystemMagic} */
    protected GeneratedFileSystem(String type, long device, long magic) {
        this.type = type;
        this.device = device;
        this.magic = magic;
    }

    @Override
    public String type() {
        return type;
    }

    @Override
    public long device() {
        return device;
    }

    @Override
    public FileSystemStatus status() {
        return new FileSystemStatus(magic, BLOCK_BYTES, 0, 0, 0, 0, 0, NAME_MAX);
    }

    /** A number that no inode of this file system had before. */
    public long nextInodeNumber() {
        return inodes.incrementAndGet();
    }
}
