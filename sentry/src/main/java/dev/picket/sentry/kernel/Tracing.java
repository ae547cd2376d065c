package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.Ptrace.*;
import static dev.picket.platform.linux.Signal.*;

import dev.picket.platform.amd64.Registers;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.signal.SignalInfo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The part of a task that ptrace(2) is about: who traces it, in which stop it stands, how it runs on; and whom it traces.
 *
 * <p>Who traces whom changes with the tree lock and the tracee's signal lock held, and may be read with either, or by
 * anybody who can live with old news. The stop is guarded by the signal lock: whoever holds it while the task stands in a
 * stop may look at its registers and change them. The FPU is out of reach; see {@link #errand}.
 */
public final class Tracing {
    /** The task did not stop, since nobody traces it any more or it is to end. */
    static final int NO_STOP = -1;

    /** What the registers show as the result of a call that has not been made yet. */
    static final long PENDING_RESULT = -Errno.ENOSYS;

    private static final long FLAG_TF = 0x100;

    /** How a tracer lets its tracee go on. */
    public enum Mode {
        RUN,
        CALLS,
        EMULATE,
        STEP,
        EMULATE_STEP
    }

    private final Task task;

    private volatile Task tracer;
    private volatile boolean seized;
    private volatile int options;

    /** Whom this task traces. With the tree lock. */
    private final Set<Task> tracees = new LinkedHashSet<>();

    // The stop; with the signal lock.
    private volatile boolean stopped;
    private int code;
    private boolean unreported;
    private SignalInfo info;
    private long message;
    private int resumeSignal;
    private boolean listening;
    private boolean trapRequested;
    private boolean noticeRequested;
    private boolean attaching;
    private boolean released;
    private Runnable errand;

    private volatile Mode mode = Mode.RUN;

    // Of the task's own thread, and of the tracer while the task stands in a stop.
    private int callNumber = -1;
    private boolean trapFlagForced;
    private boolean exitStopDue;

    /** Whether a stop has shown the call, or that there is none, and the tracer may have changed that. */
    private boolean callShown;

    Tracing(Task task) {
        this.task = task;
    }

    private GroupSignals lock() {
        return task.group().signals();
    }

    // ---- Who traces whom

    /** The task that traces this one, or null. Any thread may ask. */
    public Task tracer() {
        return tracer;
    }

    /** Whether somebody traces this task. Any thread may ask. */
    public boolean isTraced() {
        return tracer != null;
    }

    boolean isSeized() {
        return seized;
    }

    /** Whether the tracer is of another process than the parent. With the tree lock. */
    boolean isReparented() {
        var who = tracer;
        return who != null && who.group() != task.group().parent();
    }

    /** The tasks that this one traces. With the tree lock. */
    List<Task> tracees() {
        return List.copyOf(tracees);
    }

    /** Whether an option of PTRACE_SETOPTIONS is set. */
    boolean has(int option) {
        return tracer != null && (options & option) != 0;
    }

    /** Makes {@code who} the tracer. With the tree lock and the signal lock. */
    void link(Task who, boolean seize, int wantedOptions) {
        tracer = who;
        seized = seize;
        options = wantedOptions;
        mode = Mode.RUN;
        who.tracing().tracees.add(task);
        task.recalculateWork();
    }

    /** Ends being traced; the task goes on, or back to a stop of its whole process. With the tree lock. */
    void unlink(int signal) {
        synchronized (lock()) {
            if (tracer == null) {
                return;
            }
            tracer.tracing().tracees.remove(task);
            tracer = null;
            seized = false;
            options = 0;
            mode = Mode.RUN;
            trapRequested = false;
            noticeRequested = false;
            attaching = false;
            task.recalculateWork();
            if (lock().isStopping() && !task.signals().isStopped()) {
                task.signals().requestStop();
            }
            letGo(signal);
            lock().notifyAll();
        }
    }

    /** The tracer ends: its tracees run on, or end too if it asked for that. With the tree lock. */
    void releaseTracees() {
        for (var tracee : tracees()) {
            var other = tracee.tracing();
            boolean kill = other.has(PTRACE_O_EXITKILL);
            int signal;
            synchronized (other.lock()) {
                signal = other.stopped && other.unreported ? other.code & 0x7f : 0;
            }
            other.unlink(signal);
            if (kill) {
                tracee.send(SignalInfo.ofKernel(SIGKILL));
            }
            ProcessEnd.traceEnded(tracee);
        }
    }

    /** The tracer's answer to PTRACE_SETOPTIONS. */
    public void setOptions(Task caller, int wanted) throws ErrnoException {
        inStop(caller, () -> {
            options = wanted;
            return 0;
        });
    }

    // ---- Stops, from the task's own thread

    /** Whether the task stands in a stop that its tracer ends. Any thread may ask. */
    public boolean isStopped() {
        return stopped;
    }

    /** Whether a stop is due that no signal asks for. With the signal lock. */
    boolean isTrapDue() {
        return tracer != null
                && (trapRequested || noticeRequested || task.signals().isStopRequested());
    }

    /** Asks for a stop; with the signal lock. */
    void requestTrap() {
        trapRequested = true;
    }

    /** Stops of the process begin or end: a seized task shows its tracer. With the signal lock. */
    void requestNotice() {
        if (!seized || tracer == null) {
            return;
        }
        noticeRequested = true;
        if (stopped && listening) {
            letGo(0);
        }
        task.signals().poke();
    }

    /** Stands in the stop of a signal that is about to be handled; answers the signal to handle, null for none. */
    SignalInfo signalStop(SignalInfo given) {
        int answer = stand(given.signal(), given, 0, Kind.SIGNAL);
        if (answer == NO_STOP) {
            return given;
        }
        if (answer == 0) {
            return null;
        }
        var shown = lastInfo;
        if (shown != null && shown.signal() == answer) {
            return shown;
        }
        var who = tracer;
        return SignalInfo.ofUser(
                answer,
                SignalCode.SI_USER,
                who == null ? 0 : who.group().id(),
                who == null ? 0 : who.credentials().realUser());
    }

    /** Stands in the stop of a group stop, PTRACE_INTERRUPT or PTRACE_ATTACH. */
    void trap() {
        stand(0, null, 0, Kind.TRAP);
    }

    /** Stands in the stop of an event, if the tracer asked for it; answers whether it did ask. */
    boolean event(int event, long eventMessage) {
        if (!has(1 << event)) {
            return false;
        }
        int shown = SIGTRAP | event << 8;
        var kind = event == PTRACE_EVENT_EXIT ? Kind.EXIT : Kind.OTHER;
        stand(shown, ofTrap(SIGTRAP, shown), eventMessage, kind);
        return true;
    }

    /** Stands in the stop before or after a call. */
    void callStop(boolean entry) {
        int shown = SIGTRAP | (has(PTRACE_O_TRACESYSGOOD) ? 0x80 : 0);
        long which = entry ? PTRACE_EVENTMSG_SYSCALL_ENTRY : PTRACE_EVENTMSG_SYSCALL_EXIT;
        int signal = stand(shown, ofTrap(SIGTRAP, shown), which, Kind.OTHER);
        if (signal > 0) {
            task.send(SignalInfo.ofUser(signal, SignalCode.SI_USER, task.group().id(), 0));
        }
    }

    /** Stands in the stop that shows a single step into a signal handler. */
    void stepStop() {
        stand(SIGTRAP, ofTrap(SIGTRAP, SIGTRAP), 0, Kind.OTHER);
    }

    private SignalInfo ofTrap(int signal, int shown) {
        return SignalInfo.ofUser(signal, shown, task.id(), task.credentials().realUser());
    }

    private enum Kind {
        SIGNAL,
        TRAP,
        EXIT,
        OTHER
    }

    /** What the last stop showed, as the tracer left it; of the task's own thread. */
    private SignalInfo lastInfo;

    /** Stands until the tracer lets the task go, and answers the signal that it gave; 0 for none. */
    private int stand(int shownCode, SignalInfo shownInfo, long shownMessage, Kind kind) {
        if (tracer == null) {
            return NO_STOP;
        }
        liftTrapFlag();
        showCall();
        var kernel = task.kernel();
        synchronized (kernel.tree()) {
            synchronized (lock()) {
                attaching = false;
                lock().notifyAll();
                if (tracer == null || mustGo(kind)) {
                    return NO_STOP;
                }
                code = shownCode;
                info = shownInfo;
                if (kind == Kind.TRAP && !beginTrap()) {
                    return NO_STOP;
                }
                stopped = true;
                unreported = true;
                message = shownMessage;
                resumeSignal = 0;
            }
            ParentNotice.sendToTracer(task, tracer, kind == Kind.TRAP, code);
        }
        ParentNotice.send(task.group());
        int signal = sleepInStop(kind);
        if (mode == Mode.STEP || mode == Mode.EMULATE_STEP) {
            forceTrapFlag();
        }
        return signal;
    }

    /** Finds out what a trap shows: do_jobctl_trap() of Linux. With the signal lock. */
    private boolean beginTrap() {
        var group = lock();
        int stopSignal = group.isStopping() ? group.stopSignal() : 0;
        boolean asked = trapRequested || noticeRequested;
        trapRequested = false;
        noticeRequested = false;
        task.signals().leaveStop();
        group.taskStopped();
        if (seized) {
            int signal = stopSignal != 0 ? stopSignal : SIGTRAP;
            code = signal | PTRACE_EVENT_STOP << 8;
            info = ofTrap(signal, code);
            return true;
        }
        code = stopSignal != 0 ? stopSignal : SIGSTOP;
        return stopSignal != 0 || asked;
    }

    private int sleepInStop(Kind kind) {
        while (true) {
            task.prepareToSleep();
            synchronized (lock()) {
                if (errand != null) {
                    errand.run();
                    errand = null;
                    lock().notifyAll();
                }
                if (stopped && mustGo(kind)) {
                    letGo(0);
                }
                if (!stopped) {
                    lastInfo = info;
                    info = null;
                    lock().notifyAll();
                    return resumeSignal;
                }
            }
            task.sleep();
        }
    }

    /** Whether a stop of this kind is no use: the task is to end. With the signal lock. */
    private boolean mustGo(Kind kind) {
        if (kind == Kind.EXIT) {
            return released || task.kernel().isDying();
        }
        return lock().isDoomed(task);
    }

    /** SIGKILL ends even the stop at the exit. With the signal lock. */
    void releaseExitStop() {
        released = stopped;
        task.unblock();
    }

    /** With the signal lock. */
    private void letGo(int signal) {
        if (stopped) {
            stopped = false;
            unreported = false;
            listening = false;
            resumeSignal = signal;
            task.unblock();
        }
    }

    // ---- Calls and steps, from the task's own thread

    /** Whether calls, or steps over calls, are to be shown. Any thread may ask. */
    boolean watchesCalls() {
        return tracer != null && mode != Mode.RUN;
    }

    Mode mode() {
        return mode;
    }

    /** The task makes a call: its number is what the registers show as orig_rax until {@link #endCall}. */
    void beginCall(int number) {
        callNumber = number;
        callShown = true;
    }

    /** The number of the call under way, as the tracer left it. */
    int callNumber() {
        return callNumber;
    }

    /** The call under way ends in another run state, and its stop is to come before signals are handled. */
    void owesExitStop() {
        exitStopDue = true;
        task.signals().drawAttention();
    }

    boolean takeExitStop() {
        boolean due = exitStopDue;
        exitStopDue = false;
        return due;
    }

    /** Puts into the registers what a tracer expects to find of a call that was interrupted. */
    private void showCall() {
        callShown = true;
        var signals = task.signals();
        if (signals.interruption() != null && callNumber < 0) {
            callNumber = signals.interruptedNumber();
            task.context().registers().rax(signals.interruptionCode());
        }
    }

    /** After a call, or a stop between calls: whether there is a call to restart is what the registers say now. */
    void settleInterruption() {
        if (!callShown) {
            return;
        }
        callShown = false;
        var signals = task.signals();
        if (callNumber < 0) {
            signals.clearInterruption();
        } else if (signals.interruption() != null || tracer() != null) {
            // Without either, a code of that kind is a result that a supervisor has made up: seccomp_unotify(2).
            signals.resumeInterruption(task.context().registers().rax(), callNumber);
        }
        callNumber = -1;
    }

    /** Clears the flag that makes the processor trap, if it was set for a tracer: nobody but the processor is to see it. */
    void liftTrapFlag() {
        if (trapFlagForced) {
            trapFlagForced = false;
            var registers = task.context().registers();
            registers.eflags(registers.eflags() & ~FLAG_TF);
        }
    }

    /** The registers are new ones: no flag in them is from a tracer. */
    void forgetTrapFlag() {
        trapFlagForced = false;
    }

    private void forceTrapFlag() {
        var registers = task.context().registers();
        if ((registers.eflags() & FLAG_TF) == 0) {
            registers.eflags(registers.eflags() | FLAG_TF);
            // A program that is about to load its flags sets or clears the flag itself.
            trapFlagForced = !StepOver.loadsFlags(task.memory(), registers.rip());
        }
    }

    /** Whether the program is run in single steps. */
    boolean isStepping() {
        return tracer != null && (mode == Mode.STEP || mode == Mode.EMULATE_STEP);
    }

    // ---- What the tracer does

    /** Something done to a task that stands in a stop. */
    @FunctionalInterface
    public interface InStop<T> {
        T look() throws ErrnoException;
    }

    /** Does something while the task stands in a stop of {@code caller}'s; ESRCH if it does not. Must not touch guest memory. */
    public <T> T inStop(Task caller, InStop<T> look) throws ErrnoException {
        synchronized (lock()) {
            if (tracer != caller || !stopped || listening) {
                throw ErrnoException.of(Errno.ESRCH);
            }
            return look.look();
        }
    }

    /** The registers; within {@link #inStop}. Those of segments are not to be changed. */
    public Registers registers() {
        return task.context().registers();
    }

    /** orig_rax: the number of the call that the task is in, or -1; within {@link #inStop}. */
    public long shownCall() {
        return callNumber;
    }

    public void setShownCall(long number) {
        callNumber = (int) number;
    }

    /** The siginfo_t of the stop, null if it has none; within {@link #inStop}. */
    public SignalInfo info() {
        return info;
    }

    public void setInfo(SignalInfo changed) {
        info = changed;
    }

    /** What PTRACE_GETEVENTMSG answers; within {@link #inStop}. */
    public long message() {
        return message;
    }

    /** Has the task itself do something that only it can; ESRCH if it does not stand in a stop, or leaves it meanwhile. */
    public void errand(Task caller, Runnable work) throws ErrnoException {
        inStop(caller, () -> {
            errand = work;
            task.unblock();
            while (errand != null && stopped) {
                await();
            }
            if (errand != null) {
                errand = null;
                throw ErrnoException.of(Errno.ESRCH);
            }
            return 0;
        });
    }

    private void await() {
        try {
            lock().wait();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the thread of a task", e);
        }
    }

    /** PTRACE_CONT and the like. */
    public void resume(Task caller, Mode next, int signal) throws ErrnoException {
        inStop(caller, () -> {
            mode = next;
            task.recalculateWork();
            letGo(signal);
            return 0;
        });
    }

    /** PTRACE_LISTEN: EIO unless it is a stop that a seized task shows of its own. */
    public void listen(Task caller) throws ErrnoException {
        inStop(caller, () -> {
            if (!seized || info == null || info.code() >> 8 != PTRACE_EVENT_STOP) {
                throw ErrnoException.of(Errno.EIO);
            }
            if (noticeRequested) {
                letGo(0);
            } else {
                listening = true;
                unreported = false;
            }
            return 0;
        });
    }

    /** PTRACE_INTERRUPT: ESRCH unless {@code caller} traces the task, EIO unless it was seized. */
    public void interrupt(Task caller) throws ErrnoException {
        synchronized (lock()) {
            if (tracer != caller || task.hasEnded()) {
                throw ErrnoException.of(Errno.ESRCH);
            }
            if (!seized) {
                throw ErrnoException.of(Errno.EIO);
            }
            trapRequested = true;
            if (stopped && listening) {
                letGo(0);
            }
            task.signals().poke();
        }
    }

    /** PTRACE_DETACH. */
    public void detach(Task caller, int signal) throws ErrnoException {
        synchronized (task.kernel().tree()) {
            inStop(caller, () -> {
                unlink(signal);
                return 0;
            });
        }
    }

    /**
     * PTRACE_ATTACH and PTRACE_SEIZE, by a caller that may.
     *
     * @throws ErrnoException EPERM if the task is traced already or has ended
     */
    public void attach(Task caller, boolean seize, int wantedOptions) throws ErrnoException {
        synchronized (task.kernel().tree()) {
            synchronized (lock()) {
                if (tracer != null || task.hasEnded() || !task.group().tasks().contains(task)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                link(caller, seize, wantedOptions);
                if (task.signals().isStopped()) {
                    trapRequested = true;
                    attaching = true;
                    task.signals().poke();
                }
            }
            if (!seize) {
                task.send(SignalInfo.ofKernel(SIGSTOP));
            }
        }
        synchronized (lock()) {
            while (attaching) {
                await(); // what was stopped is in a stop of the tracer's when this returns
            }
        }
    }

    /** PTRACE_TRACEME: EPERM if somebody traces this task, or it has no parent that could. */
    public void traceByParent() throws ErrnoException {
        synchronized (task.kernel().tree()) {
            var parent = task.group().parentTask();
            synchronized (lock()) {
                if (tracer != null || parent == null || parent.hasEnded()) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                link(parent, false, 0);
            }
        }
    }

    /** A task that {@code parent} has just made is traced too, by the same tracer. With the tree lock, before it runs. */
    static void inherit(Task parent, Task child) {
        var from = parent.tracing();
        var who = from.tracer;
        if (who == null) {
            return;
        }
        var to = child.tracing();
        synchronized (to.lock()) {
            to.link(who, from.seized, from.options);
            if (from.seized) {
                to.trapRequested = true;
            } else {
                child.signals().pending().add(SignalInfo.ofUser(SIGSTOP, SignalCode.SI_USER, 0, 0), Long.MAX_VALUE);
            }
            child.signals().poke();
        }
    }

    /** The stop that wait4(2) has not seen yet, as an exit code; 0 for none. {@code take}: it has seen it now. */
    int unreportedStop(boolean take) {
        synchronized (lock()) {
            if (!stopped || listening || !unreported) {
                return 0;
            }
            unreported = !take;
            return code;
        }
    }

    /** A snapshot of the signals queued for the task, or for its whole process; for PTRACE_PEEKSIGINFO. */
    public List<SignalInfo> queued(Task caller, boolean shared) throws ErrnoException {
        return inStop(caller, () -> {
            var pending = shared ? lock().pending() : task.signals().pending();
            return new ArrayList<>(pending.queued());
        });
    }
}
