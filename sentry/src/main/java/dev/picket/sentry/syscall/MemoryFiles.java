package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;

/** memfd_create(2). */
final class MemoryFiles {
    /** Longer names would not fit into a directory entry together with "memfd:". */
    private static final int NAME_BYTES = 249;

    private MemoryFiles() {}

    /** memfd_create(2). */
    static long memfdCreate(Task task, SyscallArguments args) throws ErrnoException {
        long nameAddress = args.asAddress(0);
        int flags = args.asInt(1);
        int known = Mman.MFD_CLOEXEC | Mman.MFD_ALLOW_SEALING | Mman.MFD_NOEXEC_SEAL | Mman.MFD_EXEC;
        int executable = Mman.MFD_NOEXEC_SEAL | Mman.MFD_EXEC;
        if ((flags & ~known) != 0 || (flags & executable) == executable) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        String name;
        try {
            name = task.memory().copyInString(nameAddress, NAME_BYTES + 1);
        } catch (ErrnoException e) {
            throw ErrnoException.of(e.errno() == Errno.ENAMETOOLONG ? Errno.EINVAL : e.errno());
        }

        var file = task.kernel().memoryFiles().newMemoryFile(task, name, flags);
        return Descriptors.install(task, file, (flags & Mman.MFD_CLOEXEC) != 0);
    }
}
