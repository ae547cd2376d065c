package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.FutexOperations.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.futex.FutexWaiter;
import dev.picket.sentry.memory.MemoryManager;

/** futex(2). */
final class Futexes {
    private Futexes() {}

    /** futex(2). */
    static long futex(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        int operation = args.asInt(1);
        int value = args.asInt(2);
        long timeoutOrCount = args.asLong(3);
        long address2 = args.asAddress(4);
        int value3 = args.asInt(5);
        boolean shared = (operation & FUTEX_PRIVATE_FLAG) == 0;
        boolean realtime = (operation & FUTEX_CLOCK_REALTIME) != 0;
        int command = operation & FUTEX_CMD_MASK;
        if ((address & 3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        boolean mayBeRealtime =
                command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT_REQUEUE_PI || command == FUTEX_LOCK_PI2;
        if (realtime && !mayBeRealtime) {
            throw ErrnoException.of(Errno.ENOSYS);
        }

        return switch (command) {
            case FUTEX_WAIT -> {
                long deadline = relativeDeadline(task, timeoutOrCount);
                yield await(task, address, shared, value, FUTEX_BITSET_MATCH_ANY, deadline);
            }
            case FUTEX_WAIT_BITSET -> {
                long deadline = absoluteDeadline(task, timeoutOrCount, realtime);
                yield await(task, address, shared, value, value3, deadline);
            }
            case FUTEX_WAKE -> wake(task, address, shared, value, FUTEX_BITSET_MATCH_ANY);
            case FUTEX_WAKE_BITSET -> wake(task, address, shared, value, value3);
            case FUTEX_REQUEUE -> requeue(task, address, shared, null, address2, value, (int) timeoutOrCount);
            case FUTEX_CMP_REQUEUE -> requeue(task, address, shared, value3, address2, value, (int) timeoutOrCount);
            case FUTEX_WAKE_OP -> wakeOp(task, address, shared, value, address2, (int) timeoutOrCount, value3);
            case FUTEX_LOCK_PI -> lock(task, address, shared, absoluteDeadline(task, timeoutOrCount, true));
            case FUTEX_LOCK_PI2 -> lock(task, address, shared, absoluteDeadline(task, timeoutOrCount, realtime));
            case FUTEX_TRYLOCK_PI -> tryLock(task, address, shared);
            case FUTEX_UNLOCK_PI -> unlock(task, address, shared);
            case FUTEX_WAIT_REQUEUE_PI -> {
                long deadline = absoluteDeadline(task, timeoutOrCount, realtime);
                yield awaitRequeue(task, address, shared, value, deadline, address2, FUTEX_BITSET_MATCH_ANY);
            }
            case FUTEX_CMP_REQUEUE_PI -> requeueToLock(
                    task, address, shared, value3, address2, value, (int) timeoutOrCount);
            default -> throw ErrnoException.of(Errno.ENOSYS);
        };
    }

    private static long relativeDeadline(Task task, long timeoutAddress) throws ErrnoException {
        return timeoutAddress == 0
                ? Timeouts.NEVER
                : Timeouts.deadline(Timeouts.readTimespec(task.memory(), timeoutAddress));
    }

    /** A deadline by one of the two clocks; never if there is no timeout. */
    static long absoluteDeadline(Task task, long timeoutAddress, boolean realtime) throws ErrnoException {
        if (timeoutAddress == 0) {
            return Timeouts.NEVER;
        }
        long time = Timeouts.readTimespec(task.memory(), timeoutAddress);
        var clock = task.kernel().clock();
        return Timeouts.deadline(time - (realtime ? clock.realtimeNanos() : clock.monotonicNanos()));
    }

    /** Waits until woken: 0. EAGAIN, ETIMEDOUT, EFAULT. */
    static long await(Task task, long address, boolean shared, int expected, int bits, long deadline)
            throws ErrnoException {
        if (bits == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var futexes = task.kernel().futexes();
        var waiter = new FutexWaiter(bits, task.id(), task::unblock);
        futexes.enqueue(task.memory(), address, shared, expected, waiter);
        try {
            if (task.blockUntil(deadline, waiter::isWoken)) {
                return 0;
            }
        } catch (InterruptedCallException e) {
            if (!futexes.dequeue(waiter)) {
                return 0; // woken at the same moment: the wake-up must not be lost
            }
            if (deadline == Timeouts.NEVER) {
                throw e;
            }
            // Begun anew, a relative timeout would be too long.
            throw task.restartBy(again -> await(again, address, shared, expected, bits, deadline));
        }
        if (!futexes.dequeue(waiter)) {
            return 0;
        }
        throw ErrnoException.of(Errno.ETIMEDOUT);
    }

    private static long wake(Task task, long address, boolean shared, int count, int bits) throws ErrnoException {
        if (bits == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var key = task.memory().futexKey(address, shared);
        return task.kernel().futexes().wake(key, Math.max(1, count), bits); // Linux wakes one even if none is asked for
    }

    private static long requeue(
            Task task, long address, boolean shared, Integer expected, long address2, int wakeCount, int moveCount)
            throws ErrnoException {
        if (wakeCount < 0 || moveCount < 0 || (address2 & 3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var memory = task.memory();
        var from = memory.futexKey(address, shared);
        var to = memory.futexKey(address2, shared);
        return task.kernel()
                .futexes()
                .requeue(memory, address, expected, from, to, wakeCount, moveCount, expected != null);
    }

    private static long wakeOp(
            Task task, long address, boolean shared, int count, long address2, int count2, int encoded)
            throws ErrnoException {
        if ((address2 & 3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var memory = task.memory();
        var first = memory.futexKey(address, shared);
        var second = memory.futexKey(address2, shared);
        return task.kernel()
                .futexes()
                .wakeAfter(
                        () -> changeWord(memory, address2, encoded),
                        first,
                        Math.max(1, count),
                        second,
                        Math.max(1, count2));
    }

    /** The operation of FUTEX_WAKE_OP: changes the word and answers what its old value compares to. */
    private static boolean changeWord(MemoryManager memory, long address, int encoded) throws ErrnoException {
        int operation = encoded >>> 28 & 7;
        int comparison = encoded >>> 24 & 15;
        int argument = encoded << 8 >> 20;
        int operand = encoded << 20 >> 20;
        if ((encoded & 1 << 31) != 0) { // FUTEX_OP_OPARG_SHIFT
            argument = 1 << (argument & 31);
        }
        while (true) {
            int old = memory.loadInt(address);
            int changed =
                    switch (operation) {
                        case 0 -> argument;
                        case 1 -> old + argument;
                        case 2 -> old | argument;
                        case 3 -> old & ~argument;
                        case 4 -> old ^ argument;
                        default -> throw ErrnoException.of(Errno.ENOSYS);
                    };
            if (memory.compareAndSetInt(address, old, changed)) {
                return switch (comparison) {
                    case 0 -> old == operand;
                    case 1 -> old != operand;
                    case 2 -> old < operand;
                    case 3 -> old <= operand;
                    case 4 -> old > operand;
                    case 5 -> old >= operand;
                    default -> throw ErrnoException.of(Errno.ENOSYS);
                };
            }
        }
    }

    /** Waits for a lock that was marked as waited for; {@code waiter} is queued. */
    private static long awaitLock(Task task, FutexWaiter waiter, long deadline) throws ErrnoException {
        var futexes = task.kernel().futexes();
        try {
            if (task.blockUntil(deadline, waiter::isWoken)) {
                return 0;
            }
        } catch (InterruptedCallException e) {
            if (!futexes.dequeue(waiter)) {
                return 0;
            }
            throw InterruptedCallException.NOINTR;
        }
        if (!futexes.dequeue(waiter)) {
            return 0;
        }
        throw ErrnoException.of(Errno.ETIMEDOUT);
    }

    private static FutexWaiter lockWaiter(Task task, long address, boolean shared, int bits) throws ErrnoException {
        return task.kernel()
                .futexes()
                .priority()
                .waiter(task.memory(), address, shared, bits, task.id(), task::unblock);
    }

    private static boolean exists(Task task, int id) {
        var owner = task.kernel().processes().task(id);
        return owner != null && !owner.hasEnded();
    }

    private static long lock(Task task, long address, boolean shared, long deadline) throws ErrnoException {
        var waiter = lockWaiter(task, address, shared, FUTEX_BITSET_MATCH_ANY);
        boolean taken = task.kernel().futexes().priority().lock(waiter, true, id -> exists(task, id));
        return taken ? 0 : awaitLock(task, waiter, deadline);
    }

    private static long tryLock(Task task, long address, boolean shared) throws ErrnoException {
        var waiter = lockWaiter(task, address, shared, FUTEX_BITSET_MATCH_ANY);
        if (!task.kernel().futexes().priority().lock(waiter, false, id -> exists(task, id))) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        return 0;
    }

    private static long unlock(Task task, long address, boolean shared) throws ErrnoException {
        task.kernel().futexes().priority().unlock(task.memory(), address, shared, task.id());
        return 0;
    }

    private static long awaitRequeue(
            Task task, long address, boolean shared, int expected, long deadline, long lockAddress, int bits)
            throws ErrnoException {
        if (bits == 0 || address == lockAddress || (lockAddress & 3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var futexes = task.kernel().futexes();
        var waiter = lockWaiter(task, lockAddress, shared, bits);
        futexes.priority().awaitRequeue(task.memory(), address, shared, expected, waiter);
        try {
            return awaitLock(task, waiter, deadline);
        } catch (InterruptedCallException e) {
            if (futexes.priority().isRequeued(waiter)) {
                throw ErrnoException.of(Errno.EAGAIN); // the word has changed: it is not waited for again
            }
            throw e;
        }
    }

    private static long requeueToLock(
            Task task, long address, boolean shared, int expected, long address2, int wakeCount, int moveCount)
            throws ErrnoException {
        if (wakeCount != 1 || moveCount < 0 || (address2 & 3) != 0 || address == address2) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var memory = task.memory();
        var from = memory.futexKey(address, shared);
        var to = memory.futexKey(address2, shared);
        return task.kernel()
                .futexes()
                .priority()
                .requeue(memory, address, expected, from, to, moveCount, id -> exists(task, id));
    }
}
