package dev.picket.sentry.tty;

import static dev.picket.platform.linux.Poll.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Ioctl;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.TermBits;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.Waiter;

/** An open /dev/pts/N, or /dev/tty or /dev/console that leads to one: a terminal as programs use it. */
public final class SlaveFile extends OpenFile {
    private final Terminal terminal;
    private final Inode inode;
    private final int hangUpsAtOpen;
    private final TerminalRequests requests;

    private SlaveFile(Terminal terminal, Inode inode, Path path, int flags, int hangUpsAtOpen) {
        super(path, flags);
        this.terminal = terminal;
        this.inode = inode;
        this.hangUpsAtOpen = hangUpsAtOpen;
        this.requests = new TerminalRequests(terminal, false);
    }

    /**
     * Opens the slave side of a terminal. Without O_NOCTTY it may become the caller's controlling terminal.
     *
     * @throws ErrnoException EIO if the master side is closed or the terminal is locked; EBUSY
     */
    public static SlaveFile open(Terminal terminal, Caller caller, Inode inode, Path path, int flags)
            throws ErrnoException {
        int hangUps = terminal.openSlave(caller.credentials().has(Credentials.CAP_SYS_ADMIN));
        var file = new SlaveFile(terminal, inode, path, flags, hangUps);
        if ((flags & Fcntl.O_NOCTTY) == 0 && file.isReadable()) {
            terminal.jobs().adoptAtOpen(caller);
        }
        return file;
    }

    public Terminal terminal() {
        return terminal;
    }

    @Override
    public Inode inode() {
        return inode;
    }

    @Override
    protected void released() {
        terminal.closeSlave();
    }

    @Override
    public void beforeRead(Caller caller) throws ErrnoException {
        if (!isHungUp()) {
            terminal.jobs().checkChange(caller, Signal.SIGTTIN);
        }
    }

    @Override
    public void beforeWrite(Caller caller) throws ErrnoException {
        if (!isHungUp() && terminal.modes().hasLocal(TermBits.TOSTOP)) {
            terminal.jobs().checkChange(caller, Signal.SIGTTOU);
        }
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        return isHungUp() ? 0 : terminal.readSlave(destination, isNonBlocking());
    }

    @Override
    public long write(GuestBuffer source) throws ErrnoException {
        if (isHungUp()) {
            throw ErrnoException.of(Errno.EIO);
        }
        return source.remaining() == 0 ? 0 : terminal.writeSlave(source);
    }

    @Override
    public boolean writesWhole() {
        return true;
    }

    @Override
    public long waitDeadlineNanos(long startNanos, int events) {
        return (events & POLLIN) != 0 ? terminal.readDeadline(startNanos) : Long.MAX_VALUE;
    }

    @Override
    public long afterDeadline(int events) {
        return 0; // VTIME is over: read(2) answers that there is nothing
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (isHungUp()) {
            throw ErrnoException.of(request == Ioctl.TIOCSPGRP ? Errno.ENOTTY : Errno.EIO);
        }
        return requests.control(caller, request, argument);
    }

    private boolean isHungUp() {
        return terminal.isHungUp(hangUpsAtOpen);
    }

    @Override
    public int readiness() {
        return isHungUp() ? READABLE | WRITABLE | POLLERR | POLLHUP : terminal.slaveReadiness();
    }

    @Override
    public void addWaiter(Waiter waiter, int events) {
        terminal.slaveWaiters().add(waiter, events | POLLERR | POLLHUP);
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        terminal.slaveWaiters().remove(waiter);
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }
}
