package dev.picket.sentry.kernel;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.WaitQueue;

/**
 * A thread of a guest: what Linux calls a task. One Java thread owns it and runs it; see {@link #run}.
 *
 * <p>System calls get the task as their first argument and find everything from here.
 */
public final class Task implements Caller, Runnable {
    /** Thread id, as gettid(2) shows it. */
    public int id() {
        throw new UnsupportedOperationException();
    }

    public ThreadGroup group() {
        throw new UnsupportedOperationException();
    }

    public Kernel kernel() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Credentials credentials() {
        throw new UnsupportedOperationException();
    }

    @Override
    public MemoryManager memory() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path root() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path workingDirectory() {
        throw new UnsupportedOperationException();
    }

    /** Root, working directory and umask; shared by tasks cloned with CLONE_FS. */
    public DirectoryContext directories() {
        throw new UnsupportedOperationException();
    }

    /** File descriptors; shared by tasks cloned with CLONE_FILES. */
    public FileTable files() {
        throw new UnsupportedOperationException();
    }

    /** The open file of a descriptor; EBADF if there is none, or if it was opened with O_PATH. */
    public OpenFile file(int descriptor) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** The open file of a descriptor, also one opened with O_PATH. */
    public OpenFile fileOrPath(int descriptor) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** Directory that a path given with {@code descriptor} starts at: AT_FDCWD is the working directory. */
    public Path directory(int descriptor) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** A path argument: ENAMETOOLONG beyond PATH_MAX, EFAULT. A byte string (ISO 8859-1). */
    public String path(long address) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** One range of this task's memory, for a call that reads or writes it. Length is cut to MAX_RW_COUNT. */
    public GuestBuffer buffer(long address, long length) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** The ranges of an iovec array of this task. */
    public GuestBuffer buffers(long address, int count) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** A step of a call that may have to wait: answers WOULD_BLOCK then. Use a method reference: it costs nothing. */
    @FunctionalInterface
    public interface Attempt<A> {
        long attempt(OpenFile file, A argument) throws ErrnoException;
    }

    /**
     * Tries {@code attempt}, and while it answers WOULD_BLOCK waits for {@code events} of the file. EAGAIN instead if the
     * file is non-blocking. ERESTARTSYS if a signal comes first.
     */
    public <A> long untilReady(OpenFile file, int events, A argument, Attempt<A> attempt) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** What {@link #block} waits for; looked at after every wake-up. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws ErrnoException;
    }

    /**
     * Waits until {@code condition} holds; {@code queue} is woken with any of {@code events} whenever it might.
     *
     * @param deadlineNanos time of {@link System#nanoTime()} at which to give up; Long.MAX_VALUE for never
     * @return whether the condition holds; false at the deadline
     * @throws ErrnoException an InterruptedCallException.SYS if a signal is to be handled first
     */
    public boolean block(WaitQueue queue, int events, long deadlineNanos, Condition condition) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /**
     * Waits without a queue: for one's own {@code wake}, that is {@link #unblock()}, for the deadline or for a signal. For
     * poll and the like, which add waiters to many files.
     *
     * @return whether the condition holds; false at the deadline
     */
    public boolean blockUntil(long deadlineNanos, Condition condition) throws ErrnoException {
        throw new UnsupportedOperationException();
    }

    /** Makes {@link #block} and {@link #blockUntil} of this task look at their conditions again. Any thread may call. */
    public void unblock() {
        throw new UnsupportedOperationException();
    }

    /** Whether a signal is to be handled before the task blocks or goes on. */
    public boolean hasPendingSignal() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void run() {
        throw new UnsupportedOperationException();
    }
}
