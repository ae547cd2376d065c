package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;

/** Changes of process groups and sessions: setpgid(2), setsid(2). */
public final class ProcessGroups {
    private ProcessGroups() {}

    /** setpgid(2); ids of 0 were replaced already. */
    public static void move(Task task, int processId, int groupId) throws ErrnoException {
        var kernel = task.kernel();
        var own = task.group();
        synchronized (kernel.tree()) {
            var process = kernel.processes().process(processId);
            if (process == null || process != own && process.parent() != own) {
                throw ErrnoException.of(Errno.ESRCH);
            }
            var session = own.processGroup().session();
            if (process != own) {
                if (process.processGroup().session() != session) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                if (process.hasExecuted()) {
                    throw ErrnoException.of(Errno.EACCES);
                }
            }
            if (process.processGroup().session().id() == process.id()) {
                throw ErrnoException.of(Errno.EPERM); // a session's leader stays where it is
            }
            var target = kernel.processes().processGroup(groupId);
            if (target == null && groupId == processId) {
                target = new ProcessGroup(kernel, groupId, session);
                kernel.processes().put(target);
            }
            if (target == null || target.session() != session) {
                throw ErrnoException.of(Errno.EPERM);
            }
            kernel.processes().move(process, target);
        }
    }

    /** setsid(2). */
    public static int startSession(Task task) throws ErrnoException {
        var kernel = task.kernel();
        var own = task.group();
        synchronized (kernel.tree()) {
            int id = own.id();
            if (kernel.processes().processGroup(id) != null
                    || kernel.processes().session(id) != null) {
                throw ErrnoException.of(Errno.EPERM);
            }
            var session = new Session(kernel, id);
            var group = new ProcessGroup(kernel, id, session);
            kernel.processes().put(session);
            kernel.processes().put(group);
            kernel.processes().move(own, group);
            return id;
        }
    }
}
