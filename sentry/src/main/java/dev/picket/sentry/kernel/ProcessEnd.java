package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Signal;
import dev.picket.sentry.kernel.signal.SignalInfo;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The end of tasks and processes, as far as others see it: zombies, orphans, notices. */
final class ProcessEnd {
    private ProcessEnd() {}

    /**
     * Takes a task out of its process: it gets no signals any more.
     *
     * @return whether it was the last one
     */
    static boolean leaveGroup(Task task, int waitStatus) {
        var group = task.group();
        var signals = group.signals();
        synchronized (task.kernel().tree()) {
            synchronized (signals) {
                group.tasks().remove(task);
                signals.retarget(task, ~task.signals().mask());
                task.signals().pending().discard(-1L);
                signals.taskLeft();
                if (!group.tasks().isEmpty()) {
                    return false;
                }
                group.setWaitStatus(signals.exitStatusOr(waitStatus));
                signals.pending().discard(-1L);
                return true;
            }
        }
    }

    /** Tells all who wait for the task's end, and for the process's if this was the last task to get here. */
    static void finish(Task task, int waitStatus) {
        var kernel = task.kernel();
        var group = task.group();
        boolean ended;
        synchronized (kernel.tree()) {
            task.setEnded(group.signals().exitStatusOr(waitStatus));
            group.addEnded(task);
            task.tracing().releaseTracees();
            task.setNamespaces(kernel.namespaces());
            // A process is over only when all its tasks have let go of their files, whichever of them finishes last.
            ended = group.taskFinished();
            if (task != group.leader() && !leaveToTracer(task)) {
                kernel.processes().remove(task);
            }
            signalChildrenOf(task);
            if (ended) {
                orphan(group);
            }
        }
        if (ended) {
            end(group);
        }
    }

    private static void end(ThreadGroup group) {
        var kernel = group.kernel();
        hangUpTerminal(group);
        synchronized (kernel.tree()) {
            hangUpIfOrphanedWithout(group);
            group.setLife(ThreadGroup.Life.ZOMBIE);
            if (group.leader().tracing().isReparented()) {
                tellTracer(group);
            } else {
                tellParent(group);
            }
        }
        group.exitEvents().wake(1);
        if (group == kernel.init()) {
            kernel.killAll();
        }
        if (group.exitListener() != null) {
            group.exitListener().exited(group, group.waitStatus());
        }
    }

    /** Tells the parent, and forgets the process if that does not want to know. With the tree lock. */
    private static void tellParent(ThreadGroup group) {
        var parent = group.parent();
        if (parent == null || !tell(parent, group)) {
            reap(group);
        }
        if (parent != null) {
            parent.childEvents().wake(ParentNotice.EVENT);
        }
    }

    /** The tracer, which is not the parent, hears first; the parent when the tracer has let go. With the tree lock. */
    private static void tellTracer(ThreadGroup group) {
        var tracer = group.leader().tracing().tracer().group();
        if (!tell(tracer, group, Signal.SIGCHLD)) {
            reap(group);
        }
        tracer.childEvents().wake(ParentNotice.EVENT);
    }

    /** A thread that is traced stays a zombie until its tracer has seen that; false if none wants to. With the tree lock. */
    private static boolean leaveToTracer(Task task) {
        var tracer = task.tracing().tracer();
        if (tracer == null) {
            return false;
        }
        var group = tracer.group();
        var action = group.signals().actions().get(Signal.SIGCHLD);
        boolean wanted = !action.isIgnored() && !action.has(Signal.SA_NOCLDWAIT);
        if (!action.isIgnored()) {
            group.signals().send(ParentNotice.exitInfo(task));
        }
        if (!wanted) {
            task.tracing().unlink(0);
        }
        group.childEvents().wake(ParentNotice.EVENT);
        return wanted;
    }

    /** The tracer of a task has let go of it: if the task has ended already, the next one is told. With the tree lock. */
    static void traceEnded(Task task) {
        var group = task.group();
        if (task != group.leader()) {
            if (task.hasEnded()) {
                task.kernel().processes().remove(task);
            }
        } else if (group.life() == ThreadGroup.Life.ZOMBIE) {
            tellParent(group);
        }
    }

    /** Sends the exit signal; false if the parent does not want to know and no zombie is left. With the tree lock. */
    private static boolean tell(ThreadGroup parent, ThreadGroup child) {
        return tell(parent, child, child.exitSignal());
    }

