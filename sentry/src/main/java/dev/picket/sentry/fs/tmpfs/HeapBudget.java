package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/**
 * How much of the Sentry's heap names, inodes and the like of files in memory may take. The file systems of a sandbox share
 * one, so that many of them are not worth more than one.
 */
public final class HeapBudget {
    private final long limitBytes;
    private long usedBytes;

    public HeapBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** A third of the heap that this process may have: there are other tenants. */
    public static HeapBudget ofThisProcess() {
        return new HeapBudget(Runtime.getRuntime().maxMemory() / 3);
    }

    synchronized void take(long bytes) throws ErrnoException {
        if (bytes > limitBytes - usedBytes) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        usedBytes += bytes;
    }

    synchronized void giveBack(long bytes) {
        usedBytes -= bytes;
    }

    /** What is left of it. */
    public synchronized long leftBytes() {
        return limitBytes - usedBytes;
    }
}
