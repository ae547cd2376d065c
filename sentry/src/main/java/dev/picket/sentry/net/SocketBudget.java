package dev.picket.sentry.net;

import dev.picket.sentry.vfs.OpenFile;
import java.util.ArrayDeque;
import java.util.List;

/**
 * How much all sockets of a sandbox may have in their queues together, and how many files may be in flight, so that a
 * guest cannot fill the Sentry's heap.
 */
final class SocketBudget {
    private final long limitBytes;
    private long bytes;
    private int files;
    private final ArrayDeque<OpenFile> dropped = new ArrayDeque<>();
    private boolean dropping;

    SocketBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Whether something is left; the last message that is taken may exceed the limit. */
    synchronized boolean hasRoom() {
        return bytes < limitBytes;
    }

    synchronized boolean reserve(long count) {
        if (bytes >= limitBytes) {
            return false;
        }
        bytes += count;
        return true;
    }

    /** Reserves beyond the limit what one queue needs to get on at all; descriptors bound how many there are. */
    synchronized void reserveAlways(long count) {
        bytes += count;
    }

    synchronized void release(long count) {
        bytes -= count;
    }

    /** Counts files that go into flight; false if there would be more than {@code limit}. */
    synchronized boolean launch(int count, long limit) {
        if (files + count > limit) {
            return false;
        }
        files += count;
        return true;
    }

    synchronized void land(int count) {
        files -= count;
    }

    /**
     * Releases files that nobody received, one after the other: releasing a socket may drop more of them, and a guest can
     * nest sockets in sockets deeper than any stack. Called without locks.
     */
    void drop(List<OpenFile> unwanted) {
        synchronized (dropped) {
            dropped.addAll(unwanted);
            if (dropping) {
                return; // whoever is at it goes on with these
            }
            dropping = true;
        }
        while (true) {
            OpenFile next;
            synchronized (dropped) {
                next = dropped.poll();
                if (next == null) {
                    dropping = false;
                    return;
                }
            }
            next.release();
        }
    }
}
