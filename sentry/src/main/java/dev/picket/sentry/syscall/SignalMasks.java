package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;

/** Signal masks that hold for one call only: those of ppoll(2), pselect(2), epoll_pwait(2). */
final class SignalMasks {
    /** A call that waits. */
    @FunctionalInterface
    interface Wait {
        long await() throws ErrnoException;
    }

    private SignalMasks() {}

    /**
     * Waits with the mask at {@code address} in place of the task's own; with its own if {@code address} is 0.
     *
     * @param lengthBytes size of the mask, as the guest gave it; EINVAL unless 8
     */
    static long with(Task task, long address, long lengthBytes, Wait wait) throws ErrnoException {
        if (address == 0) {
            return wait.await();
        }
        if (lengthBytes != Long.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        task.signals().beginTemporaryMask(task.memory().getLong(address));
        boolean interrupted = false;
        try {
            return wait.await();
        } catch (InterruptedCallException e) {
            interrupted = true;
            throw e;
        } finally {
            task.signals().endTemporaryMask(interrupted);
        }
    }
}
