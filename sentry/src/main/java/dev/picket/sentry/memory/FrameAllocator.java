package dev.picket.sentry.memory;

import dev.picket.platform.MemoryFile;
import dev.picket.sentry.errno.ErrnoException;

/** SKELETON, being written. */
public final class FrameAllocator {
    public FrameAllocator(MemoryFile guestMemory) {}

    public MemoryFile file() {
        throw new UnsupportedOperationException();
    }

    public long allocate(long lengthBytes) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    public void retain(long offset, long lengthBytes) {
        throw new UnsupportedOperationException();
    }

    public void release(long offset, long lengthBytes) {
        throw new UnsupportedOperationException();
    }

    /** Makes the pages read as zeros and gives their memory back; they stay allocated. */
    public void clear(long offset, long lengthBytes) {
        throw new UnsupportedOperationException();
    }

    /** Bytes of file ranges allocated; sparse, so mostly not memory. */
    public long usedBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes of memory that the guest memory file holds. */
    public long residentBytes() {
        throw new UnsupportedOperationException();
    }
}
