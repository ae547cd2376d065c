package dev.picket.sentry.tty;

import static dev.picket.platform.linux.Ioctl.*;
import static dev.picket.platform.linux.Poll.*;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.Waiter;

/** The master side of a terminal in a guest's hands: each open of /dev/ptmx makes a new terminal. */
public final class MasterFile extends OpenFile {
    private final Terminal terminal;
    private final Inode inode;
    private final TerminalRequests requests;

    /** Opens the master side of {@code terminal}, which is nobody's yet. */
    public MasterFile(Terminal terminal, Inode inode, Path path, int flags) {
        super(path, flags);
        this.terminal = terminal;
        this.inode = inode;
        this.requests = new TerminalRequests(terminal, true);
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
        terminal.closeMaster();
    }

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        return terminal.readMaster(destination);
    }

    @Override
    public long write(GuestBuffer source) throws ErrnoException {
        return source.remaining() == 0 ? 0 : terminal.writeMaster(source);
    }

    @Override
    public boolean writesWhole() {
        return true;
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        switch (request) {
            case TIOCGPTN -> caller.memory().putInt(argument, terminal.number());
            case TIOCSPTLCK -> terminal.setLocked(caller.memory().getInt(argument) != 0);
            case TIOCGPTLCK -> caller.memory().putInt(argument, terminal.isLocked() ? 1 : 0);
            case TIOCPKT -> terminal.setPackets(caller.memory().getInt(argument) != 0);
            default -> {
                return requests.control(caller, request, argument);
            }
        }
        return 0;
    }

    @Override
    public int readiness() {
        return terminal.masterReadiness();
    }

    @Override
    public void addWaiter(Waiter waiter, int events) {
        terminal.masterWaiters().add(waiter, events | POLLERR | POLLHUP);
    }

    @Override
    public void removeWaiter(Waiter waiter) {
        terminal.masterWaiters().remove(waiter);
    }

    @Override
    public boolean supportsPolling() {
        return true;
    }
}
