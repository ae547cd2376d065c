package dev.picket.sentry.kernel;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.signal.PendingSignals;
import dev.picket.sentry.kernel.signal.SignalFrame;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalSet;
import dev.picket.sentry.kernel.signal.SignalStack;
import java.util.concurrent.locks.LockSupport;

/**
 * Signals of one task: its mask, what is pending for it alone, and whether it must stop what it does and look.
 *
 * <p>Guarded by the signal lock, the monitor of the process's {@link GroupSignals}, except where volatile. Methods that do
 * not say otherwise take it themselves.
 */
public final class TaskSignals {
    private static final long BARRIER_LOOK_NANOS = 20_000;

    /** Number of the processor's page-fault exception. */
    private static final int PAGE_FAULT = 14;

    private static final int ERESTARTSYS = -512;
    private static final int ERESTARTNOINTR = -513;
    private static final int ERESTARTNOHAND = -514;
    private static final int ERESTART_RESTARTBLOCK = -516;

    private final Task task;
    private final PendingSignals pending;

    private volatile long mask;
    private volatile boolean attention;
    private volatile boolean interrupts;
    private volatile boolean inGuest;
    private volatile long guestStops;
    private volatile boolean stopped;
    private boolean stopRequested;

    /** Signals that rt_sigtimedwait(2) waits for; they count as not blocked meanwhile. */
    private long awaited;

    // Of the task's own thread.
    private long savedMask;
    private boolean maskSaved;
    private SignalStack stack = SignalStack.NONE;
    private InterruptedCallException interruption;
    private int interruptedNumber;
    private final SignalFrame.Fault fault = new SignalFrame.Fault();

    TaskSignals(Task task) {
        this.task = task;
        this.pending = new PendingSignals(task.kernel().queuedSignals());
    }

    private GroupSignals lock() {
        return task.group().signals();
    }

    /** Signals that wait for this task alone. With the signal lock. */
    PendingSignals pending() {
        return pending;
    }

    /** The signals pending for this task alone: SigPnd of /proc/PID/status. */
    public long pendingSet() {
        synchronized (lock()) {
            return pending.set();
        }
    }

    // ---- The mask

    /** The blocked signals. Any thread may ask. */
    public long mask() {
        return mask;
    }

    /** Blocks exactly {@code set}, but for SIGKILL and SIGSTOP. By the task's own thread. */
    public void setMask(long set) {
        synchronized (lock()) {
            long wanted = set & ~SignalSet.UNBLOCKABLE;
            long blocked = wanted & ~mask;
            mask = wanted;
            if (blocked != 0) {
                lock().retarget(task, blocked);
            }
            recalculate();
        }
    }

    /** The mask of a task that has not begun yet. */
    void inheritMask(long set) {
        mask = set;
    }

    /** With the signal lock. */
    void unblockForced(int signal) {
        mask &= ~SignalSet.of(signal);
    }

    /** Blocks {@code set} until {@link #endTemporaryMask}: for rt_sigsuspend(2), pselect(2), epoll_pwait(2). */
    public void beginTemporaryMask(long set) {
        savedMask = mask;
        maskSaved = true;
        setMask(set);
    }

    /**
     * Ends what {@link #beginTemporaryMask} began. If a signal interrupted the call, the old mask comes back only when that
     * signal was handled, so that its handler runs although the old mask blocks it.
     */
    public void endTemporaryMask(boolean interrupted) {
        if (!interrupted) {
            restoreMask();
        }
    }

    /** Brings back the mask of {@link #beginTemporaryMask}, if that is still to be done. */
    void restoreMask() {
        if (maskSaved) {
            maskSaved = false;
            setMask(savedMask);
        }
    }

    /** Sets the mask on behalf of a tracer, while the task stands in a stop. With the signal lock. */
    public void setMaskInStop(long set) {
        maskSaved = false;
        setMask(set);
    }

    /** The mask that a handler's frame keeps, to be restored when it returns. */
    long takeMaskForFrame() {
        if (maskSaved) {
            maskSaved = false;
            return savedMask;
        }
        return mask;
    }

    /** The mask that the program set, whatever a call has in its place for now. */
    public long ownMask() {
        return maskSaved ? savedMask : mask;
    }

    // ---- Taking signals

    /** Takes a pending signal out of {@code set}, those for this task first; null if there is none. */
    public SignalInfo take(long set) {
        synchronized (lock()) {
            var info = pending.take(set);
            if (info == null) {
                info = lock().pending().take(set);
            }
            recalculate();
            return info;
        }
    }

    /** Takes the next signal that is not blocked, or null. With the signal lock. */
    SignalInfo takeDeliverable() {
        var info = pending.take(~mask);
        return info != null ? info : lock().pending().take(~mask);
    }

    /** Which signals this task could take: pending for it or for the process. */
    public long available() {
        synchronized (lock()) {
            return pending.set() | lock().pending().set();
        }
    }

    /**
     * Waits for a signal out of {@code set} and takes it; see rt_sigtimedwait(2).
     *
     * @return null at the deadline
     * @throws ErrnoException an InterruptedCallException if another signal came first
     */
    public SignalInfo await(long set, long deadlineNanos) throws ErrnoException {
        synchronized (lock()) {
            awaited = set;
        }
        var found = new SignalInfo[1];
        try {
            task.blockUntil(deadlineNanos, () -> (found[0] = take(set)) != null);
        } finally {
            synchronized (lock()) {
                awaited = 0;
                recalculate();
            }
        }
        return found[0];
    }

    /** Whether {@code signal} is blocked, or waited for. With the signal lock. */
    boolean blocksOrAwaits(int signal) {
        return SignalSet.contains(mask | awaited, signal);
    }

