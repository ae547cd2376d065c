package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Sem;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.wait.WaitQueue;

/** What one semop(2) is asked for: an array of struct sembuf, done all at once or not at all. */
public final class SemaphoreOperations {
    /** As a result: not yet. */
    static final int WAITING = -1;

    private final byte[] operations;
    private final int process;
    private final WaitQueue finished = new WaitQueue();
    private SemaphoreSet.Undo undo;
    private int blocking;
    private volatile int result = WAITING;

    /**
     * @param operations structs sembuf
     * @param process who asks
     */
    public SemaphoreOperations(byte[] operations, int process) {
        this.operations = operations;
        this.process = process;
    }

    int count() {
        return operations.length / Sem.SEMBUF_SIZE;
    }

    int number(int index) {
        return Bytes.getShort(operations, index * Sem.SEMBUF_SIZE + Sem.SEMBUF_NUM) & 0xffff;
    }

    int change(int index) {
        return Bytes.getShort(operations, index * Sem.SEMBUF_SIZE + Sem.SEMBUF_OP);
    }

    int flags(int index) {
        return Bytes.getShort(operations, index * Sem.SEMBUF_SIZE + Sem.SEMBUF_FLG);
    }

    int process() {
        return process;
    }

    /** Whether the value of a semaphore may change. */
    public boolean alters() {
        for (int index = 0; index < count(); index++) {
            if (change(index) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether anything is undone when the process ends. */
    public boolean hasUndo() {
        for (int index = 0; index < count(); index++) {
            if ((flags(index) & Sem.SEM_UNDO) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Checks the numbers of the semaphores: EFBIG. */
    public void checkNumbers(SemaphoreSet set) throws ErrnoException {
        for (int index = 0; index < count(); index++) {
            if (number(index) >= set.count()) {
                throw ErrnoException.of(Errno.EFBIG);
            }
        }
    }

    SemaphoreSet.Undo undo() {
        return undo;
    }

    void setUndo(SemaphoreSet.Undo undo) {
        this.undo = undo;
    }

    /** Notes which operation could not be done. */
    void setBlocking(int index) {
        blocking = index;
    }

    boolean waitsFor(int number, boolean forZero) {
        return number(blocking) == number && (forZero ? change(blocking) == 0 : change(blocking) < 0);
    }

    void finish(int outcome) {
        result = outcome;
        finished.wake(1);
    }

    /** Whether the operations were carried out, or have failed. */
    public boolean isDone() {
        return result != WAITING;
    }

    /** How it went, once {@link #isDone}: EIDRM, ERANGE, EAGAIN. */
    public void check() throws ErrnoException {
        if (result > 0) {
            throw ErrnoException.of(result);
        }
    }

    /** Woken with 1 when this is done. */
    public WaitQueue finished() {
        return finished;
    }
}
