package dev.picket.sentry.kernel.futex;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FutexOperations;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FutexKey;
import dev.picket.sentry.memory.MemoryManager;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who waits for which word of guest memory; see futex(2). One lock guards all: it is held for microseconds, and what a
 * guest waits for is mostly its own threads.
 *
 * <p>The word is compared with the lock held, and a waker takes the lock after the word was changed: so no wake-up falls
 * between a waiter's comparison and its entry in the queue.
 */
public final class FutexTable {
    private final Map<FutexKey, ArrayDeque<FutexWaiter>> queues = new HashMap<>();
    private final PriorityFutexes priority = new PriorityFutexes(this);

    /** The locks of FUTEX_LOCK_PI and its kin. */
    public PriorityFutexes priority() {
        return priority;
    }

    /** One of the futexes that futex_waitv(2) waits for. */
    public record Awaited(FutexKey key, long address, int expected, FutexWaiter waiter) {}

    /**
     * Queues waiters for several futexes, if all words are as expected.
     *
     * @throws ErrnoException EAGAIN if one is not, EFAULT; then none is queued
     */
    public void enqueueAll(MemoryManager memory, List<Awaited> all) throws ErrnoException {
        synchronized (this) {
            for (var awaited : all) {
                if (memory.loadInt(awaited.address()) != awaited.expected()) {
                    throw ErrnoException.of(Errno.EAGAIN);
                }
            }
            all.forEach(awaited -> add(awaited.key(), awaited.waiter()));
        }
    }

    /**
     * Queues {@code waiter} if the word at {@code address} is {@code expected}.
     *
     * @throws ErrnoException EAGAIN if it is not, EFAULT
     */
    public void enqueue(MemoryManager memory, long address, boolean shared, int expected, FutexWaiter waiter)
            throws ErrnoException {
        var key = memory.futexKey(address, shared);
        synchronized (this) {
            if (memory.loadInt(address) != expected) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
            add(key, waiter);
        }
    }

    /**
     * Takes {@code waiter} out of its queue.
     *
     * @return whether it still was in one; false if it was woken
     */
    public synchronized boolean dequeue(FutexWaiter waiter) {
        if (waiter.key() == null) {
            return false;
        }
        remove(waiter);
        return true;
    }

    /**
     * Wakes up to {@code count} waiters that have one of {@code bits}.
     *
     * @return how many were woken
     * @throws ErrnoException EINVAL if one of them waits for a priority-inheritance lock
     */
    public int wake(FutexKey key, int count, int bits) throws ErrnoException {
        synchronized (this) {
            checkPlain(key);
            return wakeLocked(key, count, bits);
        }
    }

    /**
     * Wakes up to {@code wakeCount} waiters of {@code from} and moves up to {@code moveCount} others to {@code to}.
     *
     * @param expected what the word must be, or null if it does not matter
     * @return woken waiters, and with {@code countMoved} the moved ones too
     * @throws ErrnoException EAGAIN if the word is not {@code expected}, EFAULT
     */
    public int requeue(
            MemoryManager memory,
            long address,
            Integer expected,
            FutexKey from,
            FutexKey to,
            int wakeCount,
            int moveCount,
            boolean countMoved)
            throws ErrnoException {
        synchronized (this) {
            if (expected != null && memory.loadInt(address) != expected) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
            checkPlain(from);
            int woken = wakeLocked(from, wakeCount, FutexOperations.FUTEX_BITSET_MATCH_ANY);
            var queue = queues.get(from);
            int moved = 0;
            if (!from.equals(to)) {
                while (moved < moveCount && queue != null && !queue.isEmpty()) {
                    var waiter = queue.peek();
                    remove(waiter);
                    add(to, waiter);
                    moved++;
                    queue = queues.get(from);
                }
            } else if (queue != null) {
                moved = Math.min(moveCount, queue.size());
            }
            return countMoved ? woken + moved : woken;
        }
    }

    /** Changes a word with the lock held, so that the change and the wake-ups after it are one step for waiters. */
    @FunctionalInterface
    public interface Change {
        /** Answers whether the second queue is to be woken too. */
        boolean apply() throws ErrnoException;
    }

