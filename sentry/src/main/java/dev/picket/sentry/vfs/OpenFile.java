package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Inotify;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.wait.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file description (open(2)): what file descriptors, of several processes perhaps, refer to.
 *
 * <p>Calls never block: where Linux would block they answer {@link #WOULD_BLOCK}, and the system call waits for {@link
 * #readiness} by {@link #addWaiter}. A file is released when its last descriptor is closed.
 */
public abstract class OpenFile {
    /** Answer of a call that cannot go on now. */
    public static final long WOULD_BLOCK = Long.MIN_VALUE;

    private final Path path;
    private final AtomicInteger references = new AtomicInteger(1);
    private volatile int flags;
    private List<ReleaseListener> releaseListeners; // guarded by references; null while there are none

    private volatile SignalOwner signalOwner = SignalOwner.NONE;
    private volatile Waiter asynchronousWaiter;

    /**
     * Who gets a signal when input or output becomes possible; F_SETOWN_EX of fcntl(2).
     *
     * @param type F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP
     * @param id of the task, process or process group; 0 for nobody
     * @param signal F_SETSIG: 0 for SIGIO
     * @param user who named the owner: the real user id
     * @param effectiveUser the effective one
     */
    public record SignalOwner(int type, int id, int signal, int user, int effectiveUser) {
        static final SignalOwner NONE = new SignalOwner(0, 0, 0, -1, -1);
    }

    /** Somebody who is to know when a file's last descriptor is closed: an epoll instance that watches it. */
    @FunctionalInterface
    public interface ReleaseListener {
        void fileReleased(OpenFile file);
    }

    /**
     * @param path the name by which it was opened; null for pipes, sockets and the like
     * @param flags O_ flags of open(2): access mode and status flags
     */
    protected OpenFile(Path path, int flags) {
        this.path = path;
        this.flags = flags;
        if (path != null) {
            path.dentry().countOpenFiles(1);
        }
    }

    public final Path path() {
        return path;
    }

    /** The file's inode. Pipes, sockets and the like have one too, of a file system that is mounted nowhere. */
    public abstract Inode inode();

    /** Access mode and status flags, as F_GETFL of fcntl(2) shows them. */
    public final int flags() {
        return flags;
    }

    /** Sets the status flags that F_SETFL may change: O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME, O_NONBLOCK. */
    public final void setFlags(int flags) {
        this.flags = flags;
    }

    public final SignalOwner signalOwner() {
        return signalOwner;
    }

    public final void setSignalOwner(SignalOwner owner) {
        signalOwner = owner;
    }

    /** Who waits for events as long as O_ASYNC is set, or null. */
    public final Waiter asynchronousWaiter() {
        return asynchronousWaiter;
    }

    public final void setAsynchronousWaiter(Waiter waiter) {
        asynchronousWaiter = waiter;
    }

    public final boolean isNonBlocking() {
        return (flags & 04000) != 0;
    }

    public final boolean isReadable() {
        int mode = flags & 3;
        return mode == 0 || mode == 2;
    }

    public final boolean isWritable() {
        int mode = flags & 3;
        return mode == 1 || mode == 2;
    }

    /** One more descriptor refers to this. */
    public final void retain() {
        references.incrementAndGet();
    }

    /** One descriptor less refers to this; the last one releases it. */
    public final void release() {
        if (references.decrementAndGet() == 0) {
            List<ReleaseListener> listeners;
            synchronized (references) {
                listeners = releaseListeners == null ? List.of() : releaseListeners;
                releaseListeners = null;
            }
            for (var listener : listeners) {
                listener.fileReleased(this);
            }
            var locks = inode().locksIfAny();
            if (locks != null) {
                locks.released(this);
            }
            if (path != null && (flags & Fcntl.O_PATH) == 0) {
                FileEvents.happened(path, isWritable() ? Inotify.IN_CLOSE_WRITE : Inotify.IN_CLOSE_NOWRITE);
            }
            released();
            if (path != null && path.dentry().countOpenFiles(-1) == 0) {
                FileEvents.closed(path.dentry());
            }
        }
    }

    /** Something was read from this: tells those who watch the file. */
    public final void noteAccess() {
        FileEvents.happened(path, Inotify.IN_ACCESS);
    }

    /** Something was written to this: tells those who watch the file. */
    public final void noteModification() {
        FileEvents.happened(path, Inotify.IN_MODIFY);
    }

    /**
     * A descriptor of this was closed in a table of descriptors: the table's POSIX locks on the file go, however many other
     * descriptors of the file it has; fcntl(2). Comes before {@link #release}.
     */
    public final void closedIn(Object table) {
        var locks = inode().locksIfAny();
        if (locks != null) {
            locks.closed(table);
        }
        descriptorClosed(table);
    }

    /** A descriptor of this was closed in a table of descriptors, whether or not it was the last; see flush in Linux. */
    protected void descriptorClosed(Object table) {}

    /**
     * Asks that {@code listener} be told when the last descriptor is closed.
     *
     * @return false, and nothing will be told, if that has happened already
     */
    public final boolean addReleaseListener(ReleaseListener listener) {
        synchronized (references) {
            if (references.get() <= 0) {
                return false;
            }
            if (releaseListeners == null) {
                releaseListeners = new ArrayList<>(1);
            }
            releaseListeners.add(listener);
            return true;
        }
    }

    /** Takes back one {@link #addReleaseListener} of {@code listener}. */
    public final void removeReleaseListener(ReleaseListener listener) {
        synchronized (references) {
            if (releaseListeners != null) {
                releaseListeners.remove(listener);
            }
        }
    }

    /** The last descriptor was closed. */
    protected void released() {}

    /**
     * Called once before a call reads from this, and not again while it waits: terminals stop readers of the background
     * here, by signal and an InterruptedCallException.
     */
    public void beforeRead(Caller caller) throws ErrnoException {}

    /** As {@link #beforeRead}, before a call writes to this. */
    public void beforeWrite(Caller caller) throws ErrnoException {}

    /**
     * Until when a call waits for {@code events} of this, in {@link System#nanoTime()}: SO_RCVTIMEO of socket(7), VTIME of
     * termios(3). Asked anew each time before the call sleeps; after that time the call is attempted once more and then
     * answers {@link #afterDeadline}.
     *
     * @param startNanos when the call began to wait
     * @return Long.MAX_VALUE for without end
     */
    public long waitDeadlineNanos(long startNanos, int events) {
        return Long.MAX_VALUE;
    }

    /** Answer of a call that has waited until {@link #waitDeadlineNanos} for nothing. */
    public long afterDeadline(int events) throws ErrnoException {
        throw ErrnoException.of(Errno.EAGAIN);
    }

    /** What a call that waits for {@code events} fails with when a signal comes; see signal(7) on restarts. */
    public ErrnoException interruption(int events) {
        return InterruptedCallException.SYS;
    }

    /**
     * Whether a blocking write goes on until all is written, as that of pipes, stream sockets and terminals does; a signal
     * ends it with what was written so far.
     */
    public boolean writesWhole() {
        return false;
    }

    /**
     * Reads at the file position and moves it, or from the stream.
     *
     * @return bytes read, 0 at the end, or {@link #WOULD_BLOCK}
     */
    public long read(GuestBuffer destination) throws ErrnoException {
        throw ErrnoException.of(Errno.EINVAL);
    }

    /** Writes at the file position (at the end with O_APPEND) and moves it, or to the stream; see {@link #read}. */
    public long write(GuestBuffer source) throws ErrnoException {
        throw ErrnoException.of(Errno.EINVAL);
    }

    /**
     * Writes at the end, as with O_APPEND; RWF_APPEND of pwritev2(2).
     *
     * @param moves whether the file position goes behind what was written
     */
    public long writeAtEnd(GuestBuffer source, boolean moves) throws ErrnoException {
        return write(source);
    }

    /** Reads at {@code offset}; ESPIPE where there are no positions. */
    public long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        throw ErrnoException.of(Errno.ESPIPE);
    }

    /** Writes at {@code offset}; ESPIPE where there are no positions. */
    public long writeAt(GuestBuffer source, long offset) throws ErrnoException {
        throw ErrnoException.of(Errno.ESPIPE);
    }

    /** lseek(2). */
    public long seek(long offset, int whence) throws ErrnoException {
        throw ErrnoException.of(Errno.ESPIPE);
    }

    /** Next entries of a directory, from the file position on; see {@link DirectorySink}. */
    public void readDirectory(Caller caller, DirectorySink sink) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOTDIR);
    }

    /** Device- or file-specific commands of ioctl(2). FIONBIO, FIOCLEX and the like never come here. */
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOTTY);
    }

    /** What mmap(2) maps: null for anonymous memory, as /dev/zero gives; ENODEV if this cannot be mapped. */
    public Mappable mappable() throws ErrnoException {
        throw ErrnoException.of(Errno.ENODEV);
    }

    /**
     * As {@link #mappable}, for a shared mapping: as long as it is there, a file that is open for writing cannot be sealed
     * against that; F_SEAL_WRITE of fcntl(2).
     */
    public Mappable mappableShared() throws ErrnoException {
        return mappable();
    }

    /** fallocate(2). */
    public void allocate(int mode, long offset, long length) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    /** Which events of poll(2) are true now. */
    public int readiness() {
        return 0x1 | 0x4 | 0x40 | 0x100; // POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM: regular files are always ready
    }

    /** Asks that {@code waiter} be woken when any of {@code events} becomes true. Files that are always ready need not. */
    public void addWaiter(Waiter waiter, int events) {}

    /** Takes back all that {@code waiter} asked for here. */
    public void removeWaiter(Waiter waiter) {}

    /** Whether epoll_ctl(2) takes it: not regular files and directories. */
    public boolean supportsPolling() {
        return false;
    }
}
