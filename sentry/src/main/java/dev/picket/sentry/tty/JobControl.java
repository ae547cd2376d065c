package dev.picket.sentry.tty;

import static dev.picket.platform.linux.Signal.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.vfs.Caller;

/**
 * Whose controlling terminal a terminal is, and which process group is in its foreground; drivers/tty/tty_jobctrl.c.
 *
 * <p>Guarded by the monitor of {@link Terminals}, because a change concerns a terminal and a session at once. Signals are
 * sent without it.
 */
final class JobControl {
    private final Object lock;
    private final Terminal terminal;
    private TerminalSession session;
    private JobGroup foreground;

    JobControl(Object lock, Terminal terminal) {
        this.lock = lock;
        this.terminal = terminal;
    }

    /** The foreground process group, or null. */
    JobGroup foreground() {
        synchronized (lock) {
            return foreground;
        }
    }

    /** The session whose controlling terminal this is, or null. */
    TerminalSession session() {
        synchronized (lock) {
            return session;
        }
    }

    /** Sends a signal to the foreground process group, if there is one. */
    void signalForeground(int signal) {
        var group = foreground();
        if (group != null) {
            group.signal(signal);
        }
    }

    /** Whether this is the controlling terminal of {@code caller}. */
    boolean controls(Caller caller) {
        return caller instanceof TerminalCaller task && task.session().controllingTerminal() == terminal;
    }

    /** open(2) without O_NOCTTY: a session leader without a controlling terminal gets this one, if it is nobody's. */
    void adoptAtOpen(Caller caller) {
        if (!(caller instanceof TerminalCaller task) || !task.isSessionLeader()) {
            return;
        }
        synchronized (lock) {
            if (task.session().controllingTerminal() == null && session == null) {
                attach(task);
            }
        }
    }

    /** TIOCSCTTY; {@code steal} takes it from another session, which takes CAP_SYS_ADMIN. */
    void adopt(Caller caller, boolean steal) throws ErrnoException {
        if (!(caller instanceof TerminalCaller task)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        synchronized (lock) {
            if (task.isSessionLeader() && session == task.session()) {
                return;
            }
            if (!task.isSessionLeader() || task.session().controllingTerminal() != null) {
                throw ErrnoException.of(Errno.EPERM);
            }
            if (session != null) {
                if (!steal || !task.credentials().has(Credentials.CAP_SYS_ADMIN)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                session.setControllingTerminal(null);
            }
            attach(task);
        }
    }

    private void attach(TerminalCaller leader) {
        session = leader.session();
        foreground = leader.processGroup();
        session.setControllingTerminal(terminal);
    }

    /** TIOCNOTTY: the session leader gives up the terminal, for the whole session. */
    void giveUp(Caller caller) throws ErrnoException {
        if (!controls(caller)) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        // Linux would let another process leave its session's terminal alone; here a session has one for all.
        if (!((TerminalCaller) caller).isSessionLeader()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        var abandoned = detach();
        if (abandoned != null) {
            abandoned.signal(SIGHUP);
            abandoned.signal(SIGCONT);
        }
    }

    /** Takes the terminal from its session; answers the foreground process group, or null. */
    JobGroup detach() {
        synchronized (lock) {
            var group = foreground;
            if (session != null && session.controllingTerminal() == terminal) {
                session.setControllingTerminal(null);
            }
            session = null;
            foreground = null;
            return group;
        }
    }

    /** TIOCGPGRP: the foreground process group's id, 0 if there is none. */
    int foregroundId(Caller caller, boolean fromMaster) throws ErrnoException {
        if (!fromMaster && !controls(caller)) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        var group = foreground();
        return group == null ? 0 : group.id();
    }

    /** TIOCGSID. */
    int sessionId(Caller caller, boolean fromMaster) throws ErrnoException {
        if (!fromMaster && !controls(caller)) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        var current = session();
        if (current == null) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        return current.id();
    }

    /** TIOCSPGRP: brings a process group of the caller's session to the foreground. */
    void setForeground(Caller caller, int id) throws ErrnoException {
        checkChange(caller, SIGTTOU);
        if (!controls(caller)) {
            throw ErrnoException.of(Errno.ENOTTY);
        }
        if (id < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var callersSession = ((TerminalCaller) caller).session();
        var group = callersSession.processGroup(id);
        if (group == null) {
            throw ErrnoException.of(callersSession.processGroupExists(id) ? Errno.EPERM : Errno.ESRCH);
        }
        synchronized (lock) {
            if (session != callersSession) {
                throw ErrnoException.of(Errno.ENOTTY);
            }
            foreground = group;
        }
    }

    /**
     * Stops a caller of the background that wants to read (SIGTTIN) or to change or write to (SIGTTOU) the terminal;
     * __tty_check_change() of drivers/tty/tty_jobctrl.c.
     *
     * @throws ErrnoException ERESTARTSYS after the signal was sent; EIO if it would not stop the caller
     */
    void checkChange(Caller caller, int signal) throws ErrnoException {
        if (!controls(caller)) {
            return;
        }
        var task = (TerminalCaller) caller;
        var group = task.processGroup();
        var front = foreground();
        if (front == null || group == front) {
            return;
        }
        if (task.ignoresOrBlocks(signal)) {
            if (signal == SIGTTIN) {
                throw ErrnoException.of(Errno.EIO);
            }
            return;
        }
        if (group.isOrphaned()) {
            throw ErrnoException.of(Errno.EIO);
        }
        group.signal(signal);
        throw InterruptedCallException.SYS;
    }
}
