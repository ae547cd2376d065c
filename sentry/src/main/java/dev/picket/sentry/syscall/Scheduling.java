package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Sched.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Resource;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.TaskScheduling.Attributes;

/** Policies and their parameters: sched_setscheduler(2), sched_setparam(2), sched_setattr(2); what they do is in sched(7). */
final class Scheduling {
    private static final long RR_INTERVAL_NANOS = 100_000_000L;
    private static final long FAIR_INTERVAL_NANOS = 4_000_000L;

    /** sched_setparam(2) keeps the policy. */
    private static final int KEEP_POLICY = -1;

    private static final int PAGE_BYTES = 4096;
    private static final long SHORTEST_RUNTIME_NANOS = 1 << 10;
    private static final long SHORTEST_PERIOD_NANOS = 100_000L;
    private static final long LONGEST_PERIOD_NANOS = (1L << 22) * 1000;

    private Scheduling() {}

    /** sched_yield(2). */
    static long schedYield(Task task, SyscallArguments args) {
        Thread.yield();
        return 0;
    }

    /** sched_getscheduler(2). */
    static long schedGetscheduler(Task task, SyscallArguments args) throws ErrnoException {
        var attributes = find(task, args.asInt(0)).scheduling().attributes();
        return attributes.policy() | (attributes.resetOnFork() ? SCHED_RESET_ON_FORK : 0);
    }

