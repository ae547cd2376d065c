package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Wait.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.errno.ErrnoException;

/** Waits for a child to end, stop or continue: wait4(2), waitid(2). */
public final class ChildWait {
    private static final int STOPPED = 0x7f;
    private static final int CONTINUED = 0xffff;

    private final Task task;
    private final int idType;
    private final int id;
    private final int options;
    private Found found;
    private boolean hasCandidates;

    /**
     * What happened to a child.
     *
     * @param waitStatus as wait4(2) shows it
     * @param code si_code of waitid(2)
     * @param usage what the child and its children have used
     */
    public record Found(int id, int user, int waitStatus, int code, int status, Usage usage) {}

    private ChildWait(Task task, int idType, int id, int options) {
        this.task = task;
        this.idType = idType;
        this.id = id;
        this.options = options;
    }

    /**
     * Waits.
     *
     * @param idType P_ALL, P_PID or P_PGID
     * @param options of waitid(2): WEXITED, WSTOPPED, WCONTINUED, WNOHANG, WNOWAIT and the Linux ones
     * @return null if WNOHANG was given and nothing has happened
     * @throws ErrnoException ECHILD if there is no such child, ERESTARTSYS
     */
    public static Found await(Task task, int idType, int id, int options) throws ErrnoException {
        var wait = new ChildWait(task, idType, id, options);
        if (wait.look()) {
            return wait.found;
        }
        if ((options & WNOHANG) != 0) {
            return null;
        }
        task.block(task.group().childEvents(), ParentNotice.EVENT, Long.MAX_VALUE, wait::look);
        return wait.found;
    }

    private boolean look() throws ErrnoException {
        hasCandidates = false;
        synchronized (task.kernel().tree()) {
            for (var child : task.group().children()) {
                if (matches(child)) {
                    hasCandidates = true;
                    found = ask(child);
                    if (found != null) {
                        return true;
                    }
                }
            }
            for (var thread : task.group().tasks()) {
                if ((thread == task || (options & __WNOTHREAD) == 0) && lookAtTracees(thread)) {
                    return true;
                }
            }
        }
        if (!hasCandidates) {
            throw ErrnoException.of(Errno.ECHILD);
        }
        return false;
    }

    private boolean lookAtTracees(Task tracer) {
        for (var tracee : tracer.tracing().tracees()) {
            if (!isNamed(tracee.id(), tracee.group())) {
                continue;
            }
            hasCandidates = true;
            found = askTracee(tracee);
            if (found != null) {
                return true;
            }
        }
        return false;
    }

    private boolean isNamed(int childId, ThreadGroup child) {
        return switch (idType) {
            case P_PID -> childId == id;
            case P_PGID -> child.processGroup().id() == id;
            default -> true;
        };
    }

    private boolean matches(ThreadGroup child) {
        if (!isNamed(child.id(), child)) {
            return false;
        }
        if ((options & __WNOTHREAD) != 0 && child.parentTask() != task) {
            return false;
        }
        boolean clone = child.exitSignal() != Signal.SIGCHLD;
        return (options & __WALL) != 0 || clone == ((options & __WCLONE) != 0);
    }

    /** What a tracer sees of its tracee: stops, whatever the options say, and the end. */
    private Found askTracee(Task tracee) {
        boolean take = (options & WNOWAIT) == 0;
        var process = tracee.group();
        boolean isLeader = tracee == process.leader();
        boolean ended = isLeader ? process.life() == ThreadGroup.Life.ZOMBIE : tracee.hasEnded();
        if (ended) {
            if ((options & WEXITED) == 0) {
                return null;
            }
            if (!isLeader) {
                return endedThread(tracee, take);
            }
            return tracee.tracing().isReparented() ? endedForTracer(process, take) : ended(process, take);
        }
        int code = tracee.tracing().unreportedStop(take);
        if (code == 0) {
            boolean continued = isLeader
                    && !tracee.tracing().isReparented()
                    && (options & WCONTINUED) != 0
                    && process.signals().unreportedContinue(take);
            return continued ? found(process, CONTINUED, SignalCode.CLD_CONTINUED, Signal.SIGCONT) : null;
        }
        int user = tracee.credentials().realUser();
        return new Found(tracee.id(), user, code << 8 | STOPPED, SignalCode.CLD_TRAPPED, code, process.usage());
    }

    private static Found endedThread(Task tracee, boolean take) {
        int status = tracee.group().signals().exitStatusOr(tracee.waitStatus());
        if (take) {
            tracee.tracing().unlink(0);
            ProcessEnd.traceEnded(tracee);
        }
        var usage = new Usage();
        usage.add(tracee);
        return new Found(
                tracee.id(),
                tracee.credentials().realUser(),
                status,
                ParentNotice.exitCode(status),
                ParentNotice.exitStatus(status),
                usage);
    }

    /** The tracer takes the status, and then the parent's turn comes. */
    private static Found endedForTracer(ThreadGroup process, boolean take) {
        int status = process.waitStatus();
        var result = found(process, status, ParentNotice.exitCode(status), ParentNotice.exitStatus(status));
        if (take) {
            process.leader().tracing().unlink(0);
            ProcessEnd.traceEnded(process.leader());
        }
        return result;
    }

    private Found ask(ThreadGroup child) {
        boolean take = (options & WNOWAIT) == 0;
        var leader = child.leader();
        if (leader.tracing().isTraced()) {
            if (!leader.tracing().isReparented()) {
                return null; // its stops and its end come to us as the tracer
            }
            if (child.life() == ThreadGroup.Life.ZOMBIE) {
                return null; // its tracer first
            }
        }
        if (child.life() == ThreadGroup.Life.ZOMBIE) {
            return (options & WEXITED) == 0 ? null : ended(child, take);
        }
        if (child.life() == ThreadGroup.Life.GONE) {
            return null;
        }
        if ((options & WSTOPPED) != 0) {
            int signal = child.signals().unreportedStop(take);
            if (signal != 0) {
                return found(child, signal << 8 | STOPPED, SignalCode.CLD_STOPPED, signal);
            }
        }
        if ((options & WCONTINUED) != 0 && child.signals().unreportedContinue(take)) {
            return found(child, CONTINUED, SignalCode.CLD_CONTINUED, Signal.SIGCONT);
        }
        return null;
    }

    private Found ended(ThreadGroup child, boolean take) {
        int status = child.waitStatus();
        var result = found(child, status, ParentNotice.exitCode(status), ParentNotice.exitStatus(status));
        if (take) {
            task.group().addWaited(child);
            ProcessEnd.reap(child);
        }
        return result;
    }

    private static Found found(ThreadGroup child, int waitStatus, int code, int status) {
        var usage = child.usage();
        usage.add(child.childrenUsage());
        return new Found(child.id(), child.leader().credentials().realUser(), waitStatus, code, status, usage);
    }
}
