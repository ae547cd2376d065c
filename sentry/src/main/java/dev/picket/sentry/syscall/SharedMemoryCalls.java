package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Mman.*;
import static dev.picket.platform.linux.Shm.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ipc;
import dev.picket.platform.linux.Resource;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ipc.SharedSegment;
import dev.picket.sentry.memory.MapRequest;

/** shmget(2), shmat(2), shmdt(2), shmctl(2). */
final class SharedMemoryCalls {
    private static final long PAGE_BYTES = 4096;
    private static final int READABLE = 0444;
    private static final int WRITABLE = 0222;
    private static final int EXECUTABLE = 0111;

    private SharedMemoryCalls() {}

    /** shmget(2). */
    static long shmget(Task task, SyscallArguments args) throws ErrnoException {
        int key = args.asInt(0);
        long sizeBytes = args.asSize(1);
        int flags = args.asInt(2);

        return task.kernel().ipc().sharedMemory().get(task.credentials(), key, sizeBytes, flags);
    }

    /** shmat(2). */
    static long shmat(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        long address = args.asAddress(1);
        int flags = args.asInt(2);

        address = attachAddress(address, flags);
        boolean writable = (flags & SHM_RDONLY) == 0;
        boolean executable = (flags & SHM_EXEC) != 0;
        var segments = task.kernel().ipc().sharedMemory();
        var segment = segments.find(id);
        segment.checkAccess(task.credentials(), READABLE | (writable ? WRITABLE : 0) | (executable ? EXECUTABLE : 0));

        segments.hold(segment);
        try {
            return task.memory().map(attachment(segment, address, flags, writable, executable));
        } catch (ErrnoException e) {
            throw e.errno() == Errno.EEXIST ? ErrnoException.of(Errno.EINVAL) : e;
        } finally {
            segments.letGo(segment);
        }
    }

    private static long attachAddress(long address, int flags) throws ErrnoException {
        boolean replaces = (flags & SHM_REMAP) != 0;
        if (address == 0) {
            if (replaces) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            return 0;
        }
        if ((address & PAGE_BYTES - 1) == 0) {
            return address;
        }
        long rounded = address & -PAGE_BYTES;
        if ((flags & SHM_RND) == 0 || rounded == 0 && replaces) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return rounded;
    }

    private static MapRequest attachment(
            SharedSegment segment, long address, int flags, boolean writable, boolean executable) {
        int prot = PROT_READ | (writable ? PROT_WRITE : 0) | (executable ? PROT_EXEC : 0);
        int maxProt = PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0);
        int place = 0;
        if (address != 0) {
            place = (flags & SHM_REMAP) != 0 ? MAP_FIXED : MAP_FIXED_NOREPLACE;
        }
        return new MapRequest(address, segment.sizeBytes(), prot, MAP_SHARED | place, segment, 0, maxProt, null);
    }

    /** shmdt(2). */
    static long shmdt(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);

        if ((address & PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        boolean detached = task.memory()
                .detach(address, mappable -> mappable instanceof SharedSegment segment ? segment.sizeBytes() : -1);
        if (!detached) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    /** shmctl(2). */
    static long shmctl(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int command = args.asInt(1) & ~Ipc.IPC_64;
        long address = args.asAddress(2);

        if (command < 0 || id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var segments = task.kernel().ipc().sharedMemory();
        switch (command) {
            case Ipc.IPC_INFO -> {
                return limits(task, address);
            }
            case SHM_INFO -> {
                return usage(task, address);
            }
            case Ipc.IPC_STAT, SHM_STAT, SHM_STAT_ANY -> {
                return status(task, id, command, address);
            }
            case Ipc.IPC_SET -> {
                byte[] wanted = IpcStructs.fetch(task, address, SHMID_DS_SIZE);
                segments.setOwner(
                        task.credentials(),
                        id,
                        Bytes.getInt(wanted, Ipc.PERM_UID),
                        Bytes.getInt(wanted, Ipc.PERM_GID),
                        Bytes.getInt(wanted, Ipc.PERM_MODE));
            }
            case Ipc.IPC_RMID -> segments.remove(task.credentials(), id);
            case SHM_LOCK, SHM_UNLOCK -> segments.setLocked(
                    task.credentials(),
                    id,
                    command == SHM_LOCK,
                    task.group().limits().bound(Resource.RLIMIT_MEMLOCK));
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    private static long limits(Task task, long address) throws ErrnoException {
        var ipc = task.kernel().ipc();
        byte[] info = new byte[SHMINFO_SIZE];
        Bytes.putLong(info, SHMINFO_MAX, ipc.limits().shmmax());
        Bytes.putLong(info, SHMINFO_MIN, SHMMIN);
        Bytes.putLong(info, SHMINFO_MNI, ipc.limits().shmmni());
        Bytes.putLong(info, SHMINFO_SEG, ipc.limits().shmmni());
        Bytes.putLong(info, SHMINFO_ALL, ipc.limits().shmall());
        IpcStructs.store(task, address, info);
        return ipc.sharedMemory().highestIndex();
    }

    private static long usage(Task task, long address) throws ErrnoException {
        var segments = task.kernel().ipc().sharedMemory();
        long residentBytes = 0;
        for (var segment : segments.all()) {
            residentBytes += segment.residentBytes();
        }
        byte[] info = new byte[SHM_INFO_SIZE];
        Bytes.putInt(info, SHM_INFO_USED_IDS, segments.count());
        Bytes.putLong(info, SHM_INFO_TOT, segments.totalPages());
        Bytes.putLong(info, SHM_INFO_RSS, residentBytes / PAGE_BYTES);
        IpcStructs.store(task, address, info);
        return segments.highestIndex();
    }

    private static long status(Task task, int id, int command, long address) throws ErrnoException {
        var segments = task.kernel().ipc().sharedMemory();
        SharedSegment segment = command == Ipc.IPC_STAT ? segments.find(id) : segments.at(id);
        if (command != SHM_STAT_ANY) {
            segment.checkAccess(task.credentials(), READABLE);
        }
        var status = segment.status();
        byte[] shown = new byte[SHMID_DS_SIZE];
        IpcStructs.put(shown, status.ownership());
        Bytes.putLong(shown, SEGSZ, status.sizeBytes());
        Bytes.putLong(shown, ATIME, status.attachSeconds());
        Bytes.putLong(shown, DTIME, status.detachSeconds());
        Bytes.putLong(shown, CTIME, status.ownership().changeSeconds());
        Bytes.putInt(shown, CPID, status.creatorProcess());
        Bytes.putInt(shown, LPID, status.lastProcess());
        Bytes.putLong(shown, NATTCH, status.attachments());
        IpcStructs.store(task, address, shown);
        return command == Ipc.IPC_STAT ? 0 : segment.id();
    }
}
