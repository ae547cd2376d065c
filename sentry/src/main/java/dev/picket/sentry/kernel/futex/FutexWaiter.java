package dev.picket.sentry.kernel.futex;

import dev.picket.sentry.memory.FutexKey;
import dev.picket.sentry.memory.MemoryManager;

/** Somebody who waits for a futex. Guarded by the table's lock, but {@link #isWoken()} may be asked without. */
public final class FutexWaiter {
    /** The word of a lock, and how to reach it. */
    record Lock(MemoryManager memory, long address, FutexKey key) {}

    private final Runnable wake;
    private final int bits;
    private final int threadId;
    private final Lock lock;
    private FutexKey key;
    private volatile boolean woken;

    /**
     * @param bits wakes of FUTEX_WAKE_BITSET must have one of these
     * @param threadId id of the task that waits: a priority-inheritance futex is handed over to it
     * @param wake called, with the table's lock held, when the waiter is woken
     */
    public FutexWaiter(int bits, int threadId, Runnable wake) {
        this(bits, threadId, null, wake);
    }

    /** @param lock the lock that the waiter is to get, now or after it was moved to it; null for none */
    FutexWaiter(int bits, int threadId, Lock lock, Runnable wake) {
        this.lock = lock;
        this.bits = bits;
        this.threadId = threadId;
        this.wake = wake;
    }

    public boolean isWoken() {
        return woken;
    }

    /** Whether it waits for a change of a word, not to get a lock. */
    boolean isPlain() {
        return lock == null;
    }

    /** Whether it is in the queue of the lock that it is to get. */
    boolean isForLock() {
        return lock != null && lock.key().equals(key);
    }

    Lock lock() {
        return lock;
    }

    int bits() {
        return bits;
    }

    int threadId() {
        return threadId;
    }

    FutexKey key() {
        return key;
    }

    void setKey(FutexKey key) {
        this.key = key;
    }

    void wake() {
        woken = true;
        wake.run();
    }
}
