package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Sem.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ipc;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ipc.SemaphoreOperations;
import dev.picket.sentry.kernel.ipc.SemaphoreSet;

/** semget(2), semop(2), semtimedop(2), semctl(2). */
final class SemaphoreCalls {
    private static final int READABLE = 0444;
    private static final int WRITABLE = 0222;

    private SemaphoreCalls() {}

    /** semget(2). */
    static long semget(Task task, SyscallArguments args) throws ErrnoException {
        int key = args.asInt(0);
        int count = args.asInt(1);
        int flags = args.asInt(2);

        return task.kernel().ipc().semaphores().get(task.credentials(), key, count, flags);
    }

    /** semop(2). */
    static long semop(Task task, SyscallArguments args) throws ErrnoException {
        return operate(task, args, Timeouts.NEVER);
    }

    /** semtimedop(2). */
    static long semtimedop(Task task, SyscallArguments args) throws ErrnoException {
        long timeoutAddress = args.asAddress(3);

        long timeoutNanos = Timeouts.NEVER;
        if (timeoutAddress != 0) {
            timeoutNanos = Timeouts.readTimespec(task.memory(), timeoutAddress);
        }
        return operate(task, args, timeoutNanos);
    }

    private static long operate(Task task, SyscallArguments args, long timeoutNanos) throws ErrnoException {
        int id = args.asInt(0);
        long address = args.asAddress(1);
        int count = args.asInt(2);

        var ipc = task.kernel().ipc();
        if (count < 1 || id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (count > ipc.limits().semopm()) {
            throw ErrnoException.of(Errno.E2BIG);
        }
        byte[] fetched = IpcStructs.fetch(task, address, count * SEMBUF_SIZE);
        var operations = new SemaphoreOperations(fetched, task.group().id());
        var set = ipc.semaphores().find(id);
        operations.checkNumbers(set);
        set.checkAccess(task.credentials(), operations.alters() ? WRITABLE : READABLE);
        if (operations.hasUndo()) {
            task.semaphoreUndo().prepare(set, operations);
        }

        set.perform(operations);
        if (!operations.isDone()) {
            await(task, set, operations, timeoutNanos);
        }
        operations.check();
        return 0;
    }

    private static void await(Task task, SemaphoreSet set, SemaphoreOperations operations, long timeoutNanos)
            throws ErrnoException {
        int failure;
        try {
            failure = task.block(operations.finished(), 1, Timeouts.deadline(timeoutNanos), operations::isDone)
                    ? 0
                    : Errno.EAGAIN;
        } catch (InterruptedCallException e) {
            failure = Errno.EINTR; // never restarted, see signal(7)
        }
        if (failure != 0 && set.withdraw(operations)) {
            throw ErrnoException.of(failure);
        }
    }

    /** semctl(2). */
    static long semctl(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        int number = args.asInt(1);
        int command = args.asInt(2) & ~Ipc.IPC_64;
        long argument = args.asLong(3);

        if (id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var sets = task.kernel().ipc().semaphores();
        return switch (command) {
            case Ipc.IPC_INFO, SEM_INFO -> limits(task, command == SEM_INFO, argument);
            case Ipc.IPC_STAT, SEM_STAT, SEM_STAT_ANY -> status(task, id, command, argument);
            case GETALL, SETALL, GETVAL, GETPID, GETNCNT, GETZCNT -> access(task, id, number, command, argument);
            case SETVAL -> setValue(task, id, number, (int) argument);
            case Ipc.IPC_SET -> {
                byte[] wanted = IpcStructs.fetch(task, argument, SEMID_DS_SIZE);
                sets.setOwner(
                        task.credentials(),
                        id,
                        Bytes.getInt(wanted, Ipc.PERM_UID),
                        Bytes.getInt(wanted, Ipc.PERM_GID),
                        Bytes.getInt(wanted, Ipc.PERM_MODE));
                yield 0;
            }
            case Ipc.IPC_RMID -> {
                sets.remove(task.credentials(), id);
                yield 0;
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
    }

    private static long limits(Task task, boolean usage, long address) throws ErrnoException {
        var ipc = task.kernel().ipc();
        var limits = ipc.limits();
        var sets = ipc.semaphores();
        int[] fields = {
            limits.semmns(), // semmap, semmnu and semume have no meaning in Linux
            limits.semmni(),
            limits.semmns(),
            limits.semmns(),
            limits.semmsl(),
            limits.semopm(),
            limits.semopm(),
            usage ? sets.count() : SEMUSZ,
            SEMVMX,
            usage ? sets.semaphores() : SEMAEM
        };
        byte[] info = new byte[SEMINFO_SIZE];
        for (int index = 0; index < fields.length; index++) {
            Bytes.putInt(info, index * Integer.BYTES, fields[index]);
        }
        IpcStructs.store(task, address, info);
        return sets.highestIndex();
    }

    private static long status(Task task, int id, int command, long address) throws ErrnoException {
        var sets = task.kernel().ipc().semaphores();
        SemaphoreSet set = command == Ipc.IPC_STAT ? sets.find(id) : sets.at(id);
        if (command != SEM_STAT_ANY) {
            set.checkAccess(task.credentials(), READABLE);
        }
        var status = set.status();
        byte[] shown = new byte[SEMID_DS_SIZE];
        IpcStructs.put(shown, status.ownership());
        Bytes.putLong(shown, OTIME, status.operationSeconds());
        Bytes.putLong(shown, CTIME, status.ownership().changeSeconds());
        Bytes.putLong(shown, NSEMS, status.count());
        IpcStructs.store(task, address, shown);
        return command == Ipc.IPC_STAT ? 0 : set.id();
    }

    private static long access(Task task, int id, int number, int command, long address) throws ErrnoException {
        var set = task.kernel().ipc().semaphores().find(id);
        set.checkAccess(task.credentials(), command == SETALL ? WRITABLE : READABLE);
        switch (command) {
            case GETALL -> getAll(task, set, address);
            case SETALL -> setAll(task, set, address);
            default -> {
                set.checkNumber(number);
                return switch (command) {
                    case GETVAL -> set.value(number);
                    case GETPID -> set.process(number);
                    default -> set.waiting(number, command == GETZCNT);
                };
            }
        }
        return 0;
    }

    private static void getAll(Task task, SemaphoreSet set, long address) throws ErrnoException {
        int[] values = set.allValues();
        byte[] shown = new byte[values.length * Short.BYTES];
        for (int index = 0; index < values.length; index++) {
            Bytes.putShort(shown, index * Short.BYTES, values[index]);
        }
        IpcStructs.store(task, address, shown);
    }

    private static void setAll(Task task, SemaphoreSet set, long address) throws ErrnoException {
        byte[] wanted = IpcStructs.fetch(task, address, set.count() * Short.BYTES);
        int[] values = new int[set.count()];
        for (int index = 0; index < values.length; index++) {
            values[index] = Bytes.getShort(wanted, index * Short.BYTES) & 0xffff;
            if (values[index] > SEMVMX) {
                throw ErrnoException.of(Errno.ERANGE);
            }
        }
        set.setAll(values, task.group().id());
    }

    private static long setValue(Task task, int id, int number, int value) throws ErrnoException {
        if (value < 0 || value > SEMVMX) {
            throw ErrnoException.of(Errno.ERANGE);
        }
        var set = task.kernel().ipc().semaphores().find(id);
        set.checkNumber(number);
        set.checkAccess(task.credentials(), WRITABLE);
        set.setValue(number, value, task.group().id());
        return 0;
    }
}
