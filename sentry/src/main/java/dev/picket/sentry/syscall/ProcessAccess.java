package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/** Whether one task may look into another: "ptrace access mode checking" in ptrace(2). */
final class ProcessAccess {
    private ProcessAccess() {}

    /** EPERM unless {@code task} may read the state of {@code other}: PTRACE_MODE_READ_REALCREDS. */
    static void check(Task task, Task other) throws ErrnoException {
        if (task.group() == other.group()) {
            return;
        }
        var own = task.credentials();
        var target = other.credentials();
        if (own.holdsIn(target.userNamespace(), Credentials.CAP_SYS_PTRACE)) {
            return;
        }
        int user = own.realUser();
        int group = own.realGroup();
        boolean same = user == target.realUser()
                && user == target.effectiveUser()
                && user == target.savedUser()
                && group == target.realGroup()
                && group == target.effectiveGroup()
                && group == target.savedGroup();
        if (!same
                || own.userNamespace() != target.userNamespace()
                || !other.group().isDumpable()
                || (target.permitted() & ~own.permitted()) != 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }
}
