package dev.picket.sentry.kernel.inotify;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits of inotify: those of /proc/sys/fs/inotify, and how much of the heap watches and events may take. Any thread may
 * call.
 */
public final class InotifyLimits {
    /** What a watch costs on the heap, about, with the inode that it keeps there. */
    private static final long WATCH_BYTES = 512;

    // The settings; each counts by itself.
    private volatile int queuedEvents = 16384;
    private volatile int userInstances = 128;
    private volatile int userWatches = 65536;

    private final long heapLimitBytes;
    private long heapBytes;
    private final Map<Integer, Integer> instances = new HashMap<>();
    private final Map<Integer, Integer> watches = new HashMap<>();

    public InotifyLimits(long heapLimitBytes) {
        this.heapLimitBytes = heapLimitBytes;
    }

    /** One instance more of a user: EMFILE. */
    synchronized void takeInstance(int user) throws ErrnoException {
        if (instances.getOrDefault(user, 0) >= userInstances) {
            throw ErrnoException.of(Errno.EMFILE);
        }
        instances.merge(user, 1, Integer::sum);
    }

    synchronized void giveBackInstance(int user) {
        instances.computeIfPresent(user, (key, count) -> count == 1 ? null : count - 1);
    }

    /** One watch more of a user: ENOSPC; ENOMEM if all users together have too many. */
    synchronized void takeWatch(int user) throws ErrnoException {
        if (watches.getOrDefault(user, 0) >= userWatches) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        if (!takeHeap(WATCH_BYTES)) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        watches.merge(user, 1, Integer::sum);
    }

    synchronized void giveBackWatch(int user) {
        giveBackHeap(WATCH_BYTES);
        watches.computeIfPresent(user, (key, count) -> count == 1 ? null : count - 1);
    }

    synchronized boolean takeHeap(long bytes) {
        if (bytes > heapLimitBytes - heapBytes) {
            return false;
        }
        heapBytes += bytes;
        return true;
    }

    synchronized void giveBackHeap(long bytes) {
        heapBytes -= bytes;
    }

    /** Most events of an instance that nobody has read. */
    public int queuedEvents() {
        return queuedEvents;
    }

    public void setQueuedEvents(int count) {
        queuedEvents = count;
    }

    /** Most instances of a user. */
    public int userInstances() {
        return userInstances;
    }

    public void setUserInstances(int count) {
        userInstances = count;
    }

    /** Most watches of a user. */
    public int userWatches() {
        return userWatches;
    }

    public void setUserWatches(int count) {
        userWatches = count;
    }
}
