package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Signal.*;

import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.kernel.signal.PendingSignals;
import dev.picket.sentry.kernel.signal.SignalAction;
import dev.picket.sentry.kernel.signal.SignalActions;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalSet;
import dev.picket.sentry.wait.WaitQueue;

/**
 * Signals of a process: what is pending for any of its tasks, what is done with signals, stopping and continuing, and the
 * beginning of its end. Its monitor is the process's signal lock; any thread may call.
 */
public final class GroupSignals {
    /** Bit of EPOLLIN, with which {@link #arrivals} is woken. */
    private static final int POLLIN = 1;

    private final ThreadGroup group;
    private final PendingSignals pending;
    private final WaitQueue arrivals = new WaitQueue();
    private volatile SignalActions actions;

    /** Signals from inside whose action is the default do nothing to the first process; SIGNAL_UNKILLABLE of Linux. */
    private boolean unkillable;

    private boolean exiting;
    private int exitStatus;

    /** The one task that execve(2) leaves over, while it waits for the others to end; null otherwise. */
    private Task executing;

    /** Signal that stops the process, from the first task that stops to SIGCONT; 0 otherwise. */
    private int stopSignal;

    private int resumeCount;
    private boolean stopped;
    private boolean stopUnreported;
    private boolean continueUnreported;

    /** CLD_STOPPED or CLD_CONTINUED while the parent is still to be told; 0 otherwise. */
    private int notification;

    /** What a new process begins with. */
    record Seed(SignalActions actions, boolean unkillable) {}

    GroupSignals(ThreadGroup group, Seed seed) {
        this.group = group;
        this.actions = seed.actions();
        this.unkillable = seed.unkillable();
        this.pending = new PendingSignals(group.kernel().queuedSignals());
    }

    /** What is done with each signal. */
    public SignalActions actions() {
        return actions;
    }

    void setActions(SignalActions actions) {
        this.actions = actions;
    }

    /** Signals that wait for any task of the process; with the signal lock. */
    PendingSignals pending() {
        return pending;
    }

    /** The signals pending for the process: ShdPnd of /proc/PID/status. */
    public synchronized long pendingSet() {
        return pending.set();
    }

    /** Woken with POLLIN whenever a signal arrives: for signalfd(2). */
    public WaitQueue arrivals() {
        return arrivals;
    }

    // ---- Sending

    /** Sends a signal to the process, without asking who may; false if it is a real-time signal and the queue is full. */
    public boolean send(SignalInfo info) {
        return send(null, info, false);
    }

    /** Sends a signal from outside of the sandbox: even the first process obeys SIGKILL and SIGSTOP then. */
    public boolean sendFromOutside(SignalInfo info) {
        return send(null, info, true);
    }

    /** Sends a signal to {@code target}, or to any task of the process if that is null. */
    boolean send(Task target, SignalInfo info, boolean fromOutside) {
        int signal = info.signal();
        synchronized (this) {
            prepare(signal);
            if (group.tasks().isEmpty() || ignores(target, signal, fromOutside)) {
                return true;
            }
            var queue = target == null ? pending : target.signals().pending();
            if (!queue.add(info, group.limits().bound(Resource.RLIMIT_SIGPENDING))) {
                return false;
            }
            choose(target, signal);
        }
        arrivals.wake(POLLIN);
        return true;
    }

    /** Sends a signal to {@code task} that it can neither block nor ignore, as for a fault. */
    void force(Task task, SignalInfo info) {
        int signal = info.signal();
        synchronized (this) {
            var action = actions.get(signal);
            boolean blocked = SignalSet.contains(task.signals().mask(), signal);
            if (blocked || action.isIgnored()) {
                actions.set(signal, SignalAction.DEFAULT);
                task.signals().unblockForced(signal);
            }
            if (actions.get(signal).isDefault()) {
                unkillable = false;
            }
            task.signals().pending().add(info, Long.MAX_VALUE);
            task.signals().poke();
        }
    }

