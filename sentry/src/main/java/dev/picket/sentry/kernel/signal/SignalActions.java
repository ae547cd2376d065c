package dev.picket.sentry.kernel.signal;

import dev.picket.platform.linux.Signal;
import java.util.Arrays;

/**
 * What a process does with each signal; shared by processes cloned with CLONE_SIGHAND. Single actions are read and written
 * whole, so any thread may look.
 */
public final class SignalActions {
    private final java.util.concurrent.atomic.AtomicReferenceArray<SignalAction> actions;

    public SignalActions() {
        var initial = new SignalAction[Signal.SIGRTMAX + 1];
        Arrays.fill(initial, SignalAction.DEFAULT);
        actions = new java.util.concurrent.atomic.AtomicReferenceArray<>(initial);
    }

    public SignalAction get(int signal) {
        return actions.get(signal);
    }

    /** Sets an action, and answers the old one. */
    public SignalAction set(int signal, SignalAction action) {
        return actions.getAndSet(signal, action);
    }

    public SignalActions copy() {
        var copy = new SignalActions();
        for (int signal = 1; signal <= Signal.SIGRTMAX; signal++) {
            copy.actions.set(signal, get(signal));
        }
        return copy;
    }

    /** What execve(2) leaves of it, or CLONE_CLEAR_SIGHAND: handlers become the default, what is ignored stays so. */
    public SignalActions withoutHandlers() {
        var copy = new SignalActions();
        for (int signal = 1; signal <= Signal.SIGRTMAX; signal++) {
            if (get(signal).isIgnored()) {
                copy.actions.set(signal, new SignalAction(Signal.SIG_IGN, 0, 0, 0));
            }
        }
        return copy;
    }

    /** Whether a signal would have no effect: it is ignored, or its default is to do nothing. */
    public boolean ignores(int signal) {
        var action = get(signal);
        return action.isIgnored() || action.isDefault() && SignalSet.contains(SignalSet.IGNORED, signal);
    }

    /** The signals that have a handler: SigCgt of /proc/PID/status. */
    public long caught() {
        long set = 0;
        for (int signal = 1; signal <= Signal.SIGRTMAX; signal++) {
            var action = get(signal);
            if (!action.isDefault() && !action.isIgnored()) {
                set |= SignalSet.of(signal);
            }
        }
        return set;
    }

    /** The signals that are set to be ignored: SigIgn of /proc/PID/status. */
    public long ignored() {
        long set = 0;
        for (int signal = 1; signal <= Signal.SIGRTMAX; signal++) {
            if (get(signal).isIgnored()) {
                set |= SignalSet.of(signal);
            }
        }
        return set;
    }
}
