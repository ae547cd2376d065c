package dev.picket.sentry.fs.mqueue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.Waiter;
import java.nio.charset.StandardCharsets;

/** An open message queue: what mq_open(2) gives a descriptor of. Reading it shows its state, not its messages. */
public final class MqueueFile extends OpenFile {
    private final MqueueInode queue;
    private long position;

    MqueueFile(MqueueInode queue, Path path, int flags) {
        super(path, flags);
        this.queue = queue;
    }

    public MqueueInode queue() {
        return queue;
    }

    @Override
    public Inode inode() {
        return queue;
    }

    @Override
    public synchronized long read(GuestBuffer destination) throws ErrnoException {
        long count = readAt(destination, position);
        position += count;
        return count;
    }

    @Override
    public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        byte[] status = queue.status().getBytes(StandardCharsets.ISO_8859_1);
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (offset >= status.length || destination.remaining() == 0) {
            return 0;
        }
        int count = (int) Math.min(status.length - offset, destination.remaining());
        return destination.copyOut(status, (int) offset, count);
    }

    @Override
    public synchronized long seek(long offset, int whence) throws ErrnoException {
        long target = whence == Fcntl.SEEK_SET ? offset : whence == Fcntl.SEEK_CUR ? position + offset : -1;
        if (target < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        position = target;
        return target;
    }

    @Override
    public int readiness() {
        return queue.readiness();
    }

    @Override
    public void addWaiter(Waiter waiter, int events) {
        queue.waiters().add(waiter, events);
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        queue.waiters().remove(waiter);
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }

    @Override
    protected void descriptorClosed(Object table) {
        queue.unregister(table);
    }

    @Override
    protected void released() {
        queue.closed();
    }
}
