package dev.picket.sentry.boot;

import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.tty.SlaveFile;
import dev.picket.sentry.tty.Terminal;
import dev.picket.sentry.tty.Terminals;
import dev.picket.sentry.tty.WindowSize;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;

/** The terminal of a process: the Sentry holds the master side. */
final class TerminalStreams {
    private final Terminal terminal;
    private final SlaveFile slave;
    private volatile boolean processOver;

    /**
     * Makes a terminal and opens its slave side by its name in the guest, so that ttyname(3) finds it.
     *
     * @throws StartFailure INTERNAL if the guest has made that name something else
     */
    TerminalStreams(Terminals terminals, Outsider caller, Command.ProcessSpec spec)
            throws ErrnoException, StartFailure {
        terminal = terminals.create(caller.credentials().fileSystemUser());
        boolean opened = false;
        try {
            terminal.setLocked(false);
            resize(spec.rows(), spec.columns());
            String name = "/dev/pts/" + terminal.number();
            OpenFile file = FileOperations.open(caller, caller.root(), name, Fcntl.O_RDWR | Fcntl.O_NOCTTY, 0);
            if (!(file instanceof SlaveFile found) || found.terminal() != terminal) {
                file.release();
                throw new StartFailure(Event.Reason.INTERNAL, name + " is not the terminal it should be");
            }
            slave = found;
            opened = true;
        } finally {
            if (!opened) {
                terminal.closeMaster();
            }
        }
    }

    /** The guest's files: descriptors 0, 1 and 2 are one open terminal. */
    OpenFile[] guestFiles() {
        slave.retain();
        slave.retain();
        return new OpenFile[] {slave, slave, slave};
    }

    void resize(int rows, int columns) {
        terminal.setWindow(new WindowSize(rows & 0xffff, columns & 0xffff, 0, 0));
    }

    /** The process has ended: when no other has the terminal open, that is the end of its output. */
    void processOver() {
        processOver = true;
    }

    GuestInput.Sink input() {
        return new GuestInput.Sink() {
            @Override
            public int put(byte[] source, int offset, int count) {
                return terminal.feed(source, offset, count);
            }

            @Override
            public WaitQueue waiters() {
                return terminal.masterWaiters();
            }

            @Override
            public void close() {
                // The end of a client's input is not the end of the terminal.
            }
        };
    }

    GuestOutput.Source output() {
        return new GuestOutput.Source() {
            @Override
            public int take(byte[] destination, int offset, int count) {
                int taken = terminal.take(destination, offset, count);
                // That nobody has it open at the moment is no end as long as the process could open it again.
                return taken < 0 && !processOver ? 0 : taken;
            }

            @Override
            public WaitQueue waiters() {
                return terminal.masterWaiters();
            }

            @Override
            public void close() {
                terminal.closeMaster();
            }
        };
    }
}
