package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Seccomp;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.seccomp.FilterChain;

/**
 * What a task may call: seccomp(2). Other tasks of the process set it too (SECCOMP_FILTER_FLAG_TSYNC), with the kernel's
 * tree lock; the task itself looks without.
 */
public final class CallFilters {
    private final Task task;
    private volatile boolean strict;
    private volatile FilterChain<FilterListener> chain;

    CallFilters(Task task) {
        this.task = task;
    }

    void copyFrom(CallFilters other) {
        strict = other.strict;
        chain = other.chain;
        task.recalculateWork();
    }

    /** Mode as PR_GET_SECCOMP shows it. */
    public int mode() {
        return strict
                ? Seccomp.SECCOMP_MODE_STRICT
                : chain != null ? Seccomp.SECCOMP_MODE_FILTER : Seccomp.SECCOMP_MODE_DISABLED;
    }

    /** How many filters there are. */
    public int count() {
        var filters = chain;
        return filters == null ? 0 : filters.count();
    }

    boolean isStrict() {
        return strict;
    }

    FilterChain<FilterListener> chain() {
        return chain;
    }

    /** Only read(2), write(2), exit(2) and sigreturn(2) from now on; EINVAL if there are filters. */
    public void setStrict() throws ErrnoException {
        synchronized (task.kernel().tree()) {
            if (chain != null) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            strict = true;
            task.recalculateWork();
        }
    }

    /** Makes a chain with one more filter out of the old one. */
    @FunctionalInterface
    public interface Extension {
        FilterChain<FilterListener> extend(FilterChain<FilterListener> older) throws ErrnoException;
    }

    /**
     * Adds a filter.
     *
     * @param allThreads also to all other threads of the process, or to none
     * @return 0, or the id of a thread whose filters are others: then nothing has changed
     * @throws ErrnoException EINVAL in strict mode, and what the extension throws
     */
    public int add(boolean allThreads, Extension extension) throws ErrnoException {
        synchronized (task.kernel().tree()) {
            if (strict) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            var old = chain;
            var extended = extension.extend(old);
            if (allThreads) {
                for (var other : task.group().tasks()) {
                    var filters = other.filters();
                    boolean follows = old == null ? filters.chain == null : old.continues(filters.chain);
                    if (filters.strict || !follows) {
                        return other.id();
                    }
                }
                for (var other : task.group().tasks()) {
                    other.filters().chain = extended;
                    if (task.privileges().noNewPrivileges()) {
                        other.privileges().setNoNewPrivileges();
                    }
                    other.recalculateWork();
                }
            }
            chain = extended;
            task.recalculateWork();
            return 0;
        }
    }
}
