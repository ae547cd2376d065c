package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ipc;
import dev.picket.platform.linux.Sem;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedList;
import java.util.List;

/**
 * A set of semaphores; see semget(2). Its monitor guards it, and with it the operations that wait here and the
 * adjustments that processes' ends will make.
 */
public final class SemaphoreSet extends IpcObject {
    // What one pass over the waiting operations did.
    private static final int NONE = 0;
    private static final int SOME = 1;
    private static final int CHANGED = 2;

    private final int[] values;
    private final int[] processes;
    private final List<Undo> undos = new ArrayList<>(0);
    private final LinkedList<SemaphoreOperations> waiting = new LinkedList<>();
    private long operationSeconds;

    /**
     * What a process's end adds to the semaphores of one set: semadj in semop(2).
     *
     * @param adjustments one for each semaphore
     */
    record Undo(SemaphoreSet set, int[] adjustments) {}

    /** What semctl(2) shows of a set. */
    public record Status(Ownership ownership, long operationSeconds, int count) {}

    SemaphoreSet(Credentials maker, int key, int flags, int count) {
        super(maker, key, flags);
        values = new int[count];
        processes = new int[count];
    }

    /** How many semaphores there are. */
    public int count() {
        return values.length;
    }

    public synchronized Status status() {
        return new Status(ownership(), operationSeconds, values.length);
    }