    /** Adds the signal of a POSIX timer, unless one of the same timer is queued still. */
    void sendTimer(Task target, SignalInfo info) {
        synchronized (this) {
            var queue = target == null ? pending : target.signals().pending();
            if (queue.hasTimer(info.signal(), info.timer())) {
                return;
            }
        }
        send(target, info, false);
    }

    /** A stop signal takes back SIGCONT, and SIGCONT takes back stop signals and continues the process; see signal(7). */
    private void prepare(int signal) {
        if (SignalSet.contains(SignalSet.STOP, signal)) {
            discard(SignalSet.of(SIGCONT));
        } else if (signal == SIGCONT) {
            discard(SignalSet.STOP);
            resume();
        }
    }

    private void discard(long signals) {
        pending.discard(signals);
        for (var task : group.tasks()) {
            task.signals().pending().discard(signals);
        }
    }

    private boolean ignores(Task target, int signal, boolean fromOutside) {
        var task = target != null ? target : group.tasks().get(0);
        if (task.tracing().isTraced() && signal != SIGKILL) {
            return false; // the tracer sees even what is ignored
        }
        if (task.signals().blocksOrAwaits(signal)) {
            return false; // what is blocked is kept: its action may change until it is unblocked
        }
        boolean kernelOnly = signal == SIGKILL || signal == SIGSTOP;
        if (unkillable && actions.get(signal).isDefault() && !(fromOutside && kernelOnly)) {
            return true;
        }
        return actions.ignores(signal);
    }

    /** Draws the attention of a task that can take {@code signal}, or ends the process at once if that is its effect. */
    private void choose(Task target, int signal) {
        Task chosen = null;
        if (target != null) {
            chosen = target.signals().wants(signal) ? target : null;
        } else {
            for (var task : group.tasks()) {
                if (task.signals().wants(signal)) {
                    chosen = task;
                    break;
                }
            }
        }
        if (chosen == null) {
            return;
        }
        boolean shown = chosen.tracing().isTraced() && signal != SIGKILL;
        if (isFatal(signal) && !shown && !chosen.signals().awaits(signal)) {
            beginExit(signal);
            return;
        }
        chosen.signals().poke();
    }

    /** Whether the default of {@code signal} ends the process, and nothing can change that any more. */
    private boolean isFatal(int signal) {
        if (signal == SIGKILL) {
            return true;
        }
        return !unkillable && actions.get(signal).isDefault() && endsByDefault(signal);
    }

    static boolean endsByDefault(int signal) {
        return !SignalSet.contains(SignalSet.IGNORED | SignalSet.STOP, signal);
    }

    /** Makes other tasks look at signals that {@code task} would have handled: it blocks them now, or ends. */
    void retarget(Task task, long signals) {
        long open = pending.set() & signals;
        for (var other : group.tasks()) {
            if (open != 0 && other != task && (open & ~other.signals().mask()) != 0) {
                other.signals().poke();
            }
        }
    }

    /** Makes every task look around before it runs guest code again. */
    synchronized void drawAttention() {
        for (var task : group.tasks()) {
            task.signals().drawAttention();
        }
    }

    /** Whether a signal may have an effect on the first process: with the signal lock. */
    boolean isUnkillable() {
        return unkillable;
    }

    /** Sets an action, as sigaction(2) does: what is ignored from now on is not pending any more. */
    public SignalAction setAction(int signal, SignalAction action) {
        synchronized (this) {
            var old = actions.set(signal, action);
            if (actions.ignores(signal)) {
                discard(SignalSet.of(signal));
                for (var task : group.tasks()) {
                    task.signals().recalculate();
                }
            }
            return old;
        }
    }

    // ---- Ending

    /** Ends all tasks with a wait status. The first status counts. */
    synchronized void beginExit(int waitStatus) {
        if (exiting) {
            if (waitStatus == SIGKILL) {
                for (var task : group.tasks()) {
                    task.tracing().releaseExitStop();
                }
            }
            return;
        }
        exiting = true;
        exitStatus = waitStatus;
        for (var task : group.tasks()) {
            task.signals().poke();
        }
    }

    synchronized boolean isExiting() {
        return exiting;
    }

    /** The status that {@link #beginExit} set, or else {@code own}. */
    synchronized int exitStatusOr(int own) {
        return exiting ? exitStatus : own;
    }

