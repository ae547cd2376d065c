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
    private final HeapBudget heap;
    private long pages;
    private long inodes;

    /**
     * @param sizeLimitBytes bound of all contents; 0 for none
     * @param heap what is on the heap is taken from
     */
    Budget(long sizeLimitBytes, HeapBudget heap) {
        this.pagesLimit = sizeLimitBytes == 0 ? Long.MAX_VALUE : (sizeLimitBytes + PAGE_BYTES - 1) / PAGE_BYTES;
        this.heap = heap;
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
    public void takeHeap(long bytes) throws ErrnoException {
        heap.take(bytes);
    }

    public void returnHeap(long bytes) {
        heap.giveBack(bytes);
    }

    void takeInode() throws ErrnoException {
        takeHeap(INODE_BYTES);
        synchronized (this) {
            inodes++;
        }
    }

    void returnInode() {
        returnHeap(INODE_BYTES);
        synchronized (this) {
            inodes--;
        }
    }

    /** Pages in use. */
    public synchronized long pages() {
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
    long inodesFree() {
        return heap.leftBytes() / INODE_BYTES;
    }
}