    /** FUTEX_WAKE_OP: changes a word, wakes {@code count} of {@code first} and perhaps {@code count2} of {@code second}. */
    public int wakeAfter(Change change, FutexKey first, int count, FutexKey second, int count2) throws ErrnoException {
        synchronized (this) {
            checkPlain(first);
            checkPlain(second);
            boolean both = change.apply();
            int woken = wakeLocked(first, count, FutexOperations.FUTEX_BITSET_MATCH_ANY);
            return both ? woken + wakeLocked(second, count2, FutexOperations.FUTEX_BITSET_MATCH_ANY) : woken;
        }
    }

    /**
     * What the end of a lock's owner does to it: marks it and hands it on, or wakes one waiter; robust futexes of
     * set_robust_list(2).
     */
    public void ownerDied(MemoryManager memory, long address, int threadId, boolean priorityInheritance)
            throws ErrnoException {
        for (int kind = 0; kind < 2; kind++) {
            // The list does not say whether the lock is shared between processes, so waiters of both kinds are woken.
            FutexKey key;
            try {
                key = memory.futexKey(address, kind == 1);
            } catch (ErrnoException e) {
                if (kind == 0) {
                    throw e;
                }
                return;
            }
            synchronized (this) {
                if (kind == 0 && !markDead(memory, address, threadId)) {
                    return;
                }
                var first = first(key);
                if (first != null && first.isForLock()) {
                    priority.handOver(memory, address, key, FutexOperations.FUTEX_OWNER_DIED);
                } else if (!priorityInheritance) {
                    wakeLocked(key, 1, FutexOperations.FUTEX_BITSET_MATCH_ANY);
                }
            }
        }
    }

    /** How many waiters there are in all; for tests. */
    public synchronized int waiterCount() {
        return queues.values().stream().mapToInt(ArrayDeque::size).sum();
    }

    /** Those who wait for locks are served by other operations: futex(2), EINVAL. */
    private void checkPlain(FutexKey key) throws ErrnoException {
        var first = first(key);
        if (first != null && !first.isPlain()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** Who has waited longest, or null. With the lock. */
    FutexWaiter first(FutexKey key) {
        var queue = queues.get(key);
        return queue == null ? null : queue.peek();
    }

    /** All who wait for a lock whose word is in {@code memory}; with the lock. */
    List<FutexWaiter> lockWaiters() {
        return queues.values().stream()
                .flatMap(ArrayDeque::stream)
                .filter(FutexWaiter::isForLock)
                .toList();
    }

    private boolean markDead(MemoryManager memory, long address, int threadId) throws ErrnoException {
        while (true) {
            int word = memory.loadInt(address);
            if ((word & FutexOperations.FUTEX_TID_MASK) != threadId) {
                return false;
            }
            int dead = word & FutexOperations.FUTEX_WAITERS | FutexOperations.FUTEX_OWNER_DIED;
            if (memory.compareAndSetInt(address, word, dead)) {
                return true;
            }
        }
    }

    int wakeLocked(FutexKey key, int count, int bits) {
        var queue = queues.get(key);
        if (queue == null) {
            return 0;
        }
        int woken = 0;
        for (var i = queue.iterator(); i.hasNext() && woken < count; ) {
            var waiter = i.next();
            if ((waiter.bits() & bits) != 0) {
                i.remove();
                waiter.setKey(null);
                waiter.wake();
                woken++;
            }
        }
        if (queue.isEmpty()) {
            queues.remove(key);
        }
        return woken;
    }

    void add(FutexKey key, FutexWaiter waiter) {
        waiter.setKey(key);
        queues.computeIfAbsent(key, unused -> new ArrayDeque<>(2)).add(waiter);
    }

    void remove(FutexWaiter waiter) {
        var queue = queues.get(waiter.key());
        queue.remove(waiter);
        if (queue.isEmpty()) {
            queues.remove(waiter.key());
        }
        waiter.setKey(null);
    }
}
