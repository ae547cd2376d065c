package dev.picket.sentry.kernel;

import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.tty.Terminal;
import dev.picket.sentry.tty.TerminalSession;

/** A session; see setsid(2). */
public final class Session implements TerminalSession {
    private final Kernel kernel;
    private final int id;
    private volatile Terminal controllingTerminal;

    Session(Kernel kernel, int id) {
        this.kernel = kernel;
        this.id = id;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public Terminal controllingTerminal() {
        return controllingTerminal;
    }

    @Override
    public void setControllingTerminal(Terminal terminal) {
        controllingTerminal = terminal;
    }

    @Override
    public ProcessGroup processGroup(int id) {
        var group = kernel.processes().processGroup(id);
        return group != null && group.session() == this ? group : null;
    }

    @Override
    public boolean processGroupExists(int id) {
        return kernel.processes().processGroup(id) != null;
    }

    @Override
    public void signalLeader(int signal) {
        var leader = kernel.processes().process(id);
        if (leader != null && leader.processGroup().session() == this) {
            leader.signals().send(SignalInfo.ofKernel(signal));
        }
    }

    @Override
    public String toString() {
        return "session " + id;
    }
}
