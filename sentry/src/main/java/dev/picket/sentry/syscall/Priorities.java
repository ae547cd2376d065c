package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Sched.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Resource;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import java.util.ArrayList;
import java.util.List;

/** Nice values and priorities of input and output: getpriority(2), ioprio_get(2). */
final class Priorities {
    private Priorities() {}

    /** getpriority(2): the bare call answers 20 minus the nice value. */
    static long getpriority(Task task, SyscallArguments args) throws ErrnoException {
        return targets(task, args.asInt(0), args.asInt(1)).stream()
                .mapToInt(target -> 20 - target.scheduling().nice())
                .max()
                .orElseThrow(() -> ErrnoException.of(Errno.ESRCH));
    }

    /** setpriority(2). */
    static long setpriority(Task task, SyscallArguments args) throws ErrnoException {
        int nice = Math.max(MIN_NICE, Math.min(MAX_NICE, args.asInt(2)));
        var targets = targets(task, args.asInt(0), args.asInt(1));
        if (targets.isEmpty()) {
            throw ErrnoException.of(Errno.ESRCH);
        }

        int errno = 0;
        boolean capable = task.credentials().has(Credentials.CAP_SYS_NICE);
        for (var target : targets) {
            var scheduling = target.scheduling();
            if (!capable && !maySetPriority(task, target)) {
                errno = Errno.EPERM;
            } else if (!capable && nice < scheduling.nice() && !isWithinLimit(target, nice)) {
                errno = Errno.EACCES;
            } else {
                scheduling.setAttributes(scheduling.attributes().withNice(nice));
            }
        }
        if (errno != 0) {
            throw ErrnoException.of(errno);
        }
        return 0;
    }

    /** set_one_prio_perm() of Linux: unlike elsewhere it is the caller's effective user that counts. */
    private static boolean maySetPriority(Task task, Task target) {
        int user = task.credentials().effectiveUser();
        return user == target.credentials().realUser()
                || user == target.credentials().effectiveUser();
    }

    private static List<Task> targets(Task task, int which, int who) throws ErrnoException {
        return switch (which) {
            case PRIO_PROCESS -> {
                var found = who == 0 ? task : task.kernel().processes().task(who);
                yield found == null ? List.of() : List.of(found);
            }
            case PRIO_PGRP -> ofGroup(task, who);
            case PRIO_USER -> ofUser(task, who == 0 ? task.credentials().realUser() : who);
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    private static List<Task> ofGroup(Task task, int id) {
        int wanted = id == 0 ? task.processGroup().id() : id;
        var found = new ArrayList<Task>();
        for (var process : task.kernel().processes().all()) {
            if (process.processGroup().id() == wanted) {
                found.addAll(process.tasks());
            }
        }
        return found;
    }

    private static List<Task> ofUser(Task task, int user) {
        var found = new ArrayList<Task>();
        for (var process : task.kernel().processes().all()) {
            for (var each : process.tasks()) {
                if (each.credentials().realUser() == user) {
                    found.add(each);
                }
            }
        }
        return found;
    }

    /** ioprio_get(2). */
    static long ioprioGet(Task task, SyscallArguments args) throws ErrnoException {
        int best = -1;
        for (var target : ioTargets(task, args.asInt(0), args.asInt(1))) {
            int value = target.scheduling().ioPriority();
            best = best < 0 ? value : betterIoPriority(best, value);
        }
        if (best < 0) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return best;
    }

    /** ioprio_best() of Linux: a lower class is better, and none counts as best effort. */
    private static int betterIoPriority(int one, int other) {
        return Math.min(effective(one), effective(other));
    }

    private static int effective(int value) {
        int usual = IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | IOPRIO_NR_LEVELS / 2;
        return value >> IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_NONE ? usual : value;
    }

    /** ioprio_set(2). */
    static long ioprioSet(Task task, SyscallArguments args) throws ErrnoException {
        int value = args.asInt(2);
        var credentials = task.credentials();
        int level = value & (1 << IOPRIO_CLASS_SHIFT) - 1;
        switch (value >> IOPRIO_CLASS_SHIFT) {
            case IOPRIO_CLASS_RT -> {
                if (!credentials.has(Credentials.CAP_SYS_ADMIN) && !credentials.has(Credentials.CAP_SYS_NICE)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                checkLevel(level, IOPRIO_NR_LEVELS);
            }
            case IOPRIO_CLASS_BE -> checkLevel(level, IOPRIO_NR_LEVELS);
            case IOPRIO_CLASS_IDLE -> {}
            case IOPRIO_CLASS_NONE -> checkLevel(level, 1);
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        var targets = ioTargets(task, args.asInt(0), args.asInt(1));
        if (targets.isEmpty()) {
            throw ErrnoException.of(Errno.ESRCH);
        }

        for (var target : targets) {
            int user = target.credentials().realUser();
            if (user != credentials.effectiveUser()
                    && user != credentials.realUser()
                    && !credentials.has(Credentials.CAP_SYS_NICE)) {
                throw ErrnoException.of(Errno.EPERM);
            }
            target.scheduling().setIoPriority(value);
        }
        return 0;
    }

    private static void checkLevel(int level, int levels) throws ErrnoException {
        if (level >= levels) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static List<Task> ioTargets(Task task, int which, int who) throws ErrnoException {
        return switch (which) {
            case IOPRIO_WHO_PROCESS -> targets(task, PRIO_PROCESS, who);
            case IOPRIO_WHO_PGRP -> targets(task, PRIO_PGRP, who);
            case IOPRIO_WHO_USER -> targets(task, PRIO_USER, who);
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    /** Whether the nice value is one that RLIMIT_NICE of the task allows it. */
    static boolean isWithinLimit(Task target, int nice) {
        return 20 - nice <= target.group().limits().bound(Resource.RLIMIT_NICE);
    }

    /** check_same_owner() of Linux. */
    static boolean isSameOwner(Task task, Task target) {
        int user = task.credentials().effectiveUser();
        return user == target.credentials().effectiveUser()
                || user == target.credentials().realUser();
    }

    /** A task by its id, 0 for the caller: ESRCH. */
    static Task find(Task task, int id) throws ErrnoException {
        var found = id == 0 ? task : task.kernel().processes().task(id);
        if (found == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return found;
    }
}
