package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.wait.WaitQueue;
import java.util.ArrayList;
import java.util.List;

/**
 * The advisory locks on one file: those of fcntl(2), on ranges of bytes, and those of flock(2), on the whole. The two kinds
 * do not see each other.
 *
 * <p>An owner is the table of descriptors for POSIX locks, the open file for the others.
 */
public final class FileLocks {
    /** Event by which {@link #queue} wakes those who wait for a lock. */
    public static final int RELEASED = 1;

    /** Changing one lock makes at most so many more: it, and what is left of another at both ends. */
    private static final int MOST_ADDED = 2;

    /**
     * A lock on the bytes from {@code start} to {@code last}.
     *
     * @param process what F_GETLK shows as the holder: a process id, or -1 for locks of open files
     */
    public record Range(Object owner, int process, boolean exclusive, long start, long last) {
        private boolean overlaps(Range other) {
            return start <= other.last && other.start <= last;
        }

        private Range part(long from, long to) {
            return new Range(owner, process, exclusive, from, to);
        }
    }

    private final WaitQueue queue = new WaitQueue();
    private final List<Range> ranges = new ArrayList<>(); // of fcntl
    private final List<Range> wholes = new ArrayList<>(); // of flock
    private final LockBudget budget;
    private int charged;

    FileLocks(LockBudget budget) {
        this.budget = budget;
    }

    /** Makes sure of the budget for a change to come. */
    private void reserve() throws ErrnoException {
        budget.take(MOST_ADDED);
        charged += MOST_ADDED;
    }

    /** Gives back what was reserved and is not needed. */
    private void settle() {
        int count = ranges.size() + wholes.size();
        budget.giveBack(charged - count);
        charged = count;
    }

    /** Woken with {@link #RELEASED} whenever a lock may have become free. */
    public WaitQueue queue() {
        return queue;
    }

    /** Locks as /proc/locks shows them. */
    public synchronized List<Range> ranges() {
        return List.copyOf(ranges);
    }

    /** The first lock that keeps {@code wanted} from being taken, or null. */
    public synchronized Range conflict(Range wanted) {
        return conflict(ranges, wanted);
    }

    private static Range conflict(List<Range> held, Range wanted) {
        for (Range range : held) {
            if (range.owner != wanted.owner && (range.exclusive || wanted.exclusive) && range.overlaps(wanted)) {
                return range;
            }
        }
        return null;
    }

    /**
     * Takes a lock, replacing what the owner has in the range.
     *
     * @return whether it could be taken
     * @throws ErrnoException ENOLCK if there are too many on this file system
     */
    public boolean lock(Range wanted) throws ErrnoException {
        boolean loosened;
        synchronized (this) {
            if (conflict(ranges, wanted) != null) {
                return false;
            }
            reserve();
            loosened = carve(wanted.owner, wanted.start, wanted.last);
            merge(wanted);
            settle();
        }
        if (loosened) {
            queue.wake(RELEASED);
        }
        return true;
    }

    /** Gives up what {@code owner} holds in a range. */
    public void unlock(Object owner, long start, long last) throws ErrnoException {
        synchronized (this) {
            reserve(); // a hole makes two locks of one
            boolean loosened = carve(owner, start, last);
            settle();
            if (!loosened) {
                return;
            }
        }
        queue.wake(RELEASED);
    }

    private boolean carve(Object owner, long start, long last) {
        List<Range> cut = null;
        for (int index = ranges.size() - 1; index >= 0; index--) {
            Range range = ranges.get(index);
            if (range.owner != owner || range.start > last || range.last < start) {
                continue;
            }
            ranges.remove(index);
            if (cut == null) {
                cut = new ArrayList<>(2);
            }
            if (range.start < start) {
                cut.add(range.part(range.start, start - 1));
            }
            if (range.last > last) {
                cut.add(range.part(last + 1, range.last));
            }
        }
        if (cut == null) {
            return false;
        }
        ranges.addAll(cut);
        return true;
    }

    /** Adds a lock, and makes one of it and its neighbours of the same kind. */
    private void merge(Range added) {
        long start = added.start;
        long last = added.last;
        for (int index = ranges.size() - 1; index >= 0; index--) {
            Range range = ranges.get(index);
            if (range.owner == added.owner && range.exclusive == added.exclusive) {
                boolean before = range.last + 1 == start;
                boolean behind = last != Long.MAX_VALUE && last + 1 == range.start;
                if (before || behind) {
                    start = Math.min(start, range.start);
                    last = Math.max(last, range.last);
                    ranges.remove(index);
                }
            }
        }
        ranges.add(added.part(start, last));
    }

    /**
     * Takes or changes the lock of flock(2) of an open file. Changing one is not atomic there either: it is given up first.
     *
     * @return whether it could be taken
     */
    public boolean lockWhole(OpenFile owner, boolean exclusive) throws ErrnoException {
        boolean changed;
        boolean taken;
        synchronized (this) {
            var wanted = new Range(owner, -1, exclusive, 0, Long.MAX_VALUE);
            if (wholes.contains(wanted)) {
                return true;
            }
            changed = wholes.removeIf(range -> range.owner == owner);
            taken = conflict(wholes, wanted) == null;
            if (taken) {
                reserve();
                wholes.add(wanted);
            }
            settle();
        }
        if (changed) {
            queue.wake(RELEASED);
        }
        return taken;
    }

    /** Gives up the lock of flock(2) of an open file. */
    public void unlockWhole(OpenFile owner) {
        boolean changed;
        synchronized (this) {
            changed = wholes.removeIf(range -> range.owner == owner);
            settle();
        }
        if (changed) {
            queue.wake(RELEASED);
        }
    }

    void closed(Object table) {
        drop(table, false);
    }

    void released(OpenFile file) {
        drop(file, true);
    }

    private void drop(Object owner, boolean wholesToo) {
        boolean changed;
        synchronized (this) {
            changed = ranges.removeIf(range -> range.owner == owner);
            if (wholesToo) {
                changed |= wholes.removeIf(range -> range.owner == owner);
            }
            settle();
        }
        if (changed) {
            queue.wake(RELEASED);
        }
    }

    /**
     * Bytes that a struct flock means.
     *
     * @param base what {@code whence} counts from: 0, the file position or the size
     * @return first and last byte
     * @throws ErrnoException EINVAL if the range begins before the file, EOVERFLOW if it ends beyond what off_t holds
     */
    public static long[] bytes(long base, long offset, long length) throws ErrnoException {
        long start;
        try {
            start = Math.addExact(base, offset);
        } catch (ArithmeticException e) {
            throw ErrnoException.of(Errno.EOVERFLOW);
        }
        if (start < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (length == 0) {
            return new long[] {start, Long.MAX_VALUE};
        }
        if (length > 0) {
            if (length - 1 > Long.MAX_VALUE - start) {
                throw ErrnoException.of(Errno.EOVERFLOW);
            }
            return new long[] {start, start + length - 1};
        }
        if (start + length < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return new long[] {start + length, start - 1};
    }

    /** Whether {@code type} is one of F_RDLCK, F_WRLCK and F_UNLCK. */
    public static boolean isType(int type) {
        return type == Fcntl.F_RDLCK || type == Fcntl.F_WRLCK || type == Fcntl.F_UNLCK;
    }
}