    /** Checks the number of a semaphore: EINVAL. */
    public void checkNumber(int number) throws ErrnoException {
        if (number < 0 || number >= values.length) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private void checkAlive() throws ErrnoException {
        if (isRemoved()) {
            throw ErrnoException.of(Errno.EIDRM);
        }
    }

    /** GETVAL of semctl(2). */
    public synchronized int value(int number) throws ErrnoException {
        checkAlive();
        return values[number];
    }

    /** GETPID of semctl(2): the process that last changed the semaphore. */
    public synchronized int process(int number) throws ErrnoException {
        checkAlive();
        return processes[number];
    }

    /** GETALL of semctl(2). */
    public synchronized int[] allValues() throws ErrnoException {
        checkAlive();
        return values.clone();
    }

    /** GETNCNT and GETZCNT of semctl(2): operations that wait for the semaphore to grow, or to become zero. */
    public synchronized int waiting(int number, boolean forZero) throws ErrnoException {
        checkAlive();
        int count = 0;
        for (var operations : waiting) {
            if (operations.waitsFor(number, forZero)) {
                count++;
            }
        }
        return count;
    }

    /** SETVAL of semctl(2). */
    public synchronized void setValue(int number, int value, int process) throws ErrnoException {
        checkAlive();
        for (var undo : undos) {
            undo.adjustments[number] = 0;
        }
        set(number, value, process);
        touch();
        update();
    }

    /** SETALL of semctl(2). */
    public synchronized void setAll(int[] newValues, int process) throws ErrnoException {
        checkAlive();
        for (int number = 0; number < values.length; number++) {
            set(number, newValues[number], process);
        }
        for (var undo : undos) {
            Arrays.fill(undo.adjustments, 0);
        }
        touch();
        update();
    }

    private void set(int number, int value, int process) {
        values[number] = value;
        processes[number] = process;
    }

    /**
     * Carries out operations, or enqueues them if they have to wait; then {@link SemaphoreOperations#isDone} says when.
     *
     * @throws ErrnoException EAGAIN, ERANGE, EIDRM
     */
    public synchronized void perform(SemaphoreOperations operations) throws ErrnoException {
        checkAlive();
        int result = attempt(operations);
        if (result == SemaphoreOperations.WAITING) {
            waiting.add(operations);
            return;
        }
        if (result != 0) {
            throw ErrnoException.of(result);
        }
        operations.finish(0);
        operationSeconds = nowSeconds();
        if (operations.alters()) {
            update();
        }
    }

    /** Gives up waiting: answers false if the operations have been carried out, or have failed, in the meantime. */
    public synchronized boolean withdraw(SemaphoreOperations operations) {
        if (operations.isDone()) {
            return false;
        }
        waiting.remove(operations);
        return true;
    }

    /** Tries operations, all or none: 0, an errno or {@link SemaphoreOperations#WAITING}. */
    private int attempt(SemaphoreOperations operations) {
        int[] adjustments = operations.undo() == null ? null : operations.undo().adjustments();
        int count = operations.count();
        for (int done = 0; done < count; done++) {
            int number = operations.number(done);
            int change = operations.change(done);
            int result = values[number] + change;
            int failure = 0;
            if (change == 0 && values[number] != 0 || result < 0) {
                failure = (operations.flags(done) & Ipc.IPC_NOWAIT) != 0 ? Errno.EAGAIN : SemaphoreOperations.WAITING;
                operations.setBlocking(done);
            } else if (result > Sem.SEMVMX || isUndone(operations, done) && !canAdjust(adjustments[number] - change)) {
                failure = Errno.ERANGE;
            }
            if (failure != 0) {
                rollBack(operations, done, adjustments);
                return failure;
            }
            values[number] = result;
            if (isUndone(operations, done)) {
                adjustments[number] -= change;
            }
        }
        for (int index = 0; index < count; index++) {
            processes[operations.number(index)] = operations.process();
        }
        return 0;
    }

    private void rollBack(SemaphoreOperations operations, int done, int[] adjustments) {
        for (int index = done - 1; index >= 0; index--) {
            int number = operations.number(index);
            values[number] -= operations.change(index);
            if (isUndone(operations, index)) {
                adjustments[number] += operations.change(index);
            }
        }
    }

    private static boolean isUndone(SemaphoreOperations operations, int index) {
        return (operations.flags(index) & Sem.SEM_UNDO) != 0;
    }

    private static boolean canAdjust(int adjustment) {
        return adjustment >= -Sem.SEMAEM - 1 && adjustment <= Sem.SEMAEM;
    }

    /**
     * Carries out what waits and can go on now, in the order in which it came; those who wait for zero and change nothing
     * go first, as in Linux.
     */
    private void update() {
        boolean any = false;
        boolean again = true;
        while (again) {
            any |= finishWaiting(false) != NONE;
            int outcome = finishWaiting(true);
            any |= outcome != NONE;
            again = outcome == CHANGED;
        }
        if (any) {
            operationSeconds = nowSeconds();
        }
    }

    /** One pass over what waits; ends with the first operations that changed something. */
    private int finishWaiting(boolean altering) {
        int outcome = NONE;
        Iterator<SemaphoreOperations> all = waiting.iterator();
        while (all.hasNext()) {
            var operations = all.next();
            if (operations.alters() != altering) {
                continue;
            }
            int result = attempt(operations);
            if (result == SemaphoreOperations.WAITING) {
                continue;
            }
            all.remove();
            operations.finish(result);
            outcome = SOME;
            if (result == 0 && altering) {
                return CHANGED;
            }
        }
        return outcome;
    }

    // ---- Undoing, and the end

    /** Notes that a process's end will change this set. EIDRM. */
    synchronized void add(Undo undo) throws ErrnoException {
        checkAlive();
        undos.add(undo);
    }

    /** A process ends: what it did with SEM_UNDO is undone, within the range of values. */
    synchronized void undo(Undo undo, int process) {
        if (isRemoved()) {
            return;
        }
        undos.remove(undo);
        boolean changed = false;
        for (int number = 0; number < values.length; number++) {
            int adjustment = undo.adjustments[number];
            if (adjustment != 0) {
                set(number, Math.max(0, Math.min(Sem.SEMVMX, values[number] + adjustment)), process);
                changed = true;
            }
        }
        if (changed) {
            operationSeconds = nowSeconds();
            update();
        }
    }

    /** The set is gone: all who wait here fail with EIDRM. */
    synchronized void remove() {
        setRemoved();
        for (var operations : waiting) {
            operations.finish(Errno.EIDRM);
        }
        waiting.clear();
        undos.clear();
    }
}
