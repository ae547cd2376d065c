package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.ProcessGroups;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ThreadGroup;

/** Process groups and sessions: setpgid(2), setsid(2) and their kin. */
final class JobControlCalls {
    private JobControlCalls() {}

    /** setpgid(2). */
    static long setpgid(Task task, SyscallArguments args) throws ErrnoException {
        int process = args.asInt(0) == 0 ? task.group().id() : args.asInt(0);
        int group = args.asInt(1) == 0 ? process : args.asInt(1);
        if (group < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        ProcessGroups.move(task, process, group);
        return 0;
    }

    /** getpgid(2). */
    static long getpgid(Task task, SyscallArguments args) throws ErrnoException {
        return process(task, args.asInt(0)).processGroup().id();
    }

    /** getpgrp(2). */
    static long getpgrp(Task task, SyscallArguments args) {
        return task.processGroup().id();
    }

    /** setsid(2). */
    static long setsid(Task task, SyscallArguments args) throws ErrnoException {
        return ProcessGroups.startSession(task);
    }

    /** getsid(2). */
    static long getsid(Task task, SyscallArguments args) throws ErrnoException {
        return process(task, args.asInt(0)).processGroup().session().id();
    }

    private static ThreadGroup process(Task task, int id) throws ErrnoException {
        if (id == 0) {
            return task.group();
        }
        // Linux takes the id of any thread here, not only that of a process.
        var other = task.kernel().processes().task(id);
        if (other == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return other.group();
    }
}
