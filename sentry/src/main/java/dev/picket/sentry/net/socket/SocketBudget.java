package dev.picket.sentry.net.socket;

import dev.picket.sentry.vfs.OpenFile;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much all sockets of a sandbox may have in their queues together, and how many files may be in flight, so that a
 * guest cannot fill the Sentry's heap.
 */
public final class SocketBudget {
    private final long limitBytes;
    private final AtomicLong bytes = new AtomicLong();
    private int files;
    private final ArrayDeque<OpenFile> dropped = new ArrayDeque<>();
    private boolean dropping;

    /** @param limitBytes what all queues may hold together */
    public SocketBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Whether something is left; the last message that is taken may exceed the limit. */
    boolean hasRoom() {
        return bytes.get() < limitBytes;
    }

    /** Takes {@code count} bytes if something is left. */
    public boolean reserve(long count) {
        if (bytes.get() >= limitBytes) {
            return false;
        }
        bytes.addAndGet(count); // those who come at once may all be the last
        return true;
    }

    /** Reserves beyond the limit what one queue needs to get on at all; descriptors bound how many there are. */
    public void reserveAlways(long count) {
        bytes.addAndGet(count);
    }

    /** Gives back what was taken. */
    public void release(long count) {
        bytes.addAndGet(-count);
    }

    /** Counts files that go into flight; false if there would be more than {@code limit}. */
    public synchronized boolean launch(int count, long limit) {
        if (files + count > limit) {
            return false;
        }
        files += count;
        return true;
    }

    /** Files have arrived, or were let go of. */
    public synchronized void land(int count) {
        files -= count;
    }

    /**
     * Releases files that nobody received, one after the other: releasing a socket may drop more of them, and a guest can
     * nest sockets in sockets deeper than any stack. Called without locks.
     */
    public void drop(List<OpenFile> unwanted) {
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
