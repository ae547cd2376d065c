package dev.picket.sentry.kernel.event;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.WaitableFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A counter that can be waited for; see eventfd(2). */
public final class EventCounter extends WaitableFile {
    public static final int EFD_SEMAPHORE = 1;

    /** Largest value of the counter, as unsigned: all ones is refused, so that a write can block. */
    private static final long MAXIMUM = -2L;

    private final Inode inode;
    private final boolean semaphore;

    /** Unsigned. */
    private long count;

    /**
     * @param flags O_RDWR, perhaps with O_NONBLOCK
     * @param semaphore EFD_SEMAPHORE: reads take one, not all
     */
    public EventCounter(Inode inode, int flags, int initial, boolean semaphore) {
        super(flags);
        this.inode = inode;
        this.semaphore = semaphore;
        this.count = Integer.toUnsignedLong(initial);
    }

    @Override
    public Inode inode() {
        return inode;
    }

    /** The counter, for /proc/PID/fdinfo. */
    public synchronized long count() {
        return count;
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        if (destination.remaining() < Long.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long taken;
        synchronized (this) {
            if (count == 0) {
                return WOULD_BLOCK;
            }
            taken = semaphore ? 1 : count;
            count -= taken;
        }
        waiters().wake(WRITABLE);
        byte[] value = new byte[Long.BYTES];
        ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putLong(taken);
        // Linux too has taken the count by the time that it finds the buffer bad.
        if (destination.copyOut(value, 0, Long.BYTES) < Long.BYTES) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        return Long.BYTES;
    }

    @Override
    public long write(GuestBuffer source) throws ErrnoException {
        if (source.remaining() != Long.BYTES) { // more, too, since Linux 6.9
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] value = new byte[Long.BYTES];
        int copied = source.copyIn(value, 0, Long.BYTES);
        if (copied < Long.BYTES) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        long added = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (added == -1) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        synchronized (this) {
            if (Long.compareUnsigned(MAXIMUM - count, added) < 0) {
                source.rewind(copied);
                return WOULD_BLOCK;
            }
            count += added;
        }
        waiters().wake(READABLE);
        return Long.BYTES;
    }

    @Override
    public synchronized int readiness() {
        int events = 0;
        if (count != 0) {
            events |= READABLE;
        }
        if (count != MAXIMUM) {
            events |= WRITABLE;
        }
        return events;
    }
}
