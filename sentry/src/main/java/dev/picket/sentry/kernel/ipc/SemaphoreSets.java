package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The semaphore sets of an IPC namespace; see semget(2), semctl(2). */
public final class SemaphoreSets {
    /** What a set costs on the heap, about, and each semaphore of it. */
    private static final long OBJECT_BYTES = 512;

    private static final long SEMAPHORE_BYTES = 8;

    private final IpcLimits limits;
    private final IpcTable<SemaphoreSet> table = new IpcTable<>();
    private final AtomicInteger semaphores = new AtomicInteger();

    SemaphoreSets(IpcLimits limits) {
        this.limits = limits;
    }

    /**
     * semget(2).
     *
     * @return the set's id
     */
    public int get(Credentials caller, int key, int count, int flags) throws ErrnoException {
        if (count < 0 || count > limits.semmsl()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return table.get(
                caller,
                key,
                flags,
                found -> {
                    if (count > found.count()) {
                        throw ErrnoException.of(Errno.EINVAL);
                    }
                },
                () -> make(caller, key, count, flags));
    }

    private SemaphoreSet make(Credentials caller, int key, int count, int flags) throws ErrnoException {
        if (count == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((long) semaphores.get() + count > limits.semmns()) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        table.checkRoom(limits.semmni());
        limits.take(cost(count));
        semaphores.addAndGet(count);
        return new SemaphoreSet(caller, key, flags, count);
    }

    private static long cost(int count) {
        return OBJECT_BYTES + count * SEMAPHORE_BYTES;
    }

    /** The set of an id: EINVAL. */
    public SemaphoreSet find(int id) throws ErrnoException {
        return table.find(id);
    }

    /** The set with an index: EINVAL. */
    public SemaphoreSet at(int index) throws ErrnoException {
        return table.at(index);
    }

    /** All sets, by index. */
    public List<SemaphoreSet> all() {
        return table.all();
    }

    public int count() {
        return table.size();
    }

    /** How many semaphores there are in all sets. */
    public int semaphores() {
        return semaphores.get();
    }

    /** Highest index in use. */
    public int highestIndex() {
        return table.highestIndex();
    }

    public int wantedId() {
        return table.wantedId();
    }

    public void setWantedId(int id) {
        table.setWantedId(id);
    }

    /** IPC_SET of semctl(2): EPERM, EINVAL. */
    public void setOwner(Credentials caller, int id, int user, int group, int mode) throws ErrnoException {
        var set = table.find(id);
        set.checkControl(caller);
        set.setOwner(user, group, mode);
    }

    /** IPC_RMID of semctl(2): EPERM, EINVAL, EIDRM. */
    public void remove(Credentials caller, int id) throws ErrnoException {
        var set = table.find(id);
        set.checkControl(caller);
        synchronized (set) {
            if (set.isRemoved()) {
                throw ErrnoException.of(Errno.EIDRM);
            }
            set.remove();
        }
        table.remove(set);
        semaphores.addAndGet(-set.count());
        limits.giveBack(cost(set.count()));
    }
}
