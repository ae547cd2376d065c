package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Ipc;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ipc.IpcObject.Ownership;

/** What the structs of shmctl(2), semctl(2) and msgctl(2) have in common. */
final class IpcStructs {
    private IpcStructs() {}

    /** Writes struct ipc64_perm to the beginning of {@code status}. */
    static void put(byte[] status, Ownership ownership) {
        Bytes.putInt(status, Ipc.PERM_KEY, ownership.key());
        Bytes.putInt(status, Ipc.PERM_UID, ownership.user());
        Bytes.putInt(status, Ipc.PERM_GID, ownership.group());
        Bytes.putInt(status, Ipc.PERM_CUID, ownership.creatorUser());
        Bytes.putInt(status, Ipc.PERM_CGID, ownership.creatorGroup());
        Bytes.putInt(status, Ipc.PERM_MODE, ownership.mode());
        Bytes.putShort(status, Ipc.PERM_SEQ, ownership.sequence());
    }

    /** Fetches a struct that IPC_SET is given. */
    static byte[] fetch(Task task, long address, int sizeBytes) throws ErrnoException {
        byte[] struct = new byte[sizeBytes];
        task.memory().copyIn(address, struct, 0, sizeBytes);
        return struct;
    }

    static void store(Task task, long address, byte[] struct) throws ErrnoException {
        task.memory().copyOut(address, struct, 0, struct.length);
    }
}
