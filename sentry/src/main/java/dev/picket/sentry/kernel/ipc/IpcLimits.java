package dev.picket.sentry.kernel.ipc;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/**
 * Limits of one IPC namespace: those of /proc/sys/kernel, see sysvipc(7), and a bound that Linux gives a container by its
 * memory limit: how much of the heap the objects may take. Any thread may call.
 */
public final class IpcLimits {
    /** As Linux has it: so that sums of sizes do not overflow (ULONG_MAX - (1 << 24)). */
    public static final long SHMMAX_USUAL = -1L - (1L << 24);

    // The settings; any thread may change them, and each counts by itself.
    private volatile long shmmax = SHMMAX_USUAL;
    private volatile long shmall = SHMMAX_USUAL;
    private volatile int shmmni = 4096;
    private volatile boolean shmRmidForced;
    private volatile int semmsl = 32000;
    private volatile int semmns = 1_024_000_000;
    private volatile int semopm = 500;
    private volatile int semmni = 32000;
    private volatile int msgmax = 8192;
    private volatile int msgmnb = 16384;
    private volatile int msgmni = 32000;

    private final long heapLimitBytes;
    private long heapBytes;

    IpcLimits(long heapLimitBytes) {
        this.heapLimitBytes = heapLimitBytes;
    }

    /** Takes part of the heap; ENOMEM if there is not as much. */
    synchronized void take(long bytes) throws ErrnoException {
        if (bytes > heapLimitBytes - heapBytes) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        heapBytes += bytes;
    }

    synchronized void giveBack(long bytes) {
        heapBytes -= bytes;
    }

    /** Most bytes of a shared memory segment; unsigned. */
    public long shmmax() {
        return shmmax;
    }

    public void setShmmax(long bytes) {
        shmmax = bytes;
    }

    /** Most pages of all shared memory segments; unsigned. */
    public long shmall() {
        return shmall;
    }

    public void setShmall(long pages) {
        shmall = pages;
    }

    /** Most shared memory segments. */
    public int shmmni() {
        return shmmni;
    }

    public void setShmmni(int count) {
        shmmni = count;
    }

    /** Whether shared memory goes with its last mapping even if it was not removed. */
    public boolean shmRmidForced() {
        return shmRmidForced;
    }

    public void setShmRmidForced(boolean forced) {
        shmRmidForced = forced;
    }

    /** Most semaphores of a set. */
    public int semmsl() {
        return semmsl;
    }

    /** Most semaphores of all sets. */
    public int semmns() {
        return semmns;
    }

    /** Most operations of one semop(2). */
    public int semopm() {
        return semopm;
    }

    /** Most semaphore sets. */
    public int semmni() {
        return semmni;
    }

    public void setSemaphores(int semmsl, int semmns, int semopm, int semmni) {
        this.semmsl = semmsl;
        this.semmns = semmns;
        this.semopm = semopm;
        this.semmni = semmni;
    }

    /** Most bytes of a message. */
    public int msgmax() {
        return msgmax;
    }

    public void setMsgmax(int bytes) {
        msgmax = bytes;
    }

    /** Most bytes of a message queue, when it is made. */
    public int msgmnb() {
        return msgmnb;
    }

    public void setMsgmnb(int bytes) {
        msgmnb = bytes;
    }

    /** Most message queues. */
    public int msgmni() {
        return msgmni;
    }

    public void setMsgmni(int count) {
        msgmni = count;
    }
}
