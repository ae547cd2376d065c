package dev.picket.sentry.syscall;

import dev.picket.platform.host.Host;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import java.util.BitSet;

/** On which CPUs tasks run: sched_setaffinity(2), getcpu(2). The host places them; the numbers are those of the sandbox. */
final class Affinity {
    private Affinity() {}

    /** sched_getaffinity(2). */
    static long schedGetaffinity(Task task, SyscallArguments args) throws ErrnoException {
        long length = args.asInt(1) & 0xffffffffL;
        long address = args.asAddress(2);
        int cpus = task.kernel().options().cpus();
        if (length * 8 < cpus || (length & 7) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var target = Priorities.find(task, args.asInt(0));

        byte[] mask = new byte[maskBytes(cpus)];
        byte[] bits = target.scheduling().cpus().toByteArray();
        System.arraycopy(bits, 0, mask, 0, bits.length);
        int written = (int) Math.min(length, mask.length);
        task.memory().copyOut(address, mask, 0, written);
        return written;
    }

    /** sched_setaffinity(2). */
    static long schedSetaffinity(Task task, SyscallArguments args) throws ErrnoException {
        long length = args.asInt(1) & 0xffffffffL;
        int cpus = task.kernel().options().cpus();
        byte[] mask = new byte[(int) Math.min(length, maskBytes(cpus))];
        task.memory().copyIn(args.asAddress(2), mask, 0, mask.length);
        var target = Priorities.find(task, args.asInt(0));
        if (!Priorities.isSameOwner(task, target) && !task.credentials().has(Credentials.CAP_SYS_NICE)) {
            throw ErrnoException.of(Errno.EPERM);
        }

        BitSet wanted = BitSet.valueOf(mask);
        wanted.clear(cpus, Math.max(cpus, wanted.length()));
        if (wanted.isEmpty()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (wanted.cardinality() < cpus) {
            // The vDSO knows nothing of tasks: from now on it asks.
            task.kernel().vdso().timePage().setCpus(0);
        }
        target.scheduling().setCpus(wanted);
        return 0;
    }

    private static int maskBytes(int cpus) {
        return (cpus + 63) / 64 * 8;
    }

    /** getcpu(2). */
    static long getcpu(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asAddress(0) != 0) {
            task.memory().putInt(args.asAddress(0), task.scheduling().currentCpu(Host.schedGetcpu()));
        }
        if (args.asAddress(1) != 0) {
            task.memory().putInt(args.asAddress(1), 0);
        }
        return 0;
    }
}
