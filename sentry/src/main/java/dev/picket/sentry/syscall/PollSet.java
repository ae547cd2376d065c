package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.OpenFile;

/** Files that a task waits for all at once, for poll(2) and select(2). */
final class PollSet {
    private final OpenFile[] files;
    private final int[] wanted;
    private final int[] found;
    private final int size;

    /** A set of {@code size} places, empty yet. */
    PollSet(int size) {
        this.size = size;
        files = new OpenFile[size];
        wanted = new int[size];
        found = new int[size];
    }

    /** Puts a file in place {@code index}; hang-ups and errors are reported whether wanted or not. */
    void put(int index, OpenFile file, int events) {
        putExactly(index, file, events | POLLERR | POLLHUP);
    }

    /** As {@link #put}, without events that were not asked for. */
    void putExactly(int index, OpenFile file, int events) {
        files[index] = file;
        wanted[index] = events;
    }

    /** Sets what is found in a place that has no file. */
    void putResult(int index, int events) {
        found[index] = events;
    }

    /** The events found in a place. */
    int found(int index) {
        return found[index];
    }

    /**
     * Waits until there is an event, or the deadline.
     *
     * @return in how many places there are events
     */
    int await(Task task, long deadlineNanos) throws ErrnoException {
        int count = look();
        if (count > 0 || deadlineNanos != Timeouts.NEVER && deadlineNanos - System.nanoTime() <= 0) {
            return count;
        }
        try {
            for (int index = 0; index < size; index++) {
                if (files[index] != null) {
                    files[index].addWaiter(task.waiter(), wanted[index]);
                }
            }
            task.blockUntil(deadlineNanos, () -> look() > 0);
            return look();
        } finally {
            for (int index = 0; index < size; index++) {
                if (files[index] != null) {
                    files[index].removeWaiter(task.waiter());
                }
            }
        }
    }

    private int look() {
        int count = 0;
        for (int index = 0; index < size; index++) {
            if (files[index] != null) {
                found[index] = files[index].readiness() & wanted[index];
            }
            if (found[index] != 0) {
                count++;
            }
        }
        return count;
    }
}
