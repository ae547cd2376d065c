package dev.picket.sentry.memory;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/**
 * Something that mmap(2) can map: a file's pages. Implemented by files, used by {@link MemoryManager}.
 *
 * <p>A mapping keeps its mappable alive: {@link #retain} at mmap, {@link #release} when the last page of the mapping is
 * gone. As long as it is retained, frames of guest memory that it gave out in a {@link Backing} must not be let go: a file
 * that is truncated while it is mapped clears them ({@link FrameAllocator#clear}) and lets them go at the last release.
 *
 * <p>{@link #translate}, {@link #retain} and {@link #release} are called with the lock of a memory manager held: they may
 * take only locks under which no guest memory is copied. The names are asked for without it.
 *
 * <p>Two mappables that are equal are the same file under the same name: mappings of them may become one.
 */
public interface Mappable {
    /** Where bytes of a mappable are: {@code lengthBytes} of {@code file} from {@code offset} on. */
    record Backing(MemoryFile file, long offset, long lengthBytes) {}

    /**
     * Finds, and if need be makes, the backing of the pages from {@code offset} on.
     *
     * @param offset page-aligned offset in the mappable
     * @param lengthBytes how much is wanted, a multiple of the page size
     * @param write whether the pages will be written through a shared mapping
     * @return a backing that starts at {@code offset}, of at least one page, perhaps shorter than wanted. The backing of a
     *     page never changes while it is retained.
     * @throws ErrnoException EFAULT if {@code offset} is beyond the end of the file (the guest then gets SIGBUS), ENOSPC
     *     or ENOMEM if there is no memory for the page
     */
    Backing translate(long offset, long lengthBytes, boolean write) throws ErrnoException;

    /** One more mapping exists. */
    void retain();

    /** One mapping less exists. */
    void release();

    /** What /proc/PID/maps shows for a mapping of this: path, or null. */
    String mappedName();

    /** Device number for /proc/PID/maps. */
    long mappedDevice();

    /** Inode number for /proc/PID/maps. */
    long mappedInode();

    /**
     * Makes a range, of whole pages, read as zeros and gives its memory back, for MADV_REMOVE of madvise(2).
     *
     * @throws ErrnoException EOPNOTSUPP if that is not possible, EPERM if the file is sealed
     */
    default void clear(long offset, long lengthBytes) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    /** The key by which futexes in shared mappings of this find each other: the same object for the same file. */
    default Object identity() {
        return this;
    }
}
