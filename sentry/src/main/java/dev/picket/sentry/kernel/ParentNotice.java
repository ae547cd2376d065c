package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.kernel.signal.SignalInfo;

/** Tells a parent that its child has stopped, continued or ended; see SIGCHLD in sigaction(2) and waitid(2). */
final class ParentNotice {
    /** Clock ticks of si_utime and si_stime: 10 ms. */
    private static final long TICK_NANOS = 10_000_000L;

    /** Any of the events a parent waits for. */
    static final int EVENT = 1;

    private ParentNotice() {}

    /** Tells the parent of a stop or continuation that it has not been told of yet. Called without locks. */
    static void send(ThreadGroup child) {
        int code = child.signals().takeNotification();
        if (code == 0) {
            return;
        }
        var leader = child.leader();
        int status = code == SignalCode.CLD_STOPPED ? child.signals().stopSignal() : Signal.SIGCONT;
        synchronized (child.kernel().tree()) {
            var parent = child.parent();
            boolean traced = leader != null && leader.tracing().isTraced();
            if (traced && code == SignalCode.CLD_CONTINUED && leader.tracing().isReparented()) {
                sendToTracer(leader, leader.tracing().tracer(), code, status);
            }
            if (parent == null
                    || traced
                            && code == SignalCode.CLD_STOPPED
                            && !leader.tracing().isReparented()) {
                return; // the parent is the tracer, and sees the stops of tasks
            }
            var action = parent.signals().actions().get(Signal.SIGCHLD);
            if (!action.isIgnored() && !action.has(Signal.SA_NOCLDSTOP)) {
                parent.signals().send(info(child, Signal.SIGCHLD, code, status));
            }
            parent.childEvents().wake(EVENT);
        }
    }

    /** Tells a tracer that its tracee is in a stop. With the tree lock. */
    static void sendToTracer(Task tracee, Task tracer, boolean groupStop, int exitCode) {
        sendToTracer(tracee, tracer, groupStop ? SignalCode.CLD_STOPPED : SignalCode.CLD_TRAPPED, exitCode & 0x7f);
    }

    private static void sendToTracer(Task tracee, Task tracer, int code, int status) {
        var group = tracer.group();
        var action = group.signals().actions().get(Signal.SIGCHLD);
        if (!action.isIgnored() && !action.has(Signal.SA_NOCLDSTOP)) {
            group.signals()
                    .send(SignalInfo.ofChild(
                            Signal.SIGCHLD,
                            code,
                            tracee.id(),
                            tracee.credentials().realUser(),
                            status,
                            tracee.userNanos() / TICK_NANOS,
                            tracee.systemNanos() / TICK_NANOS));
        }
        group.childEvents().wake(EVENT);
    }

    /** What SIGCHLD, or another exit signal, says about a child. With the tree lock. */
    static SignalInfo info(ThreadGroup child, int signal, int code, int status) {
        var usage = child.usage();
        var leader = child.leader();
        int user = leader == null ? 0 : leader.credentials().realUser();
        return SignalInfo.ofChild(
                signal,
                code,
                child.id(),
                user,
                status,
                usage.userNanos() / TICK_NANOS,
                usage.systemNanos() / TICK_NANOS);
    }

    /** What SIGCHLD says to a tracer about a thread that has ended. */
    static SignalInfo exitInfo(Task task) {
        int status = task.waitStatus();
        return SignalInfo.ofChild(
                Signal.SIGCHLD,
                exitCode(status),
                task.id(),
                task.credentials().realUser(),
                exitStatus(status),
                task.userNanos() / TICK_NANOS,
                task.systemNanos() / TICK_NANOS);
    }

    /** The si_code for a wait status of a process that has ended. */
    static int exitCode(int waitStatus) {
        return (waitStatus & 0x7f) == 0 ? SignalCode.CLD_EXITED : SignalCode.CLD_KILLED;
    }

    /** The si_status for a wait status of a process that has ended. */
    static int exitStatus(int waitStatus) {
        return (waitStatus & 0x7f) == 0 ? waitStatus >> 8 & 0xff : waitStatus & 0x7f;
    }
}
