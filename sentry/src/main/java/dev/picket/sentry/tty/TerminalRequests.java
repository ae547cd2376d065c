package dev.picket.sentry.tty;

import static dev.picket.platform.linux.Ioctl.*;
import static dev.picket.platform.linux.Signal.SIGTTOU;
import static dev.picket.platform.linux.TermBits.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Caller;

/** Requests of ioctl_tty(2) to a terminal, from either side. */
final class TerminalRequests {
    private final Terminal terminal;
    private final boolean fromMaster;

    TerminalRequests(Terminal terminal, boolean fromMaster) {
        this.terminal = terminal;
        this.fromMaster = fromMaster;
    }

    /** Carries out a request; ENOTTY if there is none such. */
    long control(Caller caller, int request, long argument) throws ErrnoException {
        var memory = caller.memory();
        var jobs = terminal.jobs();
        switch (request) {
            case TCGETS -> memory.copyOut(argument, terminal.modes().encode(), 0, Termios.BYTES);
            case TCGETS2 -> memory.copyOut(argument, terminal.modes().encode(), 0, Termios.BYTES_2);
            case TCSETS, TCSETSW -> setModes(caller, argument, Termios.BYTES, false);
            case TCSETSF -> setModes(caller, argument, Termios.BYTES, true);
            case TCSETS2, TCSETSW2 -> setModes(caller, argument, Termios.BYTES_2, false);
            case TCSETSF2 -> setModes(caller, argument, Termios.BYTES_2, true);
            case TIOCGWINSZ -> writeWindow(memory, argument);
            case TIOCSWINSZ -> terminal.setWindow(readWindow(memory, argument));
            case TIOCSCTTY -> {
                if (fromMaster) {
                    throw ErrnoException.of(Errno.ENOTTY);
                }
                jobs.adopt(caller, argument == 1);
            }
            case TIOCNOTTY -> jobs.giveUp(caller);
            case TIOCGPGRP -> memory.putInt(argument, jobs.foregroundId(caller, fromMaster));
            case TIOCSPGRP -> jobs.setForeground(caller, memory.getInt(argument));
            case TIOCGSID -> memory.putInt(argument, jobs.sessionId(caller, fromMaster));
            case FIONREAD -> memory.putInt(argument, fromMaster ? terminal.queuedOutput() : terminal.available());
            case TIOCOUTQ -> memory.putInt(argument, fromMaster ? 0 : terminal.queuedOutput());
            case TCFLSH -> flush(caller, argument);
            case TCXONC -> flow(caller, argument);
                // There is no line that a break could be sent on, and what was written has been sent.
            case TCSBRK, TCSBRKP, TIOCSBRK, TIOCCBRK -> checkChange(caller);
            case TIOCEXCL -> terminal.setExclusive(true);
            case TIOCNXCL -> terminal.setExclusive(false);
            case TIOCGEXCL -> memory.putInt(argument, terminal.isExclusive() ? 1 : 0);
            case TIOCGETD -> memory.putInt(argument, 0);
            case TIOCSETD -> {
                if (memory.getInt(argument) != 0) {
                    throw ErrnoException.of(Errno.EINVAL); // N_TTY is the only line discipline
                }
            }
                // Typing for others is how a program escapes from su(1); since Linux 6.2 it can be off, and here it is.
            case TIOCSTI -> throw ErrnoException.of(Errno.EIO);
            case TIOCCONS -> throw ErrnoException.of(Errno.EPERM);
            default -> throw ErrnoException.of(Errno.ENOTTY);
        }
        return 0;
    }

    private void checkChange(Caller caller) throws ErrnoException {
        if (!fromMaster) {
            terminal.jobs().checkChange(caller, SIGTTOU);
        }
    }

    private void setModes(Caller caller, long argument, int length, boolean flush) throws ErrnoException {
        checkChange(caller);
        byte[] bytes = new byte[length];
        caller.memory().copyIn(argument, bytes, 0, length);
        terminal.setModes(Termios.decode(bytes, terminal.modes()), flush);
    }

    private void flush(Caller caller, long which) throws ErrnoException {
        checkChange(caller);
        if (which < TCIFLUSH || which > TCIOFLUSH) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        // Seen from the master, what the slave has written is the input.
        boolean ofSlaveInput = which == TCIOFLUSH || which == (fromMaster ? TCOFLUSH : TCIFLUSH);
        boolean ofSlaveOutput = which == TCIOFLUSH || which == (fromMaster ? TCIFLUSH : TCOFLUSH);
        terminal.flush(ofSlaveInput, ofSlaveOutput);
    }

    private void flow(Caller caller, long action) throws ErrnoException {
        checkChange(caller);
        if (action == TCOOFF) {
            terminal.setStopped(true);
        } else if (action == TCOON) {
            terminal.setStopped(false);
        } else if (action == TCIOFF) {
            terminal.sendFlowCharacter(VSTOP);
        } else if (action == TCION) {
            terminal.sendFlowCharacter(VSTART);
        } else {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private void writeWindow(MemoryManager memory, long address) throws ErrnoException {
        var window = terminal.window();
        byte[] bytes = new byte[WindowSize.BYTES];
        java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putShort((short) window.rows())
                .putShort((short) window.columns())
                .putShort((short) window.xPixels())
                .putShort((short) window.yPixels());
        memory.copyOut(address, bytes, 0, bytes.length);
    }

    private static WindowSize readWindow(MemoryManager memory, long address) throws ErrnoException {
        byte[] bytes = new byte[WindowSize.BYTES];
        memory.copyIn(address, bytes, 0, bytes.length);
        var buffer = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        return new WindowSize(
                buffer.getShort(0) & 0xffff,
                buffer.getShort(2) & 0xffff,
                buffer.getShort(4) & 0xffff,
                buffer.getShort(6) & 0xffff);
    }
}
