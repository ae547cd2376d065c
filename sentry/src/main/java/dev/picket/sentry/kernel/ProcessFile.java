package dev.picket.sentry.kernel;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.Waiter;

/** A process as a file: pidfd_open(2), CLONE_PIDFD. Readable, as poll(2) sees it, when the process has ended. */
public final class ProcessFile extends OpenFile {
    private static final int O_RDWR = 2;
    private static final int POLLIN = 0x1 | 0x40; // POLLIN | POLLRDNORM

    private final AnonymousInode inode;
    private volatile ThreadGroup process;

    /**
     * @param owner whose user and group the file gets
     * @param flags O_NONBLOCK or 0
     */
    ProcessFile(Kernel kernel, Credentials owner, int flags) {
        super(null, flags | O_RDWR);
        inode = kernel.anonymousFiles().inode(owner, "[pidfd]");
    }

    /** A file of {@code process}. */
    public static ProcessFile of(ThreadGroup process, Credentials owner, int flags) {
        var file = new ProcessFile(process.kernel(), owner, flags);
        file.setProcess(process);
        return file;
    }

    void setProcess(ThreadGroup process) {
        this.process = process;
    }

    /** The process; null only while it is being made. */
    public ThreadGroup process() {
        return process;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    @Override
    public int readiness() {
        var current = process;
        return current != null && current.hasEnded() ? POLLIN : 0;
    }

    @Override
    public void addWaiter(Waiter waiter, int events) {
        var current = process;
        if (current != null) {
            current.exitEvents().add(waiter, events);
        }
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        var current = process;
        if (current != null) {
            current.exitEvents().remove(waiter);
        }
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }
}
