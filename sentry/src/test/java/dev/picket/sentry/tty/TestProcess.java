package dev.picket.sentry.tty;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A process in a session, as a terminal sees it, that notes the signals its group gets. */
final class TestProcess implements TerminalCaller {
    /** A session with its groups. */
    static final class TestSession implements TerminalSession {
        final int id;
        final Map<Integer, Group> groups = new HashMap<>();
        final List<Integer> leaderSignals = new ArrayList<>();
        Terminal terminal;

        TestSession(int id) {
            this.id = id;
        }

        TestProcess process(int group) {
            return new TestProcess(groups.computeIfAbsent(group, key -> new Group(key, this)));
        }

        @Override
        public int id() {
            return id;
        }

        @Override
        public Terminal controllingTerminal() {
            return terminal;
        }

        @Override
        public void setControllingTerminal(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public JobGroup processGroup(int wanted) {
            return groups.get(wanted);
        }

        @Override
        public boolean processGroupExists(int wanted) {
            return groups.containsKey(wanted) || wanted == 999;
        }

        @Override
        public void signalLeader(int signal) {
            leaderSignals.add(signal);
        }
    }

    /** A process group that notes its signals. */
    static final class Group implements JobGroup {
        final int id;
        final TestSession session;
        final List<Integer> signals = new ArrayList<>();
        boolean orphaned;

        Group(int id, TestSession session) {
            this.id = id;
            this.session = session;
        }

        @Override
        public int id() {
            return id;
        }

        @Override
        public TerminalSession session() {
            return session;
        }

        @Override
        public void signal(int signal) {
            signals.add(signal);
        }

        @Override
        public boolean isOrphaned() {
            return orphaned;
        }
    }

    final Group group;
    int ignored;

    private TestProcess(Group group) {
        this.group = group;
    }

    List<Integer> signals() {
        return group.signals;
    }

    @Override
    public TerminalSession session() {
        return group.session;
    }

    @Override
    public JobGroup processGroup() {
        return group;
    }

    @Override
    public boolean isSessionLeader() {
        return group.id == group.session.id;
    }

    @Override
    public boolean ignoresOrBlocks(int signal) {
        return signal == ignored;
    }

    @Override
    public Credentials credentials() {
        return Credentials.initial(1000, 1000, new int[0], 0);
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
}
