package dev.picket.sentry.tty;

import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Signal.*;
import static dev.picket.platform.linux.TermBits.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;

/**
 * A pseudo-terminal pair; see pty(7).
 *
 * <p>The master side, if the Sentry itself holds it: {@link #feed} is the keyboard, {@link #take} the screen, {@link
 * #masterWaiters} tells of changes, {@link #closeMaster} hangs up. Nothing here blocks; any thread may call.
 */
public final class Terminal {
    private static final int CHUNK_BYTES = 4096;

    private final Terminals terminals;
    private final int number;
    private final int user;
    private final JobControl jobs;
    private final OutputProcessor output = new OutputProcessor();
    private final LineDiscipline discipline = new LineDiscipline(output);
    private final WaitQueue slaveWaiters = new WaitQueue();
    private final WaitQueue masterWaiters = new WaitQueue();

    private WindowSize window = new WindowSize(0, 0, 0, 0);
    private boolean locked = true;
    private boolean exclusive;
    private boolean masterClosed;
    private int slaves;
    private boolean slaveWasOpen;
    private boolean packets;
    private int packetStatus;

    /** Grows with each hang-up: slave files opened before are dead. */
    private volatile int hangUps;

    Terminal(Terminals terminals, int number, int user) {
        this.terminals = terminals;
        this.number = number;
        this.user = user;
        this.jobs = new JobControl(terminals, this);
    }

    /** N of /dev/pts/N. */
    public int number() {
        return number;
    }

    /** The user who made the terminal, and first owns /dev/pts/N. */
    public int user() {
        return user;
    }

    JobControl jobs() {
        return jobs;
    }

    /** Id of the foreground process group; -1 if there is none, as /proc/PID/stat shows it. */
    public int foregroundId() {
        var group = jobs.foreground();
        return group == null ? -1 : group.id();
    }

    /** Woken with POLLIN when there may be output to take, with POLLOUT when there may be room for input, with POLLHUP. */
    public WaitQueue masterWaiters() {
        return masterWaiters;
    }

    WaitQueue slaveWaiters() {
        return slaveWaiters;
    }

    // ---- The master side

    /**
     * Types {@code count} bytes; as many as there is room for.
     *
     * @return bytes taken, 0 if there is no room now
     */
    public int feed(byte[] typed, int offset, int count) {
        int done = 0;
        while (done < count) {
            int answer = 0;
            synchronized (this) {
                while (done < count && discipline.room() > 0 && (answer & LineDiscipline.SIGNAL_MASK) == 0) {
                    answer |= discipline.receive(typed[offset + done] & 0xff);
                    done++;
                }
                notePacket(answer);
                if (done < count && discipline.room() == 0 && answer == 0) {
                    count = done;
                }
            }
            slaveWaiters.wake(READABLE | ((answer & ~LineDiscipline.STOPPED) != 0 ? WRITABLE : 0));
            masterWaiters.wake(READABLE);
            if ((answer & LineDiscipline.SIGNAL_MASK) != 0) {
                jobs.signalForeground(answer & LineDiscipline.SIGNAL_MASK);
            }
        }
        return done;
    }

    /**
     * Takes what programs wrote, and echoes.
     *
     * @return bytes taken; 0 if there are none now; -1 if there are none and no slave is open (but one was)
     */
    public int take(byte[] destination, int offset, int count) {
        int taken;
        synchronized (this) {
            taken = output.take(destination, offset, count);
            if (taken == 0) {
                return slaveWasOpen && slaves == 0 ? -1 : 0;
            }
        }
        slaveWaiters.wake(WRITABLE);
        return taken;
    }

    /** Whether {@link #feed} would take something. */
    public synchronized boolean hasInputRoom() {
        return discipline.room() > 0;
    }

    /** Sets the window's size; the foreground hears of a change by SIGWINCH. */
    public void setWindow(WindowSize size) {
        synchronized (this) {
            if (size.equals(window)) {
                return;
            }
            window = size;
        }
        jobs.signalForeground(SIGWINCH);
    }

    public synchronized WindowSize window() {
        return window;
    }

    /** Lets the slave side be opened: unlockpt(3). */
    public synchronized void setLocked(boolean locked) {
        this.locked = locked;
    }

    synchronized boolean isLocked() {
        return locked;
    }

    /** Closes the master side: the slaves are hung up, and the session's leader gets SIGHUP. */
    public void closeMaster() {
        synchronized (this) {
            if (masterClosed) {
                return;
            }
            masterClosed = true;
        }
        terminals.remove(this);
        hangUp();
    }

    /** Ends the use of the terminal by all who have it open: SIGHUP and SIGCONT to the session's leader. */
    void hangUp() {
        synchronized (this) {
            hangUps++;
            discipline.discardInput();
            discipline.setStopped(false);
        }
        var session = jobs.session();
        jobs.detach();
        if (session != null) {
            session.signalLeader(SIGHUP);
            session.signalLeader(SIGCONT);
        }
        slaveWaiters.wake(READABLE | WRITABLE | POLLHUP | POLLERR);
        masterWaiters.wake(READABLE | WRITABLE);
    }

