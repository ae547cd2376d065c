package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Shm;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.SharedMemory;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * The shared memory segments of an IPC namespace; see shmget(2), shmctl(2). A segment that was removed lives on until
 * nobody has it attached.
 */
public final class SharedSegments {
    private static final long PAGE_BYTES = 4096;

    /** What a segment costs on the heap, about. */
    private static final long OBJECT_BYTES = 512;

    private final FrameAllocator frames;
    private final IpcLimits limits;
    private final IntSupplier currentProcess;
    private final IpcTable<SharedSegment> table = new IpcTable<>();

    private long totalPages; // guarded by this

    SharedSegments(FrameAllocator frames, IpcLimits limits, IntSupplier currentProcess) {
        this.frames = frames;
        this.limits = limits;
        this.currentProcess = currentProcess;
    }

    /**
     * shmget(2).
     *
     * @param sizeBytes unsigned
     * @return the segment's id
     */
    public int get(Credentials caller, int key, long sizeBytes, int flags) throws ErrnoException {
        return table.get(
                caller,
                key,
                flags,
                found -> {
                    if (Long.compareUnsigned(sizeBytes, found.sizeBytes()) > 0) {
                        throw ErrnoException.of(Errno.EINVAL);
                    }
                },
                () -> make(caller, key, sizeBytes, flags));
    }

    private SharedSegment make(Credentials caller, int key, long sizeBytes, int flags) throws ErrnoException {
        if (Long.compareUnsigned(sizeBytes, Shm.SHMMIN) < 0 || Long.compareUnsigned(sizeBytes, limits.shmmax()) > 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long lengthBytes = sizeBytes + PAGE_BYTES - 1 & -PAGE_BYTES;
        if (Long.compareUnsigned(lengthBytes, sizeBytes) < 0) {
            throw ErrnoException.of(Errno.ENOSPC);
        }
        if ((flags & Shm.SHM_HUGETLB) != 0) {
            // As on a machine that has set no huge pages aside; without the capability Linux does not even look.
            throw ErrnoException.of(caller.has(Credentials.CAP_IPC_LOCK) ? Errno.ENOMEM : Errno.EPERM);
        }
        synchronized (this) {
            if (Long.compareUnsigned(totalPages + lengthBytes / PAGE_BYTES, limits.shmall()) > 0) {
                throw ErrnoException.of(Errno.ENOSPC);
            }
            table.checkRoom(limits.shmmni());
            limits.take(OBJECT_BYTES);
            try {
                var memory = new SharedMemory(frames, lengthBytes, "", 0);
                totalPages += lengthBytes / PAGE_BYTES;
                return new SharedSegment(this, caller, currentProcess.getAsInt(), key, flags, sizeBytes, memory);
            } catch (ErrnoException e) {
                limits.giveBack(OBJECT_BYTES);
                throw e;
            }
        }
    }

    /** The segment of an id: EINVAL. */
    public SharedSegment find(int id) throws ErrnoException {
        return table.find(id);
    }

    /** The segment with an index: EINVAL. */
    public SharedSegment at(int index) throws ErrnoException {
        return table.at(index);
    }

    /** All segments, by index. */
    public List<SharedSegment> all() {
        return table.all();
    }

    public int count() {
        return table.size();
    }

    /** Highest index in use. */
    public int highestIndex() {
        return table.highestIndex();
    }

    /** Pages of all segments, touched or not. */
    public synchronized long totalPages() {
        return totalPages;
    }

    public int wantedId() {
        return table.wantedId();
    }

    public void setWantedId(int id) {
        table.setWantedId(id);
    }

    /** A mapping more exists, or somebody is about to make one: EIDRM if the segment is gone. */
    public synchronized void hold(SharedSegment segment) throws ErrnoException {
        if (segment.destroyed) {
            throw ErrnoException.of(Errno.EIDRM);
        }
        segment.attachments++;
    }

    /** Takes back {@link #hold}. */
    public void letGo(SharedSegment segment) {
        boolean last;
        synchronized (this) {
            segment.attachments--;
            last = isOver(segment);
        }
        if (last) {
            destroy(segment);
        }
    }

    synchronized void attached(SharedSegment segment) {
        segment.attached(currentProcess.getAsInt());
    }

    void detached(SharedSegment segment) {
        boolean last;
        synchronized (this) {
            segment.detached(currentProcess.getAsInt());
            last = isOver(segment);
        }
        if (last) {
            destroy(segment);
        }
    }

    /** Whether the segment is to be destroyed; then it is so from now on. With the lock held. */
    private boolean isOver(SharedSegment segment) {
        boolean over = segment.attachments == 0 && !segment.destroyed && (segment.isDying() || limits.shmRmidForced());
        if (over) {
            segment.destroyed = true;
            totalPages -= segment.sizeBytes() + PAGE_BYTES - 1 >>> 12;
        }
        return over;
    }

    private void destroy(SharedSegment segment) {
        table.remove(segment);
        segment.memory().release();
        limits.giveBack(OBJECT_BYTES);
    }

    /** IPC_SET of shmctl(2): EPERM, EINVAL. */
    public void setOwner(Credentials caller, int id, int user, int group, int mode) throws ErrnoException {
        var segment = table.find(id);
        segment.checkControl(caller);
        synchronized (this) {
            segment.setOwner(user, group, mode);
        }
    }

    /** IPC_RMID of shmctl(2): the segment goes when nobody has it attached: EPERM, EINVAL. */
    public void remove(Credentials caller, int id) throws ErrnoException {
        SharedSegment segment = table.find(id);
        segment.checkControl(caller);
        table.dropKey(segment);
        boolean last;
        synchronized (this) {
            if (segment.destroyed) {
                throw ErrnoException.of(Errno.EIDRM);
            }
            segment.setDying();
            last = isOver(segment);
        }
        if (last) {
            destroy(segment);
        }
    }

    /**
     * SHM_LOCK and SHM_UNLOCK of shmctl(2). Nothing is ever swapped out, so it only shows.
     *
     * @param lockLimitBytes RLIMIT_MEMLOCK of the caller
     */
    public void setLocked(Credentials caller, int id, boolean locked, long lockLimitBytes) throws ErrnoException {
        var segment = table.find(id);
        if (!caller.has(Credentials.CAP_IPC_LOCK) && (!segment.isOwnedBy(caller) || locked && lockLimitBytes == 0)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        synchronized (this) {
            segment.setLocked(locked);
        }
    }
}
