package dev.picket.sentry.kernel.futex;

import static dev.picket.platform.linux.FutexOperations.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FutexKey;
import dev.picket.sentry.memory.MemoryManager;
import java.util.function.IntPredicate;

/**
 * Locks whose word holds the id of the thread that has them: the priority-inheritance futexes of futex(2). Who waits gets
 * the lock handed over, first come first served; no priority is inherited, as the host schedules.
 *
 * <p>Guarded by the table's lock.
 */
public final class PriorityFutexes {
    private final FutexTable table;

    PriorityFutexes(FutexTable table) {
        this.table = table;
    }

    /** Makes a waiter for the lock at {@code address}, for {@link #lock} or {@link #awaitRequeue}. */
    public FutexWaiter waiter(MemoryManager memory, long address, boolean shared, int bits, int threadId, Runnable wake)
            throws ErrnoException {
        var lock = new FutexWaiter.Lock(memory, address, memory.futexKey(address, shared));
        return new FutexWaiter(bits, threadId, lock, wake);
    }

    /**
     * Takes the lock for the waiter's thread, or queues the waiter for it if {@code wait}.
     *
     * @param threadExists whether there is a thread of an id
     * @return whether the lock was taken
     * @throws ErrnoException EDEADLK if the thread has the lock already; ESRCH if nobody has it whose id is in the word;
     *     EINVAL if somebody waits for the word itself; EFAULT
     */
    public boolean lock(FutexWaiter waiter, boolean wait, IntPredicate threadExists) throws ErrnoException {
        synchronized (table) {
            boolean taken = take(waiter, threadExists, wait);
            if (!taken && wait) {
                table.add(waiter.lock().key(), waiter);
            }
            return taken;
        }
    }

    /** Takes the lock if it is free; otherwise marks it as waited for if {@code mark}. */
    private boolean take(FutexWaiter waiter, IntPredicate threadExists, boolean mark) throws ErrnoException {
        var lock = waiter.lock();
        var first = table.first(lock.key());
        while (true) {
            int word = lock.memory().loadInt(lock.address());
            int owner = word & FUTEX_TID_MASK;
            if (owner == waiter.threadId()) {
                throw ErrnoException.of(Errno.EDEADLK);
            }
            if (first != null && !first.isForLock()) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (owner == 0) {
                int waiters = first != null ? FUTEX_WAITERS : 0;
                int taken = waiter.threadId() | word & FUTEX_OWNER_DIED | waiters;
                if (lock.memory().compareAndSetInt(lock.address(), word, taken)) {
                    return true;
                }
                continue;
            }
            if (!threadExists.test(owner)) {
                throw ErrnoException.of(Errno.ESRCH);
            }
            if (!mark || lock.memory().compareAndSetInt(lock.address(), word, word | FUTEX_WAITERS)) {
                return false;
            }
        }
    }

    /**
     * Hands a lock over to the first waiter, or frees it.
     *
     * @throws ErrnoException EPERM if {@code threadId} does not have the lock; EINVAL if somebody waits for the word
     *     itself; EFAULT
     */
    public void unlock(MemoryManager memory, long address, boolean shared, int threadId) throws ErrnoException {
        var key = memory.futexKey(address, shared);
        synchronized (table) {
            if ((memory.loadInt(address) & FUTEX_TID_MASK) != threadId) {
                throw ErrnoException.of(Errno.EPERM);
            }
            var first = table.first(key);
            if (first != null && !first.isForLock()) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            handOver(memory, address, key, 0);
        }
    }

    /** Gives the lock to whoever has waited longest, or frees it; {@code bits} go into the word. With the table's lock. */
    void handOver(MemoryManager memory, long address, FutexKey key, int bits) throws ErrnoException {
        var heir = table.first(key);
        if (heir == null) {
            memory.putInt(address, bits);
            return;
        }
        table.remove(heir);
        int waiters = table.first(key) != null ? FUTEX_WAITERS : 0;
        memory.putInt(address, heir.threadId() | waiters | bits);
        heir.wake();
    }

    /** FUTEX_WAIT_REQUEUE_PI: queues a waiter for a word, to be moved to its lock. EAGAIN, EFAULT. */
    public void awaitRequeue(MemoryManager memory, long address, boolean shared, int expected, FutexWaiter waiter)
            throws ErrnoException {
        table.enqueue(memory, address, shared, expected, waiter);
    }

    /**
     * FUTEX_CMP_REQUEUE_PI: lets the first waiter of {@code from} have the lock, if it is free, and moves up to {@code
     * count} others to the lock's queue.
     *
     * @return how many got it or were moved
     * @throws ErrnoException EAGAIN if the word is not {@code expected}; EINVAL if a waiter does not wait for that lock
     */
    public int requeue(
            MemoryManager memory,
            long address,
            int expected,
            FutexKey from,
            FutexKey to,
            int count,
            IntPredicate threadExists)
            throws ErrnoException {
        synchronized (table) {
            if (memory.loadInt(address) != expected) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
            int served = 0;
            boolean mayTake = true;
            while (served < (long) count + 1) {
                var waiter = table.first(from);
                if (waiter == null) {
                    break;
                }
                if (waiter.isPlain()
                        || waiter.isForLock()
                        || !waiter.lock().key().equals(to)) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                boolean taken = mayTake && take(waiter, threadExists, true);
                if (!taken && served - (mayTake ? 0 : 1) >= count) {
                    break;
                }
                table.remove(waiter);
                if (taken) {
                    waiter.wake();
                    mayTake = false;
                } else {
                    markWaited(waiter.lock());
                    table.add(to, waiter);
                    mayTake = false;
                }
                served++;
            }
            return served;
        }
    }

    private static void markWaited(FutexWaiter.Lock lock) throws ErrnoException {
        while (true) {
            int word = lock.memory().loadInt(lock.address());
            if (lock.memory().compareAndSetInt(lock.address(), word, word | FUTEX_WAITERS)) {
                return;
            }
        }
    }

    /** A thread ends: locks that it still has, and that others wait for, are handed on and marked. */
    public void ownerEnds(int threadId) {
        synchronized (table) {
            for (var waiter : table.lockWaiters()) {
                var lock = waiter.lock();
                try {
                    if (waiter.isForLock() && (lock.memory().loadInt(lock.address()) & FUTEX_TID_MASK) == threadId) {
                        handOver(lock.memory(), lock.address(), lock.key(), FUTEX_OWNER_DIED);
                    }
                } catch (ErrnoException e) {
                    continue; // the word is gone: whoever waits for it waits on, as long as it likes
                }
            }
        }
    }

    /** Whether the waiter was moved to its lock. */
    public boolean isRequeued(FutexWaiter waiter) {
        synchronized (table) {
            return waiter.isForLock();
        }
    }
}