    /**
     * The kernel tells that the leader of a session whose controlling terminal this is has ended: the foreground gets
     * SIGHUP, and nobody of the session can use the terminal any more. Called without locks of the kernel.
     */
    public void sessionLeaderExited(TerminalSession session) {
        if (jobs.session() != session) {
            return;
        }
        var foreground = jobs.detach();
        synchronized (this) {
            hangUps++;
            discipline.discardInput();
            discipline.setStopped(false);
        }
        if (foreground != null) {
            foreground.signal(SIGHUP);
        }
        slaveWaiters.wake(READABLE | WRITABLE | POLLHUP | POLLERR);
        masterWaiters.wake(READABLE | WRITABLE);
    }

    synchronized int masterReadiness() {
        int events = 0;
        if (output.queued() > 0 || packets && packetStatus != 0) {
            events |= READABLE;
        }
        if (packets && packetStatus != 0) {
            events |= POLLPRI;
        }
        if (discipline.room() > 0) {
            events |= WRITABLE;
        }
        if (slaveWasOpen && slaves == 0) {
            events |= POLLHUP;
        }
        return events;
    }

    /** read(2) of the master side. */
    long readMaster(GuestBuffer destination) throws ErrnoException {
        if (destination.remaining() == 0) {
            return 0;
        }
        byte[] chunk = new byte[(int) Math.min(destination.remaining(), CHUNK_BYTES)];
        int taken;
        synchronized (this) {
            int header = 0;
            if (packets) {
                chunk[0] = (byte) packetStatus;
                header = 1;
            }
            boolean statusOnly = packets && packetStatus != 0;
            taken = statusOnly ? 0 : output.take(chunk, header, chunk.length - header);
            if (taken == 0 && !statusOnly) {
                if (slaveWasOpen && slaves == 0) {
                    throw ErrnoException.of(Errno.EIO);
                }
                return OpenFile.WOULD_BLOCK;
            }
            try {
                int copied = destination.copyOut(chunk, 0, taken + header);
                output.putBack(taken + header - Math.max(copied, header));
                taken = copied;
            } catch (ErrnoException e) {
                output.putBack(taken);
                throw e;
            }
            packetStatus = 0;
        }
        slaveWaiters.wake(WRITABLE);
        return taken;
    }

    /** write(2) of the master side. */
    long writeMaster(GuestBuffer source) throws ErrnoException {
        byte[] chunk = new byte[(int) Math.min(source.remaining(), CHUNK_BYTES)];
        long done = 0;
        while (source.remaining() > 0) {
            int copied = source.copyIn(chunk, 0, (int) Math.min(source.remaining(), chunk.length));
            int fed = feed(chunk, 0, copied);
            source.rewind(copied - fed);
            done += fed;
            if (fed < copied) {
                break;
            }
        }
        return done == 0 && source.remaining() > 0 ? OpenFile.WOULD_BLOCK : done;
    }

    /** TIOCPKT: whether what the master reads begins with a byte of status. */
    synchronized void setPackets(boolean packets) {
        this.packets = packets;
        packetStatus = 0;
    }

    private void notePacket(int answer) {
        if (!packets) {
            return;
        }
        if ((answer & LineDiscipline.FLUSHED) != 0) {
            packetStatus |= TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE;
        }
        if ((answer & LineDiscipline.STOPPED) != 0) {
            packetStatus = packetStatus & ~TIOCPKT_START | TIOCPKT_STOP;
        }
        if ((answer & LineDiscipline.STARTED) != 0) {
            packetStatus = packetStatus & ~TIOCPKT_STOP | TIOCPKT_START;
        }
    }

    // ---- The slave side

    /**
     * A slave file is opened.
     *
     * @return the count of hang-ups so far: with one more the file is dead
     * @throws ErrnoException EIO if the master is closed or the terminal locked, EBUSY if another has exclusive use
     */
    int openSlave(boolean privileged) throws ErrnoException {
        synchronized (this) {
            if (masterClosed || locked) {
                throw ErrnoException.of(Errno.EIO);
            }
            if (exclusive && !privileged) {
                throw ErrnoException.of(Errno.EBUSY);
            }
            slaves++;
            slaveWasOpen = true;
            return hangUps;
        }
    }

    void closeSlave() {
        synchronized (this) {
            slaves--;
            if (slaves == 0) {
                exclusive = false;
            }
        }
        masterWaiters.wake(READABLE | POLLHUP);
    }

    boolean isHungUp(int hangUpsAtOpen) {
        return hangUps != hangUpsAtOpen;
    }

    /** TIOCEXCL, TIOCNXCL. */
    synchronized void setExclusive(boolean exclusive) {
        this.exclusive = exclusive;
    }

    synchronized boolean isExclusive() {
        return exclusive;
    }

    synchronized int slaveReadiness() {
        int events = 0;
        var modes = modes();
        if (discipline.canRead(modes.character(VTIME) == 0 ? modes.character(VMIN) : 1)) {
            events |= READABLE;
        }
        if (output.hasRoom() && !discipline.isStopped()) {
            events |= WRITABLE;
        }
        return events;
    }

