package dev.picket.sentry.kernel.seccomp;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Seccomp;
import dev.picket.sentry.errno.ErrnoException;

/**
 * All filters of a task, the newest first; each one is older than those that were added later, and shared with the tasks
 * that were forked in between. Immutable.
 *
 * @param <L> who hears of SECCOMP_RET_USER_NOTIF
 */
public final class FilterChain<L> {
    /** Instructions of all filters together; MAX_INSNS_PER_PATH of Linux. */
    private static final int INSTRUCTIONS_LIMIT = 32_768;

    /** What each filter counts beside its instructions. */
    private static final int FILTER_COST = 4;

    private final FilterProgram program;
    private final FilterChain<L> older;
    private final L listener;
    private final int cost;
    private final int count;

    /**
     * Adds a filter.
     *
     * @param older the filters before, or null
     * @param listener null if there is none
     * @throws ErrnoException ENOMEM if all filters together are too long, EBUSY if an older one has a listener too
     */
    public FilterChain(FilterProgram program, FilterChain<L> older, L listener) throws ErrnoException {
        this.program = program;
        this.older = older;
        this.listener = listener;
        this.cost = program.length() + FILTER_COST + (older == null ? 0 : older.cost);
        this.count = 1 + (older == null ? 0 : older.count);
        if (cost - FILTER_COST > INSTRUCTIONS_LIMIT) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        if (listener != null) {
            for (var filter = older; filter != null; filter = filter.older) {
                if (filter.listener != null) {
                    throw ErrnoException.of(Errno.EBUSY);
                }
            }
        }
    }

    /** How many filters there are. */
    public int count() {
        return count;
    }

    /** Whether {@code chain} is this or one of the older ones. */
    public boolean continues(FilterChain<L> chain) {
        for (var filter = this; filter != null; filter = filter.older) {
            if (filter == chain) {
                return true;
            }
        }
        return chain == null;
    }

    /** What all filters together say of a call: the action with the highest precedence, of the newest that says it. */
    public Verdict<L> run(byte[] data) {
        int result = Seccomp.SECCOMP_RET_ALLOW;
        FilterChain<L> from = null;
        for (var filter = this; filter != null; filter = filter.older) {
            int said = filter.program.run(data);
            if ((said & Seccomp.SECCOMP_RET_ACTION_FULL) < (result & Seccomp.SECCOMP_RET_ACTION_FULL)) {
                result = said;
                from = filter;
            }
        }
        return new Verdict<>(result, from == null ? null : from.listener);
    }

    /** What is to be done with a call. */
    public record Verdict<L>(int value, L listener) {
        public int action() {
            return value & Seccomp.SECCOMP_RET_ACTION_FULL;
        }

        public int data() {
            return value & Seccomp.SECCOMP_RET_DATA;
        }
    }
}
