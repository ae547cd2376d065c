package dev.picket.sentry.kernel.ipc;

import dev.picket.sentry.errno.ErrnoException;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * What the end of a process undoes of its semaphore operations; see SEM_UNDO in semop(2). Tasks that were cloned with
 * CLONE_SYSVSEM share one, and the last of them undoes.
 */
public final class UndoList {
    /** What the adjustment of one semaphore costs on the heap. */
    private static final long ADJUSTMENT_BYTES = 4;

    private final IpcLimits limits;
    private final Map<SemaphoreSet, SemaphoreSet.Undo> undos = new IdentityHashMap<>();
    private int users = 1;

    public UndoList(IpcLimits limits) {
        this.limits = limits;
    }

    /** One task more uses this. */
    public synchronized UndoList retain() {
        users++;
        return this;
    }

    /** Makes {@code operations}, which are asked of {@code set}, leave what undoes them here: EIDRM, ENOMEM. */
    public synchronized void prepare(SemaphoreSet set, SemaphoreOperations operations) throws ErrnoException {
        var undo = undos.get(set);
        if (undo == null) {
            forgetRemoved();
            limits.take(set.count() * ADJUSTMENT_BYTES);
            undo = new SemaphoreSet.Undo(set, new int[set.count()]);
            try {
                set.add(undo);
            } catch (ErrnoException e) {
                limits.giveBack(set.count() * ADJUSTMENT_BYTES);
                throw e;
            }
            undos.put(set, undo);
        }
        operations.setUndo(undo);
    }

    private void forgetRemoved() {
        var all = undos.keySet().iterator();
        while (all.hasNext()) {
            var set = all.next();
            if (set.isRemoved()) {
                limits.giveBack(set.count() * ADJUSTMENT_BYTES);
                all.remove();
            }
        }
    }

    /** One task less uses this; the last one undoes. */
    public synchronized void release(int process) {
        if (--users > 0) {
            return;
        }
        for (var undo : undos.values()) {
            undo.set().undo(undo, process);
            limits.giveBack(undo.set().count() * ADJUSTMENT_BYTES);
        }
        undos.clear();
    }
}
