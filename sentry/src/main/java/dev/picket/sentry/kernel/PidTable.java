package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who has which id: tasks, processes, process groups, sessions. Changes are guarded by the kernel's tree lock; any thread
 * may look.
 */
public final class PidTable {
    /** Ids are below this: kernel.pid_max of proc(5). */
    public static final int PID_MAX = 1 << 22;

    /** After ids have run out once, the low ones are left to long-lived processes; as in Linux. */
    private static final int RESERVED = 300;

    private final Map<Integer, Task> tasks = new ConcurrentHashMap<>();
    private final Map<Integer, ThreadGroup> processes = new ConcurrentHashMap<>();
    private final Map<Integer, ProcessGroup> processGroups = new ConcurrentHashMap<>();
    private final Map<Integer, Session> sessions = new ConcurrentHashMap<>();
    private int last;

    /** The task with this id, or null; a leader that has ended is found until its process is gone. */
    public Task task(int id) {
        return tasks.get(id);
    }

    /** The process with this id, zombies included, or null. */
    public ThreadGroup process(int id) {
        return processes.get(id);
    }

    public ProcessGroup processGroup(int id) {
        return processGroups.get(id);
    }

    public Session session(int id) {
        return sessions.get(id);
    }

    /** All processes, zombies included, by id. A snapshot. */
    public List<ThreadGroup> all() {
        List<ThreadGroup> all = new ArrayList<>(processes.values());
        all.sort((a, b) -> Integer.compare(a.id(), b.id()));
        return all;
    }

    /** How many tasks there are, zombies included. */
    public int taskCount() {
        return tasks.size();
    }

    /** The id given last: for /proc/loadavg. */
    public int lastId() {
        return last;
    }

    /** Finds a free id. With the tree lock. */
    int allocate() throws ErrnoException {
        for (int tries = 0; tries < PID_MAX; tries++) {
            last = last + 1 < PID_MAX ? last + 1 : RESERVED;
            if (!tasks.containsKey(last)
                    && !processes.containsKey(last)
                    && !processGroups.containsKey(last)
                    && !sessions.containsKey(last)) {
                return last;
            }
        }
        throw ErrnoException.of(Errno.EAGAIN);
    }

    void put(Task task) {
        tasks.put(task.id(), task);
    }

    void put(ThreadGroup process) {
        processes.put(process.id(), process);
    }

    void put(ProcessGroup group) {
        processGroups.put(group.id(), group);
    }

    void put(Session session) {
        sessions.put(session.id(), session);
    }

    void remove(Task task) {
        tasks.remove(task.id(), task);
    }

    /** Forgets a process, and its process group and session if it was the last of them. With the tree lock. */
    void remove(ThreadGroup process) {
        processes.remove(process.id(), process);
        if (process.leader() != null) {
            tasks.remove(process.id(), process.leader());
        }
        leaveProcessGroup(process);
    }

    /** Moves a process to another process group. With the tree lock. */
    void move(ThreadGroup process, ProcessGroup group) {
        var old = process.processGroup();
        if (old == group) {
            return;
        }
        group.memberSet().add(process);
        leaveProcessGroup(process);
        process.setProcessGroup(group);
    }

    private void leaveProcessGroup(ThreadGroup process) {
        var group = process.processGroup();
        group.memberSet().remove(process);
        if (!group.memberSet().isEmpty()) {
            return;
        }
        processGroups.remove(group.id(), group);
        var session = group.session();
        if (processGroups.values().stream().noneMatch(other -> other.session() == session)) {
            sessions.remove(session.id(), session);
        }
    }
}
