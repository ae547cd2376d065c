package dev.picket.platform.host;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;

/**
 * A file of the host that guests may map and read, but not write.
 *
 * <p>A {@linkplain #mapped mapped} one must be a file that nobody shortens while it is in use, as an image in the store:
 * touching a mapping behind the end of its file kills the JVM. An {@linkplain #unmapped unmapped} one may be any regular
 * file, since it is read by pread(2).
 */
public final class ImageFile extends MemoryFile {
    private static final long PAGE_MASK = 4095;

    private final int descriptor;
    private final long address;
    private final long lengthBytes;
    private boolean closed;

    private ImageFile(int descriptor, long address, long lengthBytes) {
        this.descriptor = descriptor;
        this.address = address;
        this.lengthBytes = lengthBytes;
    }

    /**
     * An immutable file, mapped whole into this process.
     *
     * @param descriptor open for reading; the image file owns it from now on, unless this method throws
     * @throws PlatformException if the host cannot map it, as when it is empty or no regular file
     */
    public static ImageFile mapped(int descriptor) {
        long lengthBytes = Host.lseek(descriptor, 0, Fcntl.SEEK_END);
        if (lengthBytes <= 0) {
            throw new PlatformException("image file is empty or has no size", (int) -lengthBytes);
        }
        long address = Host.mmap(0, pageUp(lengthBytes), Mman.PROT_READ, Mman.MAP_SHARED, descriptor, 0);
        if (address < 0) {
            throw new PlatformException("mmap of an image file failed", (int) -address);
        }
        return new ImageFile(descriptor, address, lengthBytes);
    }

    /**
     * A file of the host's own file system, which others may change at any time.
     *
     * @param descriptor open for reading; the image file owns it from now on
     */
    public static ImageFile unmapped(int descriptor) {
        return new ImageFile(descriptor, 0, 0);
    }

    /** Size of a mapped file; 0 for one that is not mapped, whose size may change. */
    public long lengthBytes() {
        return lengthBytes;
    }

    @Override
    public int descriptor() {
        return descriptor;
    }

    @Override
    public boolean isWritable() {
        return false;
    }

    @Override
    public boolean isMapped() {
        return address != 0;
    }

    /** As in {@link MemoryFile}; the rest of the last page reads as zeros. */
    @Override
    public long address(long offset) {
        if (address == 0) {
            throw new IllegalStateException("this file is not mapped");
        }
        return address + java.util.Objects.checkIndex(offset, pageUp(lengthBytes));
    }

    @Override
    public long read(long offset, long destination, long length) {
        return Host.pread(descriptor, destination, length, offset);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (address != 0) {
                Host.munmap(address, pageUp(lengthBytes));
            }
            Host.close(descriptor);
        }
    }

    private static long pageUp(long bytes) {
        return bytes + PAGE_MASK & ~PAGE_MASK;
    }
}
