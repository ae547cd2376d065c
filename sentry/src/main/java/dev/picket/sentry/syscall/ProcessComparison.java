package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Kcmp;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/** Whether two tasks share something of the kernel: kcmp(2). */
final class ProcessComparison {
    private static final int EQUAL = 0;
    private static final int LESS = 1;
    private static final int GREATER = 2;
    private static final int UNORDERED = 3;

    private ProcessComparison() {}

    /** kcmp(2). */
    static long kcmp(Task task, SyscallArguments args) throws ErrnoException {
        int firstId = args.asInt(0);
        int secondId = args.asInt(1);
        int type = args.asInt(2);
        long firstIndex = args.asLong(3);
        long secondIndex = args.asLong(4);

        Task first = find(task, firstId);
        Task second = find(task, secondId);
        ProcessAccess.check(task, first);
        ProcessAccess.check(task, second);

        return switch (type) {
            case Kcmp.KCMP_FILE -> compare(file(first, firstIndex), file(second, secondIndex));
            case Kcmp.KCMP_VM -> compare(first.memory(), second.memory());
            case Kcmp.KCMP_FILES -> compare(first.files(), second.files());
            case Kcmp.KCMP_FS -> compare(first.directories(), second.directories());
            case Kcmp.KCMP_SIGHAND -> compare(
                    first.group().signals().actions(), second.group().signals().actions());
            case Kcmp.KCMP_IO -> EQUAL; // no task has an I/O context of its own
            case Kcmp.KCMP_SYSVSEM -> first.sharesSemaphoreUndo(second) ? EQUAL : UNORDERED;
            default -> throw ErrnoException.of(type == Kcmp.KCMP_EPOLL_TFD ? Errno.EOPNOTSUPP : Errno.EINVAL);
        };
    }

    private static Task find(Task task, int id) throws ErrnoException {
        Task found = task.kernel().processes().task(id);
        if (found == null || found.hasEnded()) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return found;
    }

    /** The open file behind a descriptor; only compared, so it need not be held. */
    private static Object file(Task task, long descriptor) throws ErrnoException {
        Object file = descriptor == (int) descriptor ? task.files().get((int) descriptor) : null;
        if (file == null) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return file;
    }

    /** Any order does, so long as it stays: programs sort by it. Two different objects may have one identity hash. */
    private static int compare(Object first, Object second) {
        if (first == second) {
            return EQUAL;
        }
        int order = Integer.compare(System.identityHashCode(first), System.identityHashCode(second));
        return order < 0 ? LESS : order > 0 ? GREATER : UNORDERED;
    }
}