    /** read(2) of the slave side. */
    long readSlave(GuestBuffer destination, boolean nonBlocking) throws ErrnoException {
        if (destination.remaining() == 0) {
            return 0;
        }
        byte[] chunk = new byte[(int) Math.min(destination.remaining(), LineDiscipline.BUFFER_BYTES)];
        int copied;
        synchronized (this) {
            var modes = modes();
            int minimum = modes.character(VMIN);
            int time = modes.character(VTIME);
            if (modes.hasLocal(ICANON)) {
                if (!discipline.canRead(1)) {
                    return OpenFile.WOULD_BLOCK;
                }
            } else {
                int available = discipline.available();
                int needed = nonBlocking ? 1 : Math.min(minimum, chunk.length);
                if (available == 0) {
                    return minimum == 0 && time == 0 ? 0 : OpenFile.WOULD_BLOCK;
                }
                boolean late = time > 0 && System.nanoTime() - discipline.lastInputNanos() >= nanos(time);
                if (available < needed && !late) {
                    return OpenFile.WOULD_BLOCK;
                }
            }
            int count = discipline.peek(chunk, 0, chunk.length);
            copied = count == 0 ? 0 : destination.copyOut(chunk, 0, count);
            discipline.consume(copied);
        }
        masterWaiters.wake(WRITABLE);
        return copied;
    }

    /** Until when a read waits; see VMIN and VTIME in termios(3). */
    synchronized long readDeadline(long startNanos) {
        var modes = modes();
        int time = modes.character(VTIME);
        if (modes.hasLocal(ICANON) || time == 0) {
            return Long.MAX_VALUE;
        }
        if (modes.character(VMIN) == 0) {
            return startNanos + nanos(time);
        }
        return discipline.available() == 0 ? Long.MAX_VALUE : discipline.lastInputNanos() + nanos(time);
    }

    /** VTIME counts tenths of a second. */
    private static long nanos(int tenths) {
        return tenths * 100_000_000L;
    }

    /** write(2) of the slave side. */
    long writeSlave(GuestBuffer source) throws ErrnoException {
        byte[] chunk = new byte[(int) Math.min(source.remaining(), CHUNK_BYTES)];
        long done = 0;
        synchronized (this) {
            while (source.remaining() > 0 && output.hasRoom() && !discipline.isStopped()) {
                int copied;
                try {
                    copied = source.copyIn(chunk, 0, (int) Math.min(source.remaining(), chunk.length));
                } catch (ErrnoException e) {
                    if (done == 0) {
                        throw e;
                    }
                    break;
                }
                int written = 0;
                while (written < copied && output.hasRoom()) {
                    output.write(modes(), chunk[written] & 0xff);
                    written++;
                }
                source.rewind(copied - written);
                done += written;
            }
        }
        if (done > 0) {
            masterWaiters.wake(READABLE);
        }
        return done == 0 && source.remaining() > 0 ? OpenFile.WOULD_BLOCK : done;
    }

    // ---- Both sides

    /** The modes, which both sides share. */
    public synchronized Termios modes() {
        return discipline.modes();
    }

    /** Sets the modes; {@code flush} throws away what was typed and not read, as TCSETSF does. */
    public void setModes(Termios modes, boolean flush) {
        synchronized (this) {
            if (flush) {
                discipline.discardInput();
            }
            discipline.setModes(modes);
        }
        slaveWaiters.wake(READABLE | WRITABLE);
        masterWaiters.wake(WRITABLE);
    }

    /** TCFLSH: throws away input that was not read, output that was not taken, or both. */
    void flush(boolean input, boolean outputToo) {
        synchronized (this) {
            if (input) {
                discipline.discardInput();
                packetStatus |= packets ? TIOCPKT_FLUSHREAD : 0;
            }
            if (outputToo) {
                output.discard();
                packetStatus |= packets ? TIOCPKT_FLUSHWRITE : 0;
            }
        }
        slaveWaiters.wake(WRITABLE);
        masterWaiters.wake(WRITABLE | (packets ? READABLE : 0));
    }

    /** TCXONC: stops or starts the output. */
    void setStopped(boolean stopped) {
        synchronized (this) {
            discipline.setStopped(stopped);
            notePacket(stopped ? LineDiscipline.STOPPED : LineDiscipline.STARTED);
        }
        slaveWaiters.wake(stopped ? 0 : WRITABLE);
    }

    /** TCXONC: asks the other side to stop or start, by its STOP or START character. */
    void sendFlowCharacter(int place) {
        synchronized (this) {
            output.echoRaw(modes().character(place));
        }
        masterWaiters.wake(READABLE);
    }

    /** FIONREAD of the slave side. */
    synchronized int available() {
        return discipline.available();
    }

    /** TIOCOUTQ of the slave side, FIONREAD of the master side. */
    synchronized int queuedOutput() {
        return output.queued();
    }
}
