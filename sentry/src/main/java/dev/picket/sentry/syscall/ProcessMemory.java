package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.MemoryManager;

/** process_vm_readv(2), process_vm_writev(2). */
final class ProcessMemory {
    private static final int CHUNK_BYTES = 64 << 10;

    private ProcessMemory() {}

    /** process_vm_readv(2). */
    static long processVmReadv(Task task, SyscallArguments args) throws ErrnoException {
        return transfer(task, args, false);
    }

    /** process_vm_writev(2). */
    static long processVmWritev(Task task, SyscallArguments args) throws ErrnoException {
        return transfer(task, args, true);
    }

    private static long transfer(Task task, SyscallArguments args, boolean write) throws ErrnoException {
        int processId = args.asInt(0);
        long localVector = args.asAddress(1);
        long localCount = args.asSize(2);
        long remoteVector = args.asAddress(3);
        long remoteCount = args.asSize(4);
        long flags = args.asSize(5);

        if (flags != 0 || localCount != (int) localCount || remoteCount != (int) remoteCount) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        GuestBuffer local = task.buffers(localVector, (int) localCount);
        Task other = task.kernel().processes().task(processId);
        if (other == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        ProcessAccess.check(task, other);
        MemoryManager memory = other.memory();
        if (memory == null || !memory.tryRetain()) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        try {
            GuestBuffer remote = task.memory().buffersIn(memory, remoteVector, (int) remoteCount);
            return write ? copy(local, remote) : copy(remote, local);
        } finally {
            memory.release();
        }
    }

    private static long copy(GuestBuffer source, GuestBuffer destination) throws ErrnoException {
        byte[] chunk = new byte[CHUNK_BYTES];
        long done = 0;
        while (source.remaining() > 0 && destination.remaining() > 0) {
            int wanted = (int) Math.min(chunk.length, Math.min(source.remaining(), destination.remaining()));
            int copied;
            try {
                int read = source.copyIn(chunk, 0, wanted);
                copied = destination.copyOut(chunk, 0, read);
            } catch (ErrnoException e) {
                if (done > 0) {
                    break; // partial progress beats an error
                }
                throw e;
            }
            done += copied;
            if (copied < wanted) {
                break;
            }
        }
        return done;
    }
}