    private static boolean tell(ThreadGroup parent, ThreadGroup child, int signal) {
        boolean wanted = true;
        boolean send = signal != 0;
        if (signal == Signal.SIGCHLD) {
            var action = parent.signals().actions().get(Signal.SIGCHLD);
            // SIG_IGN and SA_NOCLDWAIT both leave no zombie; only SIG_IGN also keeps the signal away.
            wanted = !action.isIgnored() && !action.has(Signal.SA_NOCLDWAIT);
            send = !action.isIgnored();
        }
        if (send) {
            int status = child.waitStatus();
            parent.signals()
                    .send(ParentNotice.info(
                            child, signal, ParentNotice.exitCode(status), ParentNotice.exitStatus(status)));
        }
        return wanted;
    }

    /** Forgets a process that nobody will ask for any more. With the tree lock. */
    static void reap(ThreadGroup group) {
        group.setLife(ThreadGroup.Life.GONE);
        group.leader().tracing().unlink(0);
        var parent = group.parent();
        if (parent != null) {
            parent.children().remove(group);
        }
        group.kernel().processes().remove(group);
    }

    /** PR_SET_PDEATHSIG: children of this very task get the signal they asked for. With the tree lock. */
    private static void signalChildrenOf(Task task) {
        for (var child : task.group().children()) {
            if (child.parentTask() != task) {
                continue;
            }
            for (var other : child.tasks()) {
                int signal = other.words().parentDeathSignal();
                if (signal != 0) {
                    other.send(SignalInfo.ofUser(
                            signal, 0, task.group().id(), task.credentials().realUser()));
                }
            }
            var heir =
                    task.group().tasks().isEmpty() ? null : task.group().tasks().get(0);
            child.setParent(task.group(), heir);
        }
    }

    /** Gives the children of a process that ends to a subreaper or the first process. With the tree lock. */
    private static void orphan(ThreadGroup group) {
        var kernel = group.kernel();
        var heir = heir(group);
        Set<ProcessGroup> loosened = new LinkedHashSet<>();
        for (var child : List.copyOf(group.children())) {
            group.children().remove(child);
            if (connects(group, child)) {
                loosened.add(child.processGroup());
            }
            if (heir == null) {
                child.setParent(null, null);
                if (child.life() == ThreadGroup.Life.ZOMBIE) {
                    reap(child);
                }
                continue;
            }
            child.setParent(heir, heir.leader());
            child.setExitSignal(Signal.SIGCHLD);
            heir.children().add(child);
            if (child.life() == ThreadGroup.Life.ZOMBIE) {
                if (!tell(heir, child)) {
                    reap(child);
                }
                heir.childEvents().wake(ParentNotice.EVENT);
            }
        }
        for (var candidate : loosened) {
            if (candidate.isOrphaned()) {
                hangUp(candidate);
            }
        }
    }

    private static ThreadGroup heir(ThreadGroup group) {
        for (var ancestor = group.parent(); ancestor != null; ancestor = ancestor.parent()) {
            if (ancestor.isChildSubreaper() && !ancestor.tasks().isEmpty()) {
                return ancestor;
            }
        }
        var init = group.kernel().init();
        return init == group || init == null || init.tasks().isEmpty() ? null : init;
    }

    /** The end of a session's leader takes its terminal away. Called without locks. */
    private static void hangUpTerminal(ThreadGroup group) {
        var session = group.processGroup().session();
        var terminal = session.controllingTerminal();
        if (session.id() == group.id() && terminal != null) {
            terminal.sessionLeaderExited(session);
        }
    }

    /** The end of {@code group} may orphan its own process group, whose parent it connected to. With the tree lock. */
    private static void hangUpIfOrphanedWithout(ThreadGroup group) {
        var parent = group.parent();
        if (parent != null && connects(parent, group) && group.processGroup().isOrphanedWithout(group)) {
            hangUp(group.processGroup());
        }
    }

    private static boolean connects(ThreadGroup parent, ThreadGroup child) {
        var group = child.processGroup();
        return parent.processGroup() != group && parent.processGroup().session() == group.session();
    }

    /** A process group that became orphaned while members are stopped: nobody could continue it; see setpgid(2). */
    private static void hangUp(ProcessGroup orphaned) {
        if (!orphaned.hasStopped()) {
            return;
        }
        for (var member : orphaned.members()) {
            member.signals().send(SignalInfo.ofKernel(Signal.SIGHUP));
            member.signals().send(SignalInfo.ofKernel(Signal.SIGCONT));
        }
    }
}
