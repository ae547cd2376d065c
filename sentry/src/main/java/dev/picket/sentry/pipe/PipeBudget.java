package dev.picket.sentry.pipe;

/**
 * How much buffer all pipes of a sandbox may have together, so that a guest cannot fill the Sentry's heap with pipes.
 *
 * <p>It does what fs.pipe-user-pages-soft of pipe(7) does: beyond the limit a new pipe still works, but with the smallest
 * buffer, and no pipe can grow.
 */
public final class PipeBudget {
    private final long limitBytes;
    private long reservedBytes;

    public PipeBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Takes {@code bytes} if they are left. */
    synchronized boolean reserve(long bytes) {
        if (reservedBytes + bytes > limitBytes) {
            return false;
        }
        reservedBytes += bytes;
        return true;
    }

    /** Takes {@code bytes} even beyond the limit, for what a pipe needs at least; descriptors bound how many there are. */
    synchronized void reserveAlways(long bytes) {
        reservedBytes += bytes;
    }

    synchronized void release(long bytes) {
        reservedBytes -= bytes;
    }
}