    /** Whether {@code task} is to end: because of {@link #beginExit}, or because another one does execve(2). */
    synchronized boolean isDoomed(Task task) {
        return exiting || executing != null && executing != task;
    }

    /**
     * Lets {@code task} be the only one of the process, for execve(2): the others begin to end.
     *
     * @return false if the process is ending, or another task does the same: {@code task} is doomed itself then
     */
    synchronized boolean beginExecute(Task task) {
        if (exiting || executing != null) {
            return false;
        }
        executing = task;
        for (var other : group.tasks()) {
            if (other != task) {
                other.signals().poke();
            }
        }
        return true;
    }

    synchronized void endExecute() {
        executing = null;
    }

    /** A task has let go of everything: execve(2), which waits for that, looks again. */
    synchronized void taskFinished() {
        if (executing != null) {
            executing.unblock();
        }
    }

    /** A task has left the process's list: those that are left may all stand still. With the signal lock. */
    void taskLeft() {
        if (stopSignal != 0 && !stopped && !group.tasks().isEmpty() && allStopped()) {
            becomeStopped();
        }
    }

    // ---- Stopping and continuing

    /** Begins to stop all tasks, because {@code dequeuer} has met a stop signal. With the signal lock. */
    void beginStop(Task dequeuer, int signal) {
        if (exiting) {
            return;
        }
        if (stopSignal != 0) {
            if (dequeuer.tracing().isTraced()) {
                dequeuer.tracing().requestTrap(); // its tracer had let it run though the process is stopped
            }
            return;
        }
        stopSignal = signal;
        for (var task : group.tasks()) {
            task.signals().requestStop();
            if (task != dequeuer) {
                task.tracing().requestNotice();
            }
        }
    }

    /** A task stands still. With the signal lock. */
    void taskStopped() {
        if (stopSignal != 0 && !stopped && allStopped()) {
            becomeStopped();
        }
    }

    /** Whether all have stood still since the stop began: a tracer may have let some run on since. */
    private boolean allStopped() {
        for (var task : group.tasks()) {
            if (task.signals().isStopRequested()) {
                return false;
            }
        }
        return true;
    }

    /** Whether the process is stopped, or about to be. With the signal lock. */
    boolean isStopping() {
        return stopSignal != 0;
    }

    private void becomeStopped() {
        stopped = true;
        stopUnreported = true;
        continueUnreported = false;
        notification = SignalCode.CLD_STOPPED;
    }

    /** How often SIGCONT has come: whoever is about to stop the process sees that it may not. With the signal lock. */
    int resumeCount() {
        return resumeCount;
    }

    private void resume() {
        resumeCount++;
        for (var task : group.tasks()) {
            task.tracing().requestNotice();
        }
        if (stopSignal == 0) {
            return;
        }
        notification = stopped ? SignalCode.CLD_CONTINUED : 0;
        continueUnreported = stopped;
        stopSignal = 0;
        stopped = false;
        stopUnreported = false;
        for (var task : group.tasks()) {
            task.signals().endStop();
        }
    }

    /** Whether all tasks stand still because of a signal. */
    public synchronized boolean isStopped() {
        return stopped;
    }

    /** The stop that wait4(2) has not seen yet, as a signal; 0 if there is none. {@code take}: it has seen it now. */
    synchronized int unreportedStop(boolean take) {
        if (!stopped || !stopUnreported) {
            return 0;
        }
        stopUnreported = !take;
        return stopSignal;
    }

    /** Whether the process was continued and wait4(2) has not seen it yet. {@code take}: it has seen it now. */
    synchronized boolean unreportedContinue(boolean take) {
        boolean result = continueUnreported;
        if (take) {
            continueUnreported = false;
        }
        return result;
    }

    /** What the parent is to be told, CLD_STOPPED or CLD_CONTINUED, or 0; the caller tells it. */
    synchronized int takeNotification() {
        int code = notification;
        notification = 0;
        return code;
    }

    /** Signal that stopped the process, for the SIGCHLD to its parent. */
    synchronized int stopSignal() {
        return stopSignal;
    }
}
