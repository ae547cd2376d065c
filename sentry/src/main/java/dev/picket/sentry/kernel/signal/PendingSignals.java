package dev.picket.sentry.kernel.signal;

import dev.picket.platform.linux.Signal;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Signals that wait to be handled, of a task or of a thread group; see signal(7). A standard signal is pending once,
 * however often it was sent; real-time signals queue.
 *
 * <p>Not safe for threads: guarded by the signal lock of the thread group.
 */
public final class PendingSignals {
    private final ArrayDeque<SignalInfo> queue = new ArrayDeque<>(0);
    private final AtomicInteger budget;
    private long set;

    /** @param budget number of signals queued in the whole sandbox; counted up and down here */
    public PendingSignals(AtomicInteger budget) {
        this.budget = budget;
    }

    /** The signals that are pending. */
    public long set() {
        return set;
    }

    /**
     * Adds a signal.
     *
     * @param limit how many signals may be queued in the sandbox: RLIMIT_SIGPENDING
     * @return false if it is a real-time signal and there is no room for it
     */
    public boolean add(SignalInfo info, long limit) {
        int signal = info.signal();
        boolean standard = signal < Signal.SIGRTMIN;
        if (standard && SignalSet.contains(set, signal)) {
            return true;
        }
        // A standard signal is never lost: there can be no more than 31 of them in a queue.
        if (!standard && budget.get() >= limit) {
            return false;
        }
        budget.incrementAndGet();
        queue.add(info);
        set |= SignalSet.of(signal);
        return true;
    }

    /** Takes the next signal out of those in {@code wanted}: faults first, then the lowest number; null if there is none. */
    public SignalInfo take(long wanted) {
        long candidates = set & wanted;
        if (candidates == 0) {
            return null;
        }
        long first = (candidates & SignalSet.SYNCHRONOUS) != 0 ? candidates & SignalSet.SYNCHRONOUS : candidates;
        return takeSignal(Long.numberOfTrailingZeros(first) + 1);
    }

    /** Drops all pending signals of {@code unwanted}. */
    public void discard(long unwanted) {
        if ((set & unwanted) == 0) {
            return;
        }
        int before = queue.size();
        queue.removeIf(info -> SignalSet.contains(unwanted, info.signal()));
        budget.addAndGet(queue.size() - before);
        set &= ~unwanted;
    }

    /** Whether a signal of timer {@code timer} is queued. */
    public boolean hasTimer(int signal, int timer) {
        if (!SignalSet.contains(set, signal)) {
            return false;
        }
        for (var info : queue) {
            if (info.signal() == signal
                    && info.code() == dev.picket.platform.linux.SignalCode.SI_TIMER
                    && info.timer() == timer) {
                return true;
            }
        }
        return false;
    }

    /** The signals in the order in which they came. */
    public List<SignalInfo> queued() {
        return List.copyOf(queue);
    }

    /** How many signals are queued. */
    public int size() {
        return queue.size();
    }

    private SignalInfo takeSignal(int signal) {
        SignalInfo found = null;
        boolean more = false;
        for (Iterator<SignalInfo> i = queue.iterator(); i.hasNext(); ) {
            var info = i.next();
            if (info.signal() != signal) {
                continue;
            }
            if (found != null) {
                more = true;
                break;
            }
            found = info;
            i.remove();
        }
        if (!more) {
            set &= ~SignalSet.of(signal);
        }
        budget.decrementAndGet();
        return found.taken();
    }
}
