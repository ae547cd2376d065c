package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/**
 * Scheduling: sched_setaffinity(2), sched_setscheduler(2), setpriority(2) and their kin. The host's scheduler runs the
 * guest's tasks; what a guest sets is checked as Linux does, remembered where it can be asked for, and has no effect.
 */
final class Scheduling {
    private static final int SCHED_NORMAL = 0;
    private static final int SCHED_FIFO = 1;
    private static final int SCHED_RR = 2;
    private static final int SCHED_BATCH = 3;
    private static final int SCHED_IDLE = 5;
    private static final int SCHED_RESET_ON_FORK = 0x40000000;
    private static final int HIGHEST_REALTIME = 99;
    private static final int LOWEST_NICE = 19;
    private static final int HIGHEST_NICE = -20;
    private static final int PRIO_PROCESS = 0;
    private static final int PRIO_PGRP = 1;
    private static final int PRIO_USER = 2;
    private static final long RR_INTERVAL_NANOS = 100_000_000L;

    private Scheduling() {}

    /** sched_yield(2). */
    static long schedYield(Task task, SyscallArguments args) {
        Thread.yield();
        return 0;
    }

    /** sched_getaffinity(2): all CPUs of the sandbox. */
    static long schedGetaffinity(Task task, SyscallArguments args) throws ErrnoException {
        long length = args.asSize(1) & 0xffffffffL;
        long address = args.asAddress(2);
        find(task, args.asInt(0));
        int cpus = task.kernel().options().cpus();
        int words = (cpus + 63) / 64;
        if (length < words * 8L || (length & 7) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        for (int word = 0; word < words; word++) {
            int left = cpus - word * 64;
            task.memory().putLong(address + word * 8L, left >= 64 ? -1L : (1L << left) - 1);
        }
        return words * 8L;
    }

    /** sched_setaffinity(2). */
    static long schedSetaffinity(Task task, SyscallArguments args) throws ErrnoException {
        long length = args.asSize(1) & 0xffffffffL;
        long address = args.asAddress(2);
        find(task, args.asInt(0));
        int cpus = task.kernel().options().cpus();
        boolean any = false;
        for (int cpu = 0; cpu < cpus && cpu / 8 < length; cpu++) {
            any |= (task.memory().getByte(address + cpu / 8) >> (cpu & 7) & 1) != 0;
        }
        if (!any) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    /** sched_getscheduler(2). */
    static long schedGetscheduler(Task task, SyscallArguments args) throws ErrnoException {
        find(task, args.asInt(0));
        return SCHED_NORMAL;
    }

    /** sched_setscheduler(2). */
    static long schedSetscheduler(Task task, SyscallArguments args) throws ErrnoException {
        int policy = args.asInt(1);
        long address = args.asAddress(2);
        if (address == 0 || policy < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int priority = task.memory().getInt(address);
        find(task, args.asInt(0));
        checkPolicy(task, policy & ~SCHED_RESET_ON_FORK, priority);
        return 0;
    }

    /** sched_getparam(2). */
    static long schedGetparam(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asAddress(1) == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        find(task, args.asInt(0));
        task.memory().putInt(args.asAddress(1), 0);
        return 0;
    }

    /** sched_setparam(2). */
    static long schedSetparam(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asAddress(1) == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int priority = task.memory().getInt(args.asAddress(1));
        find(task, args.asInt(0));
        checkPolicy(task, SCHED_NORMAL, priority);
        return 0;
    }

    private static void checkPolicy(Task task, int policy, int priority) throws ErrnoException {
        switch (policy) {
            case SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE -> {
                if (priority != 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
            }
            case SCHED_FIFO, SCHED_RR -> {
                if (priority < 1 || priority > HIGHEST_REALTIME) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                if (!task.credentials().has(Credentials.CAP_SYS_NICE)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** sched_get_priority_max(2). */
    static long schedGetPriorityMax(Task task, SyscallArguments args) throws ErrnoException {
        return switch (args.asInt(0)) {
            case SCHED_FIFO, SCHED_RR -> HIGHEST_REALTIME;
            case SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE -> 0;
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    /** sched_get_priority_min(2). */
    static long schedGetPriorityMin(Task task, SyscallArguments args) throws ErrnoException {
        return switch (args.asInt(0)) {
            case SCHED_FIFO, SCHED_RR -> 1;
            case SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE -> 0;
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    /** sched_rr_get_interval(2). */
    static long schedRrGetInterval(Task task, SyscallArguments args) throws ErrnoException {
        find(task, args.asInt(0));
        Timeouts.writeTimespec(task.memory(), args.asAddress(1), RR_INTERVAL_NANOS);
        return 0;
    }

    /** getpriority(2): the bare call answers 20 minus the nice value. */
    static long getpriority(Task task, SyscallArguments args) throws ErrnoException {
        checkTarget(task, args.asInt(0), args.asInt(1));
        return 20 - task.group().niceness();
    }

    /** setpriority(2). */
    static long setpriority(Task task, SyscallArguments args) throws ErrnoException {
        checkTarget(task, args.asInt(0), args.asInt(1));
        int nice = Math.max(HIGHEST_NICE, Math.min(LOWEST_NICE, args.asInt(2)));
        if (nice < task.group().niceness() && !task.credentials().has(Credentials.CAP_SYS_NICE)) {
            throw ErrnoException.of(Errno.EACCES);
        }
        task.group().setNiceness(nice);
        return 0;
    }

    private static void checkTarget(Task task, int which, int who) throws ErrnoException {
        switch (which) {
            case PRIO_PROCESS -> find(task, who);
            case PRIO_PGRP -> {
                if (who != 0 && task.kernel().processes().processGroup(who) == null) {
                    throw ErrnoException.of(Errno.ESRCH);
                }
            }
            case PRIO_USER -> {}
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** getcpu(2). */
    static long getcpu(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asAddress(0) != 0) {
            task.memory().putInt(args.asAddress(0), 0);
        }
        if (args.asAddress(1) != 0) {
            task.memory().putInt(args.asAddress(1), 0);
        }
        return 0;
    }

    private static Task find(Task task, int id) throws ErrnoException {
        if (id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var found = id == 0 ? task : task.kernel().processes().task(id);
        if (found == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return found;
    }
}