    /** sched_setscheduler(2). */
    static long schedSetscheduler(Task task, SyscallArguments args) throws ErrnoException {
        int policy = args.asInt(1);
        if (policy < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return setParameter(task, args.asInt(0), policy, args.asAddress(2));
    }

    /** sched_setparam(2). */
    static long schedSetparam(Task task, SyscallArguments args) throws ErrnoException {
        return setParameter(task, args.asInt(0), KEEP_POLICY, args.asAddress(1));
    }

    private static long setParameter(Task task, int id, int policy, long address) throws ErrnoException {
        if (address == 0 || id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int priority = task.memory().getInt(address);
        var target = find(task, id);
        var old = target.scheduling().attributes();

        boolean keep = policy == KEEP_POLICY;
        set(
                task,
                target,
                new Attributes(
                        keep ? old.policy() : policy & ~SCHED_RESET_ON_FORK,
                        keep ? old.resetOnFork() : (policy & SCHED_RESET_ON_FORK) != 0,
                        old.nice(),
                        priority,
                        0,
                        0,
                        0,
                        0));
        return 0;
    }

    /** sched_getparam(2). */
    static long schedGetparam(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(1);
        if (address == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var attributes = find(task, args.asInt(0)).scheduling().attributes();
        task.memory().putInt(address, attributes.priority());
        return 0;
    }

    /** sched_setattr(2). */
    static long schedSetattr(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        long address = args.asAddress(1);
        if (address == 0 || id < 0 || args.asInt(2) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = fetch(task, address);
        var fields = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        int policy = fields.getInt(4);
        long flags = fields.getLong(8);
        if (policy < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var target = find(task, id);

        var old = target.scheduling().attributes();
        boolean keepPolicy = (flags & SCHED_FLAG_KEEP_POLICY) != 0;
        boolean keepParameters = (flags & SCHED_FLAG_KEEP_PARAMS) != 0;
        int nice = Math.max(MIN_NICE, Math.min(MAX_NICE, fields.getInt(16)));
        set(
                task,
                target,
                new Attributes(
                        keepPolicy ? old.policy() : policy,
                        keepPolicy ? old.resetOnFork() : (flags & SCHED_FLAG_RESET_ON_FORK) != 0,
                        keepParameters ? old.nice() : nice,
                        keepParameters ? old.priority() : fields.getInt(20),
                        keepParameters ? old.runtime() : fields.getLong(24),
                        keepParameters ? old.deadline() : fields.getLong(32),
                        keepParameters ? old.period() : fields.getLong(40),
                        flags));
        return 0;
    }

    /** The struct sched_attr: E2BIG, and the size that is known written to it, if it is too short or has unknown parts. */
    private static byte[] fetch(Task task, long address) throws ErrnoException {
        var memory = task.memory();
        long size = memory.getInt(address) & 0xffffffffL;
        if (size == 0) {
            size = SCHED_ATTR_SIZE_VER0;
        }
        boolean known = size >= SCHED_ATTR_SIZE_VER0 && size <= PAGE_BYTES;
        byte[] bytes = new byte[known ? Math.max((int) size, SCHED_ATTR_SIZE_VER1) : 0];
        if (known) {
            memory.copyIn(address, bytes, 0, (int) size);
            for (int index = SCHED_ATTR_SIZE_VER1; index < size; index++) {
                known &= bytes[index] == 0;
            }
        }
        if (!known) {
            memory.putInt(address, SCHED_ATTR_SIZE_VER1);
            throw ErrnoException.of(Errno.E2BIG);
        }
        if ((bytes[8] & SCHED_FLAG_UTIL_CLAMP) != 0 && size < SCHED_ATTR_SIZE_VER1) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return bytes;
    }

    /** sched_getattr(2). */
    static long schedGetattr(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        long address = args.asAddress(1);
        long size = args.asInt(2) & 0xffffffffL;
        if (address == 0 || id < 0 || size > PAGE_BYTES || size < SCHED_ATTR_SIZE_VER0 || args.asInt(3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var attributes = find(task, id).scheduling().attributes();

        boolean deadline = attributes.policy() == SCHED_DEADLINE;
        boolean fair = !deadline && !attributes.isRealtime();
        int length = (int) Math.min(size, SCHED_ATTR_SIZE_VER1);
        var fields = java.nio.ByteBuffer.allocate(SCHED_ATTR_SIZE_VER1).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        fields.putInt(length).putInt(attributes.policy());
        long kept = deadline ? attributes.flags() & (SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN) : 0;
        fields.putLong(kept | (attributes.resetOnFork() ? SCHED_FLAG_RESET_ON_FORK : 0));
        fields.putInt(fair ? attributes.nice() : 0).putInt(attributes.priority());
        fields.putLong(attributes.runtime()).putLong(attributes.deadline()).putLong(attributes.period());
        task.memory().copyOut(address, fields.array(), 0, length);
        return 0;
    }

    /** What __sched_setscheduler() of Linux checks, in its order. */
    private static void set(Task task, Task target, Attributes wanted) throws ErrnoException {
        boolean deadline = wanted.policy() == SCHED_DEADLINE;
        boolean known =
                switch (wanted.policy()) {
                    case SCHED_NORMAL, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE, SCHED_DEADLINE -> true;
                    default -> false;
                };
        if (!known
                || (wanted.flags() & ~SCHED_FLAG_ALL) != 0
                || Integer.compareUnsigned(wanted.priority(), MAX_RT_PRIO) > 0
                || deadline && !isPossibleDeadline(wanted)
                || wanted.isRealtime() != (wanted.priority() != 0)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (!mayBeSet(task, target, wanted) && !task.credentials().has(Credentials.CAP_SYS_NICE)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if ((wanted.flags() & SCHED_FLAG_UTIL_CLAMP) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP); // as on kernels without CONFIG_UCLAMP_TASK
        }
        long period = deadline && wanted.period() == 0 ? wanted.deadline() : wanted.period();
        boolean fair = !deadline && !wanted.isRealtime();
        target.scheduling()
                .setAttributes(new Attributes(
                        wanted.policy(),
                        wanted.resetOnFork(),
                        fair ? wanted.nice() : target.scheduling().nice(),
                        wanted.priority(),
                        deadline ? wanted.runtime() : 0,
                        deadline ? wanted.deadline() : 0,
                        deadline ? period : 0,
                        wanted.flags()));
    }

    private static boolean isPossibleDeadline(Attributes wanted) {
        long period = wanted.period() == 0 ? wanted.deadline() : wanted.period();
        return wanted.deadline() > 0
                && wanted.period() >= 0
                && Long.compareUnsigned(wanted.runtime(), SHORTEST_RUNTIME_NANOS) >= 0
                && Long.compareUnsigned(period, wanted.deadline()) >= 0
                && Long.compareUnsigned(wanted.deadline(), wanted.runtime()) >= 0
                && period >= SHORTEST_PERIOD_NANOS
                && period <= LONGEST_PERIOD_NANOS;
    }

    /** Whether a task may ask for this without CAP_SYS_NICE: user_check_sched_setscheduler() of Linux. */
    private static boolean mayBeSet(Task task, Task target, Attributes wanted) {
        var old = target.scheduling().attributes();
        var limits = target.group().limits();
        if (wanted.policy() == SCHED_DEADLINE || !Priorities.isSameOwner(task, target)) {
            return false;
        }
        if (wanted.isRealtime()) {
            long limit = limits.bound(Resource.RLIMIT_RTPRIO);
            if (wanted.policy() != old.policy() && limit == 0
                    || wanted.priority() > old.priority() && wanted.priority() > limit) {
                return false;
            }
        } else if (wanted.nice() < old.nice() && !Priorities.isWithinLimit(target, wanted.nice())) {
            return false;
        }
        boolean leavesIdle = old.policy() == SCHED_IDLE && wanted.policy() != SCHED_IDLE;
        return (!leavesIdle || Priorities.isWithinLimit(target, old.nice()))
                && (!old.resetOnFork() || wanted.resetOnFork());
    }

    /** sched_get_priority_max(2). */
    static long schedGetPriorityMax(Task task, SyscallArguments args) throws ErrnoException {
        return priorityBound(args.asInt(0), MAX_RT_PRIO);
    }

    /** sched_get_priority_min(2). */
    static long schedGetPriorityMin(Task task, SyscallArguments args) throws ErrnoException {
        return priorityBound(args.asInt(0), 1);
    }

    private static long priorityBound(int policy, int realtimeBound) throws ErrnoException {
        return switch (policy) {
            case SCHED_FIFO, SCHED_RR -> realtimeBound;
            case SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE, SCHED_DEADLINE -> 0;
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    /** sched_rr_get_interval(2). */
    static long schedRrGetInterval(Task task, SyscallArguments args) throws ErrnoException {
        int policy = find(task, args.asInt(0)).scheduling().attributes().policy();
        long interval =
                switch (policy) {
                    case SCHED_RR -> RR_INTERVAL_NANOS;
                    case SCHED_FIFO, SCHED_DEADLINE -> 0;
                    default -> FAIR_INTERVAL_NANOS;
                };
        Timeouts.writeTimespec(task.memory(), args.asAddress(1), interval);
        return 0;
    }

    private static Task find(Task task, int id) throws ErrnoException {
        if (id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return Priorities.find(task, id);
    }
}
