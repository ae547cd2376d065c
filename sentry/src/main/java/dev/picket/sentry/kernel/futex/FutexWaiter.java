package dev.picket.sentry.kernel.futex;

import dev.picket.sentry.memory.FutexKey;

/** Somebody who waits for a futex. Guarded by the table's lock, but {@link #isWoken()} may be asked without. */
public final class FutexWaiter {
    private final Runnable wake;
    private final int bits;
    private final int threadId;
    private FutexKey key;
    private volatile boolean woken;

    /**
     * @param bits wakes of FUTEX_WAKE_BITSET must have one of these
     * @param threadId id of the task that waits: a priority-inheritance futex is handed over to it
     * @param wake called, with the table's lock held, when the waiter is woken
     */
    public FutexWaiter(int bits, int threadId, Runnable wake) {
        this.bits = bits;
        this.threadId = threadId;
        this.wake = wake;
    }

    public boolean isWoken() {
        return woken;
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
