package dev.picket.sentry.pipe;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ioctl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.WaitQueue;
import dev.picket.sentry.wait.Waiter;

/** An open end of a pipe; of a FIFO opened with O_RDWR, both ends. */
public final class PipeEnd extends OpenFile {
    private final Pipe pipe;
    private final Inode inode;
    private final long readersAtOpen;
    private final long writersAtOpen;
    private final boolean openWaits;

    /**
     * Opens an end of {@code pipe}.
     *
     * @param path the name it was opened by, or null
     * @param flags the access mode says which end
     * @param namedPipe whether open(2) waits for the other end
     */
    PipeEnd(Pipe pipe, Inode inode, Path path, int flags, boolean namedPipe) {
        super(path, flags);
        this.pipe = pipe;
        this.inode = inode;
        int mode = flags & O_ACCMODE;
        boolean partnerIsThere = mode == O_RDWR || (mode == O_RDONLY ? pipe.writers() : pipe.readers()) > 0;
        readersAtOpen = pipe.readersEver();
        writersAtOpen = partnerIsThere ? -1 : pipe.writersEver();
        openWaits = namedPipe && !partnerIsThere && (flags & O_NONBLOCK) == 0;
        if (isReadable()) {
            pipe.addReader();
        }
        if (isWritable()) {
            pipe.addWriter();
        }
    }

    /** The two ends of a new pipe, the reading one first, as pipe2(2) makes it. Flags: O_NONBLOCK, O_DIRECT. */
    public static PipeEnd[] pair(PipeBudget budget, AnonymousFileSystem pipes, Credentials owner, int flags) {
        var pipe = new Pipe(budget);
        var inode = new PipeInode(pipes, owner, pipe);
        pipe.addWriter();
        try {
            var reader = new PipeEnd(pipe, inode, null, O_RDONLY | flags, false);
            return new PipeEnd[] {reader, new PipeEnd(pipe, inode, null, O_WRONLY | flags, false)};
        } finally {
            pipe.removeWriter();
        }
    }

    /**
     * The guest's end of a pipe whose other end the Sentry holds already ({@link Pipe#addReader}, {@link Pipe#addWriter}).
     *
     * @param flags O_RDONLY or O_WRONLY
     */
    public static PipeEnd ofSentry(Pipe pipe, AnonymousFileSystem pipes, Credentials owner, int flags) {
        return new PipeEnd(pipe, new PipeInode(pipes, owner, pipe), null, flags, false);
    }

    public Pipe pipe() {
        return pipe;
    }

    /** Woken when {@link #isOpenComplete()} may have become true. */
    public WaitQueue openWaiters() {
        return pipe.waiters();
    }

    /** Whether open(2) of this FIFO may return: fifo(7) has it wait for the other end. */
    public boolean isOpenComplete() {
        if (!openWaits) {
            return true;
        }
        return isReadable() ? pipe.writersEver() != writersAtOpen : pipe.readersEver() != readersAtOpen;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    @Override
    protected void released() {
        if (isReadable()) {
            pipe.removeReader();
        }
        if (isWritable()) {
            pipe.removeWriter();
        }
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        return pipe.read(destination);
    }

    @Override
    public long write(GuestBuffer source) throws ErrnoException {
        return pipe.write(source);
    }

    @Override
    public boolean writesWhole() {
        return true;
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (request == Ioctl.FIONREAD) {
            caller.memory().putInt(argument, pipe.available());
            return 0;
        }
        throw ErrnoException.of(Errno.ENOTTY);
    }

    @Override
    public int readiness() {
        int events = 0;
        if (isReadable()) {
            events |= pipe.readReadiness(writersAtOpen);
        }
        if (isWritable()) {
            events |= pipe.writeReadiness();
        }
        return events;
    }

    @Override
    public void addWaiter(Waiter waiter, int events) {
        pipe.waiters().add(waiter, events | POLLERR | POLLHUP);
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        pipe.waiters().remove(waiter);
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }
}
