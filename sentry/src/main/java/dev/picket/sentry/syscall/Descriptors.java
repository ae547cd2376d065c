package dev.picket.sentry.syscall;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.OpenFile;

/** Descriptors for files that a call has just made. */
final class Descriptors {
    private Descriptors() {}

    /** The lowest free descriptor becomes that of {@code file}; if there is none, the file is released. */
    static int install(Task task, OpenFile file, boolean closeOnExec) throws ErrnoException {
        try {
            return task.files().install(file, 0, closeOnExec);
        } catch (ErrnoException e) {
            file.release();
            throw e;
        }
    }

    /** Two descriptors stored at {@code address} as two ints, as pipe(2) and socketpair(2) do: both or none. */
    static void installPair(Task task, OpenFile first, OpenFile second, boolean closeOnExec, long address)
            throws ErrnoException {
        int one;
        try {
            one = install(task, first, closeOnExec);
        } catch (ErrnoException e) {
            second.release();
            throw e;
        }
        int other = -1;
        try {
            other = install(task, second, closeOnExec);
            task.memory().putInt(address, one);
            task.memory().putInt(address + Integer.BYTES, other);
        } catch (ErrnoException e) {
            task.files().close(one);
            if (other >= 0) {
                task.files().close(other);
            }
            throw e;
        }
    }
}
