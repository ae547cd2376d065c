package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/**
 * Shared anonymous memory, which forked children share: mmap(2) with MAP_SHARED | MAP_ANONYMOUS, and shmget(2). Linux
 * shows it as a deleted file of /dev/zero.
 */
public final class SharedMemory implements Mappable {
    private static final int LOOKS = 256;

    private final FrameAllocator frames;
    private final long base;
    private final long lengthBytes;
    private final String name;
    private final long inode;
    private int references = 1;

    /**
     * Makes memory with one reference, which the maker holds.
     *
     * @param lengthBytes a positive multiple of the page size
     * @param name what /proc/PID/maps shows
     * @throws ErrnoException ENOMEM
     */
    public SharedMemory(FrameAllocator frames, long lengthBytes, String name, long inode) throws ErrnoException {
        this.frames = frames;
        this.lengthBytes = lengthBytes;
        this.name = name;
        this.inode = inode;
        this.base = frames.allocate(lengthBytes);
    }

    @Override
    public Backing translate(long offset, long wanted, boolean write) throws ErrnoException {
        if (offset < 0 || offset >= lengthBytes) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        return new Backing(frames.file(), base + offset, Math.min(wanted, lengthBytes - offset));
    }

    /** Makes a range read as zeros and gives its memory back: MADV_REMOVE. */
    @Override
    public void clear(long offset, long length) {
        if (offset >= 0 && offset < lengthBytes) {
            frames.clear(base + offset, Math.min(length, lengthBytes - offset));
        }
    }

    /** Bytes of memory that this holds on the host, as far as a few looks tell. */
    public long residentBytes() {
        return frames.residentBytes(base, lengthBytes, LOOKS);
    }

    @Override
    public synchronized void retain() {
        references++;
    }

    @Override
    public void release() {
        synchronized (this) {
            if (--references > 0) {
                return;
            }
        }
        frames.release(base, lengthBytes);
    }

    @Override
    public String mappedName() {
        return name;
    }

    @Override
    public long mappedDevice() {
        return 1;
    }

    @Override
    public long mappedInode() {
        return inode;
    }
}
