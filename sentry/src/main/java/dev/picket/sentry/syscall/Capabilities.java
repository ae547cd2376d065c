package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.CredentialsChange;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/** Capability sets: capget(2), capset(2); see capabilities(7). */
final class Capabilities {
    private static final int VERSION_1 = 0x19980330;
    private static final int VERSION_2 = 0x20071026;
    private static final int VERSION_3 = 0x20080522;
    private static final int WORD_BYTES = 12;

    private Capabilities() {}

    /** capget(2). */
    static long capget(Task task, SyscallArguments args) throws ErrnoException {
        long header = args.asAddress(0);
        long data = args.asAddress(1);
        int words = words(task, header, data == 0);
        if (words == 0) {
            return 0; // the caller only wanted to know our version
        }
        var credentials = target(task, task.memory().getInt(header + 4)).credentials();
        if (data == 0) {
            return 0;
        }

        for (int word = 0; word < words; word++) {
            long address = data + (long) WORD_BYTES * word;
            int shift = 32 * word;
            task.memory().putInt(address, (int) (credentials.effective() >>> shift));
            task.memory().putInt(address + 4, (int) (credentials.permitted() >>> shift));
            task.memory().putInt(address + 8, (int) (credentials.inheritable() >>> shift));
        }
        return 0;
    }

    /** capset(2): of the calling task only. */
    static long capset(Task task, SyscallArguments args) throws ErrnoException {
        long header = args.asAddress(0);
        long data = args.asAddress(1);
        int words = words(task, header, false);
        int id = task.memory().getInt(header + 4);
        if (id != 0 && id != task.id()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        long effective = 0;
        long permitted = 0;
        long inheritable = 0;
        for (int word = 0; word < words; word++) {
            long address = data + (long) WORD_BYTES * word;
            int shift = 32 * word;
            effective |= (task.memory().getInt(address) & 0xffffffffL) << shift;
            permitted |= (task.memory().getInt(address + 4) & 0xffffffffL) << shift;
            inheritable |= (task.memory().getInt(address + 8) & 0xffffffffL) << shift;
        }
        long known = (1L << Credentials.CAP_LAST + 1) - 1;
        effective &= known;
        permitted &= known;
        inheritable &= known;

        var old = task.credentials();
        boolean mayInherit = old.holds(Credentials.CAP_SETPCAP);
        if ((permitted & ~old.permitted()) != 0
                || (effective & ~permitted) != 0
                || !mayInherit && (inheritable & ~(old.inheritable() | old.permitted())) != 0
                || (inheritable & ~(old.inheritable() | old.bounding())) != 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
        long ambient = old.ambient() & permitted & inheritable;
        task.setCredentials(new CredentialsChange(old, false, 0)
                .setCapabilities(permitted, effective, inheritable, old.bounding(), ambient));
        return 0;
    }

    /** Number of 32-bit words per set; for an unknown version writes ours to the header: EINVAL, or 0 if just asked. */
    private static int words(Task task, long header, boolean asking) throws ErrnoException {
        switch (task.memory().getInt(header)) {
            case VERSION_1 -> {
                return 1;
            }
            case VERSION_2, VERSION_3 -> {
                return 2;
            }
            default -> {
                task.memory().putInt(header, VERSION_3);
                if (asking) {
                    return 0;
                }
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
    }

    private static Task target(Task task, int id) throws ErrnoException {
        if (id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var other = id == 0 ? task : task.kernel().processes().task(id);
        if (other == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return other;
    }
}
