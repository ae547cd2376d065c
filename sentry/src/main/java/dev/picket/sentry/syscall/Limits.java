package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Resource.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.FileTable;
import dev.picket.sentry.kernel.ResourceLimits;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ThreadGroup;
import dev.picket.sentry.kernel.Usage;

/** Resource limits and usage: getrlimit(2), prlimit(2), getrusage(2). */
final class Limits {
    /** struct rusage: the counters not named here stay 0, as most do on Linux. */
    private static final int RUSAGE_BYTES = 144;

    private static final int RUSAGE_SYSTEM = 16;
    private static final int RUSAGE_MAXRSS = 32;
    private static final int RUSAGE_MINFLT = 64;
    private static final int RUSAGE_NVCSW = 128;
    private static final int RUSAGE_NIVCSW = 136;

    private Limits() {}

    /** getrlimit(2). */
    static long getrlimit(Task task, SyscallArguments args) throws ErrnoException {
        int resource = check(args.asInt(0));
        write(task, args.asAddress(1), task.group().limits().get(resource));
        return 0;
    }

    /** setrlimit(2). */
    static long setrlimit(Task task, SyscallArguments args) throws ErrnoException {
        var limit = read(task, args.asAddress(1));
        set(task, task.group(), check(args.asInt(0)), limit);
        return 0;
    }

    /** prlimit(2). */
    static long prlimit64(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int resource = args.asInt(1);
        long newAddress = args.asAddress(2);
        long oldAddress = args.asAddress(3);
        var limit = newAddress == 0 ? null : read(task, newAddress); // before all else
        check(resource);
        var process = process(task, id);

        var old = process.limits().get(resource);
        if (limit != null) {
            set(task, process, resource, limit);
        }
        if (oldAddress != 0) {
            write(task, oldAddress, old);
        }
        return 0;
    }

    private static ThreadGroup process(Task task, int id) throws ErrnoException {
        if (id == 0) {
            return task.group();
        }
        var other = task.kernel().processes().task(id);
        if (other == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        if (other.group() != task.group()) {
            checkPermission(task.credentials(), other.credentials());
        }
        return other.group();
    }

    private static void checkPermission(Credentials own, Credentials other) throws ErrnoException {
        int user = own.realUser();
        int group = own.realGroup();
        boolean same = user == other.realUser()
                && user == other.effectiveUser()
                && user == other.savedUser()
                && group == other.realGroup()
                && group == other.effectiveGroup()
                && group == other.savedGroup();
        if (!same && !own.has(Credentials.CAP_SYS_RESOURCE)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    private static void set(Task task, ThreadGroup process, int resource, ResourceLimits.Limit limit)
            throws ErrnoException {
        if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (resource == RLIMIT_NOFILE && Long.compareUnsigned(limit.hard(), FileTable.MAXIMUM) > 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
        var old = process.limits().get(resource);
        if (Long.compareUnsigned(limit.hard(), old.hard()) > 0
                && !task.credentials().has(Credentials.CAP_SYS_RESOURCE)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        process.limits().set(resource, limit);
        if (resource == RLIMIT_CPU) {
            process.timers().watchCpuLimit();
        }
    }

    private static int check(int resource) throws ErrnoException {
        if (resource < 0 || resource >= RLIM_NLIMITS) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return resource;
    }

    private static ResourceLimits.Limit read(Task task, long address) throws ErrnoException {
        return new ResourceLimits.Limit(
                task.memory().getLong(address), task.memory().getLong(address + 8));
    }

    private static void write(Task task, long address, ResourceLimits.Limit limit) throws ErrnoException {
        task.memory().putLong(address, limit.soft());
        task.memory().putLong(address + 8, limit.hard());
    }

    /** getrusage(2). */
    static long getrusage(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(1);
        switch (args.asInt(0)) {
            case RUSAGE_SELF -> {
                task.group().noteResident(task.memory().residentBytes());
                writeUsage(task, address, task.group().usage());
            }
            case RUSAGE_CHILDREN -> writeUsage(task, address, task.group().childrenUsage());
            case RUSAGE_THREAD -> {
                var usage = new Usage();
                usage.add(task);
                task.group().noteResident(task.memory().residentBytes());
                usage.addPeak(task.group().usage().peakResidentBytes()); // of the process, also for Linux
                writeUsage(task, address, usage);
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    /** Writes a struct rusage. */
    static void writeUsage(Task task, long address, Usage usage) throws ErrnoException {
        var memory = task.memory();
        memory.copyOut(address, new byte[RUSAGE_BYTES], 0, RUSAGE_BYTES);
        Timeouts.writeTimeval(memory, address, usage.userNanos());
        Timeouts.writeTimeval(memory, address + RUSAGE_SYSTEM, usage.systemNanos());
        memory.putLong(address + RUSAGE_MAXRSS, usage.peakResidentBytes() / 1024);
        memory.putLong(address + RUSAGE_MINFLT, usage.minorFaults());
        memory.putLong(address + RUSAGE_NVCSW, usage.voluntarySwitches());
        memory.putLong(address + RUSAGE_NIVCSW, usage.involuntarySwitches());
    }
}
