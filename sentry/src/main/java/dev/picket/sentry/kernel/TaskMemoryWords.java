package dev.picket.sentry.kernel;

/**
 * Guest addresses that the kernel uses when a task ends; 0 for none. Belongs to the task's own thread, but {@link
 * #robustList} is also read by get_robust_list(2).
 */
public final class TaskMemoryWords {
    private volatile long clearChildId;
    private volatile long robustList;
    private volatile int parentDeathSignal;

    /** Where to write 0 and wake a futex at the end; see set_tid_address(2). */
    public long clearChildId() {
        return clearChildId;
    }

    public void setClearChildId(long address) {
        clearChildId = address;
    }

    /** Head of the list of robust futexes; see set_robust_list(2). */
    public long robustList() {
        return robustList;
    }

    public void setRobustList(long address) {
        robustList = address;
    }

    /** Signal that the task gets when its parent ends, or 0; see PR_SET_PDEATHSIG in prctl(2). */
    public int parentDeathSignal() {
        return parentDeathSignal;
    }

    public void setParentDeathSignal(int signal) {
        parentDeathSignal = signal;
    }
}
