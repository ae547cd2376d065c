package dev.picket.sentry.memory;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** Copies pages of any file into fresh guest memory, as copy-on-write needs it. No state, no locks. */
final class PageCopy {
    private PageCopy() {}

    /**
     * Copies whole pages; what lies beyond the end of the source becomes zeros.
     *
     * @param frames whose range at {@code destination} reads as zeros so far
     * @throws ErrnoException EIO if the source cannot be read, ENOMEM if there is no memory; the destination is cleared
     */
    static void copy(MemoryFile source, long offset, FrameAllocator frames, long destination, long lengthBytes)
            throws ErrnoException {
        if (!write(source, offset, frames, destination, lengthBytes)) {
            read(source, offset, frames, destination, lengthBytes);
        }
    }

    /**
     * Has the host write the pages from where they are mapped here into the file, so that the copies need not be mapped
     * here as well, which costs as much as the copying. Not for ranges with holes: reading those by a mapping fills them.
     *
     * @return false if nothing was done, or not all
     */
    private static boolean write(
            MemoryFile source, long offset, FrameAllocator frames, long destination, long lengthBytes) {
        if (!source.isMapped() || !isPresent(source.address(offset), lengthBytes)) {
            return false;
        }
        int descriptor = frames.file().descriptor();
        return Host.pwrite(descriptor, source.address(offset), lengthBytes, destination) == lengthBytes;
    }

    private static boolean isPresent(long address, long lengthBytes) {
        int pages = (int) (lengthBytes / Pages.PAGE_BYTES);
        long presence = NativeMemory.allocate(pages);
        try {
            if (Host.mincore(address, lengthBytes, presence) < 0) {
                return false;
            }
            for (int i = 0; i < pages; i++) {
                if ((NativeMemory.getByte(presence + i) & 1) == 0) {
                    return false;
                }
            }
            return true;
        } finally {
            NativeMemory.free(presence);
        }
    }

    private static void read(MemoryFile source, long offset, FrameAllocator frames, long destination, long lengthBytes)
            throws ErrnoException {
        long address = frames.file().address(destination);
        for (long done = 0; done < lengthBytes; ) {
            // By pread: it reads holes without filling them, and fails where touching memory would kill this process.
            long count = source.read(offset + done, address + done, lengthBytes - done);
            if (count < 0) {
                frames.clear(destination, lengthBytes);
                throw ErrnoException.of(count == -Errno.EIO ? Errno.EIO : Errno.ENOMEM);
            }
            if (count == 0) {
                return; // the end of the file: the rest of its last page is zeros
            }
            done += count;
        }
    }
}
