package dev.picket.sentry.memory;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** A file of some pages at the start of a memory file. */
public final class FakeFile implements Mappable {
    private final MemoryFile file;
    private final long base;
    long sizeBytes;
    int references;
    /** Most bytes that one translation gives: for files in pieces. */
    long pieceBytes = Long.MAX_VALUE;

    public FakeFile(MemoryFile file, long base, long sizeBytes) {
        this.file = file;
        this.base = base;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public Backing translate(long offset, long lengthBytes, boolean write) throws ErrnoException {
        long end = sizeBytes + 4095 & -4096;
        if (offset < 0 || offset % 4096 != 0 || lengthBytes <= 0 || lengthBytes % 4096 != 0) {
            throw new IllegalArgumentException(offset + " + " + lengthBytes);
        }
        if (offset >= end) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        return new Backing(file, base + offset, Math.min(Math.min(lengthBytes, end - offset), pieceBytes));
    }

    @Override
    public void retain() {
        references++;
    }

    @Override
    public void release() {
        if (--references < 0) {
            throw new IllegalStateException("released more often than retained");
        }
    }

    @Override
    public String mappedName() {
        return "/file";
    }

    @Override
    public long mappedDevice() {
        return 1;
    }

    @Override
    public long mappedInode() {
        return 2;
    }
}
