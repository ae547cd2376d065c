package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** How many locks there may be on the files of one file system together: they take memory of the Sentry. */
final class LockBudget {
    private static final int LIMIT = 16_384;

    private int taken;

    /** Notes that there are so many more; ENOLCK if that is too many. */
    synchronized void take(int count) throws ErrnoException {
        if (count > LIMIT - taken) {
            throw ErrnoException.of(Errno.ENOLCK);
        }
        taken += count;
    }

    synchronized void giveBack(int count) {
        taken -= count;
    }
}
