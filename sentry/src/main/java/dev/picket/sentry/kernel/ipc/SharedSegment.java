package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Shm;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.memory.SharedMemory;

/** A shared memory segment; see shmget(2). What can change is guarded by the lock of {@link SharedSegments}. */
public final class SharedSegment extends IpcObject implements Mappable {
    private final SharedSegments owner;
    private final SharedMemory memory;
    private final long sizeBytes;
    private final String name;
    private final int creatorProcess;

    long attachments;
    boolean destroyed;
    private boolean locked;
    private boolean dying;
    private long attachSeconds;
    private long detachSeconds;
    private int lastProcess;

    /**
     * What shmctl(2) shows of a segment.
     *
     * @param attachments mappings of it
     */
    public record Status(
            Ownership ownership,
            long sizeBytes,
            long attachSeconds,
            long detachSeconds,
            int creatorProcess,
            int lastProcess,
            long attachments) {}

    SharedSegment(
            SharedSegments owner,
            Credentials maker,
            int process,
            int key,
            int flags,
            long sizeBytes,
            SharedMemory memory) {
        super(maker, key, flags);
        this.owner = owner;
        this.memory = memory;
        this.sizeBytes = sizeBytes;
        this.creatorProcess = process;
        this.name = String.format("/SYSV%08x (deleted)", key);
    }

    public Status status() {
        synchronized (owner) {
            return new Status(
                    ownership(), sizeBytes, attachSeconds, detachSeconds, creatorProcess, lastProcess, attachments);
        }
    }

    /** How many bytes were asked for. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Bytes of memory that the segment holds on the host. */
    public long residentBytes() {
        return memory.residentBytes();
    }

    SharedMemory memory() {
        return memory;
    }

    @Override
    int modeFlags() {
        return (dying ? Shm.SHM_DEST : 0) | (locked ? Shm.SHM_LOCKED : 0);
    }

    boolean isDying() {
        return dying;
    }

    void setDying() {
        dying = true;
    }

    void setLocked(boolean locked) {
        this.locked = locked;
    }

    void attached(int process) {
        attachments++;
        attachSeconds = nowSeconds();
        lastProcess = process;
    }

    void detached(int process) {
        attachments--;
        detachSeconds = nowSeconds();
        lastProcess = process;
    }

    @Override
    public Backing translate(long offset, long lengthBytes, boolean write) throws ErrnoException {
        return memory.translate(offset, lengthBytes, write);
    }

    @Override
    public void retain() {
        owner.attached(this);
    }

    @Override
    public void release() {
        owner.detached(this);
    }

    @Override
    public String mappedName() {
        return name;
    }

    @Override
    public long mappedDevice() {
        return memory.mappedDevice();
    }

    @Override
    public long mappedInode() {
        return id();
    }
}