    /** Whether the task waits for {@code signal} by rt_sigtimedwait(2). With the signal lock. */
    boolean awaits(int signal) {
        return SignalSet.contains(awaited, signal);
    }

    /** Whether the task would take {@code signal} now. With the signal lock. */
    boolean wants(int signal) {
        return !SignalSet.contains(mask, signal) || SignalSet.contains(awaited, signal);
    }

    boolean ignoresOrBlocks(int signal) {
        synchronized (lock()) {
            return SignalSet.contains(mask, signal)
                    || lock().actions().get(signal).isIgnored();
        }
    }

    /** Sends a signal to this task. Any thread may call; false if it is a real-time signal and the queue is full. */
    public boolean send(SignalInfo info) {
        return lock().send(task, info, false);
    }

    /** Sends a signal to this task that it can neither block nor ignore. */
    public void force(SignalInfo info) {
        lock().force(task, info);
    }

    // ---- Attention

    /** Whether something waits that ends a blocking call. Any thread may ask. */
    boolean interruptsCalls() {
        return interrupts;
    }

    /** Whether to look around before guest code runs. */
    boolean needsAttention() {
        return attention;
    }

    /** Makes the task stop what it does, blocking calls included, and handle signals. With the signal lock. */
    void poke() {
        interrupts = true;
        drawAttention();
        task.unblock();
    }

    /** Makes the task look around before it runs guest code again. Any thread may call. */
    void drawAttention() {
        attention = true;
        if (inGuest) {
            task.context().interrupt();
        }
    }

    /** The task is about to run guest code; whoever draws its attention from now on interrupts it. */
    void enterGuest() {
        inGuest = true;
    }

    void leaveGuest() {
        inGuest = false;
        guestStops++; // by the task's own thread only
    }

    /** Stops guest code of this task, if it runs; answers what {@link #awaitBarrier} is to be given. Any thread may call. */
    public long beginBarrier() {
        long stops = guestStops;
        if (inGuest) {
            task.context().interrupt();
        }
        return stops;
    }

    /** Waits until the task has not run guest code for a moment since {@link #beginBarrier}. */
    public void awaitBarrier(long stops) {
        while (inGuest && guestStops == stops) {
            LockSupport.parkNanos(this, BARRIER_LOOK_NANOS);
        }
    }

    /** The task has looked: nothing is left to do. With the signal lock. */
    void clearAttention() {
        attention = false;
        recalculate();
    }

    /** Finds out anew whether something ends blocking calls. With the signal lock. */
    void recalculate() {
        long deliverable = (pending.set() | lock().pending().set()) & ~mask;
        interrupts = deliverable != 0
                || stopRequested
                || lock().isDoomed(task)
                || task.tracing().isTrapDue();
        if (interrupts) {
            attention = true;
        }
    }

    // ---- Stopping

    /** Whether the task stands still because of a signal. Any thread may ask. */
    public boolean isStopped() {
        return stopped;
    }

    /** With the signal lock. */
    boolean isStopRequested() {
        return stopRequested;
    }

    /** With the signal lock. */
    void requestStop() {
        if (!stopped) {
            stopRequested = true;
            poke();
        }
    }

    /** The task's own thread stands still from here on. With the signal lock. */
    void becomeStopped() {
        stopRequested = false;
        stopped = true;
    }

    /** The task's own thread stands in a tracer's stop instead. With the signal lock. */
    void leaveStop() {
        stopRequested = false;
        stopped = false;
    }

    /** With the signal lock. */
    void endStop() {
        stopRequested = false;
        stopped = false;
        attention = true;
        task.unblock();
    }

    // ---- Alternate stack and interrupted calls; of the task's own thread

    public SignalStack stack() {
        return stack;
    }

    public void setStack(SignalStack stack) {
        this.stack = stack;
    }

    /** The page fault that a signal is about to be sent for; the signal's frame shows it. */
    void noteFault(long address, int errorCode) {
        fault.set(PAGE_FAULT, errorCode, address);
    }

    /** The next signal is for no page fault. */
    void clearFault() {
        fault.set(0, 0, 0);
    }

    SignalFrame.Fault fault() {
        return fault;
    }

    long interruptedCall(InterruptedCallException call) {
        interruption = call;
        interruptedNumber = (int) task.context().syscallNumber();
        return interruptionCode();
    }

    /** What the interrupted call shows as its result: a code of Linux's include/linux/errno.h that only tracers see. */
    long interruptionCode() {
        return switch (interruption.restart()) {
            case SYS -> ERESTARTSYS;
            case NOINTR -> ERESTARTNOINTR;
            case NOHAND -> ERESTARTNOHAND;
            case BLOCK -> ERESTART_RESTARTBLOCK;
        };
    }

    /** Number of the call that was interrupted. */
    int interruptedNumber() {
        return interruptedNumber;
    }

    /** A tracer has left {@code result} as the result of call {@code number}: a restart if it is one of the codes. */
    void resumeInterruption(long result, int number) {
        interruptedNumber = number;
        if (result == ERESTARTSYS) {
            interruption = InterruptedCallException.SYS;
        } else if (result == ERESTARTNOINTR) {
            interruption = InterruptedCallException.NOINTR;
        } else if (result == ERESTARTNOHAND) {
            interruption = InterruptedCallException.NOHAND;
        } else if (result == ERESTART_RESTARTBLOCK) {
            interruption = InterruptedCallException.BLOCK;
        } else {
            interruption = null;
        }
    }

    /** The interruption of the last call that is still to be turned into a restart or EINTR; null if there is none. */
    InterruptedCallException interruption() {
        return interruption;
    }

    void clearInterruption() {
        interruption = null;
    }
}
