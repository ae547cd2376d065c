package dev.picket.sentry.vfs;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A file system that is mounted nowhere and has no root: the home of pipes, sockets, eventfds and the like, which have
 * inode numbers and names in /proc/PID/fd but no place in the tree.
 *
 * <p>A Sentry has one for each device number that Linux would show: pipefs, sockfs and anon_inodefs.
 */
public final class AnonymousFileSystem extends FileSystem {
    private final String type;
    private final long device;
    private final long magic;
    private final AtomicLong inodes = new AtomicLong();
    private final Mount mount = Mount.internal(this);

    /**
     * @param type name, such as {@code pipefs}
     * @param magic from {@code platform.linux.FileSystemMagic}
     */
    public AnonymousFileSystem(String type, long device, long magic) {
        this.type = type;
        this.device = device;
        this.magic = magic;
    }

    @Override
    public String type() {
        return type;
    }

    @Override
    public Inode root() {
        throw new UnsupportedOperationException(type + " has no root");
    }

    @Override
    public long device() {
        return device;
    }

    @Override
    public FileSystemStatus status() {
        return new FileSystemStatus(magic, 4096, 0, 0, 0, 0, 0, 255);
    }

    /** A number that no inode of this file system had before. */
    public long nextInodeNumber() {
        return inodes.incrementAndGet();
    }

    /** The mount that paths to files of this file system name; it is in no namespace. */
    Mount mount() {
        return mount;
    }
}
