package dev.picket.sentry.syscall;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/** What carries out a system call. */
@FunctionalInterface
interface SyscallHandler {
    /**
     * Carries out the call on behalf of {@code task}, in the task's own thread.
     *
     * @return what the guest gets in rax
     * @throws ErrnoException if the call fails; the guest gets the negated errno, or the call is restarted
     */
    long call(Task task, SyscallArguments args) throws ErrnoException;
}
