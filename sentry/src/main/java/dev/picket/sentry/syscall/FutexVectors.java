package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.FutexOperations.*;

import dev.picket.platform.linux.Clocks;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.futex.FutexTable.Awaited;
import dev.picket.sentry.kernel.futex.FutexWaiter;
import java.util.ArrayList;
import java.util.List;

/** The newer futex calls: futex_waitv(2), futex_wait(2), futex_wake(2), futex_requeue(2). Words are of 32 bits. */
final class FutexVectors {
    private static final int FUTEX2_SIZE_MASK = 3;
    private static final int FUTEX2_SIZE_U32 = 2;
    private static final int FUTEX2_PRIVATE = 128;
    private static final int FUTEX_WAITV_MAX = 128;

    // struct futex_waitv: 0 expected value, 8 address, 16 flags, 20 reserved.
    private static final int WAITV_BYTES = 24;
    private static final int WAITV_ADDRESS = 8;
    private static final int WAITV_FLAGS = 16;
    private static final int WAITV_RESERVED = 20;

    private FutexVectors() {}

    private record Word(long address, int expected, boolean shared) {}

    /** futex_waitv(2). */
    static long futexWaitv(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        int count = args.asInt(1);
        if (args.asInt(2) != 0 || count <= 0 || count > FUTEX_WAITV_MAX || address == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long deadline = deadline(task, args.asAddress(3), args.asInt(4));
        var words = words(task, address, count);

        var waiters = new ArrayList<FutexWaiter>(count);
        var awaited = new ArrayList<Awaited>(count);
        for (var word : words) {
            var waiter = new FutexWaiter(FUTEX_BITSET_MATCH_ANY, task.id(), task::unblock);
            waiters.add(waiter);
            awaited.add(new Awaited(
                    task.memory().futexKey(word.address, word.shared), word.address, word.expected, waiter));
        }
        task.kernel().futexes().enqueueAll(task.memory(), awaited);
        try {
            task.blockUntil(deadline, () -> woken(waiters) >= 0);
        } catch (InterruptedCallException e) {
            int index = dequeueAll(task, waiters);
            if (index >= 0) {
                return index;
            }
            throw deadline == Timeouts.NEVER ? e : InterruptedCallException.NOHAND;
        }
        int index = dequeueAll(task, waiters);
        if (index < 0) {
            throw ErrnoException.of(Errno.ETIMEDOUT);
        }
        return index;
    }

    private static int woken(List<FutexWaiter> waiters) {
        for (int index = 0; index < waiters.size(); index++) {
            if (waiters.get(index).isWoken()) {
                return index;
            }
        }
        return -1;
    }

    /** Lets all queues go; answers the last waiter that was woken, as Linux does, or -1. */
    private static int dequeueAll(Task task, List<FutexWaiter> waiters) {
        int index = -1;
        for (int i = 0; i < waiters.size(); i++) {
            if (!task.kernel().futexes().dequeue(waiters.get(i))) {
                index = i;
            }
        }
        return index;
    }

    /** The structures, fetched once. */
    private static List<Word> words(Task task, long address, int count) throws ErrnoException {
        byte[] bytes = new byte[count * WAITV_BYTES];
        task.memory().copyIn(address, bytes, 0, bytes.length);
        var fields = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        var words = new ArrayList<Word>(count);
        for (int base = 0; base < bytes.length; base += WAITV_BYTES) {
            int flags = fields.getInt(base + WAITV_FLAGS);
            long expected = fields.getLong(base);
            long word = fields.getLong(base + WAITV_ADDRESS);
            checkFlags(flags);
            if (fields.getInt(base + WAITV_RESERVED) != 0 || expected >>> 32 != 0 || (word & 3) != 0) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            words.add(new Word(word, (int) expected, (flags & FUTEX2_PRIVATE) == 0));
        }
        return words;
    }

    private static void checkFlags(int flags) throws ErrnoException {
        if ((flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE)) != 0 || (flags & FUTEX2_SIZE_MASK) != FUTEX2_SIZE_U32) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static long deadline(Task task, long address, int clock) throws ErrnoException {
        if (address == 0) {
            return Timeouts.NEVER;
        }
        if (clock != Clocks.CLOCK_REALTIME && clock != Clocks.CLOCK_MONOTONIC) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return Futexes.absoluteDeadline(task, address, clock == Clocks.CLOCK_REALTIME);
    }

    /** futex_wait(2) of Linux 6.7. */
    static long futexWait(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long expected = args.asLong(1);
        long mask = args.asLong(2);
        int flags = args.asInt(3);
        checkFlags(flags);
        if (expected >>> 32 != 0 || mask >>> 32 != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long deadline = deadline(task, args.asAddress(4), args.asInt(5));
        if (mask == 0 || (address & 3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        boolean shared = (flags & FUTEX2_PRIVATE) == 0;
        return Futexes.await(task, address, shared, (int) expected, (int) mask, deadline);
    }

    /** futex_wake(2) of Linux 6.7. */
    static long futexWake(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long mask = args.asLong(1);
        int count = args.asInt(2);
        int flags = args.asInt(3);
        checkFlags(flags);
        if (mask >>> 32 != 0 || mask == 0 || (address & 3) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        var key = task.memory().futexKey(address, (flags & FUTEX2_PRIVATE) == 0);
        return count == 0 ? 0 : task.kernel().futexes().wake(key, Math.max(1, count), (int) mask);
    }

    /** futex_requeue(2) of Linux 6.7. */
    static long futexRequeue(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asInt(1) != 0 || args.asAddress(0) == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var words = words(task, args.asAddress(0), 2);
        int wakeCount = args.asInt(2);
        int moveCount = args.asInt(3);
        if (wakeCount < 0 || moveCount < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        var from = words.get(0);
        var memory = task.memory();
        return task.kernel()
                .futexes()
                .requeue(
                        memory,
                        from.address,
                        from.expected,
                        memory.futexKey(from.address, from.shared),
                        memory.futexKey(words.get(1).address, words.get(1).shared),
                        wakeCount,
                        moveCount,
                        true);
    }
}
