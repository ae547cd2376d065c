package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/**
 * How much the files of one file system may take: pages of guest memory, and bytes of the Sentry's own heap for names,
 * inodes and the like, which a guest could otherwise fill with empty files.
 */
public final class Budget {
    public static final int PAGE_BYTES = 4096;

    /** About what an inode with its locks, times and name caches takes on the heap. */
    static final int INODE_BYTES = 512;

    /** About what a name in a directory takes on the heap, beside its characters. */
    static final int NAME_BYTES = 192;

    private final long pagesLimit;
    private final long heapLimitBytes;
    private long pages;
    private long heapBytes;
    private long inodes;

    /**
     * @param sizeLimitBytes bound of all contents; 0 for none
     * @param heapLimitBytes bound of what is on the heap
     */
    public Budget(long sizeLimitBytes, long heapLimitBytes) {
        this.pagesLimit = sizeLimitBytes == 0 ? Long.MAX_VALUE : (sizeLimitBytes + PAGE_BYTES - 1) / PAGE_BYTES;
        this.heapLimitBytes = heapLimitBytes;
    }

    /** A third of the heap that this process may have: there are other tenants. */
    public static long defaultHeapLimitBytes() {
        return Runtime.getRuntime().maxMemory() / 3;
    }

    /** Takes pages of guest memory; ENOSPC if there are not so many left. */
    synchronized void takePages(long count) throws ErrnoException {
        if (count > pagesLimit - pages) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        pages += count;
    }

    synchronized void returnPages(long count) {
        pages -= count;
    }

    /** Takes heap; ENOSPC if there is not so much left. */
    public synchronized void takeHeap(long bytes) throws ErrnoException {
        if (bytes > heapLimitBytes - heapBytes) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        heapBytes += bytes;
    }

    public synchronized void returnHeap(long bytes) {
        heapBytes -= bytes;
    }

    void takeInode() throws ErrnoException {
        takeHeap(INODE_BYTES);
        synchronized (this) {
            inodes++;
        }
    }

    synchronized void returnInode() {
        heapBytes -= INODE_BYTES;
        inodes--;
    }

    synchronized long pages() {
        return pages;
    }

    /** Bound of the pages, or Long.MAX_VALUE. */
    long pagesLimit() {
        return pagesLimit;
    }

    synchronized long inodes() {
        return inodes;
    }

    /** How many inodes there is heap for, beyond those there are. */
    synchronized long inodesFree() {
        return (heapLimitBytes - heapBytes) / INODE_BYTES;
    }
}
