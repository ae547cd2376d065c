package dev.picket.sentry.kernel;

/** Settings of prctl(2) about what a task may become. Of the task's own thread, but {@link #noNewPrivileges} may be asked. */
public final class TaskPrivileges {
    private volatile boolean noNewPrivileges;
    private boolean keepCapabilities;
    private int secureBits;

    /** PR_SET_NO_NEW_PRIVS: execve(2) ignores set-user-ID bits. For good. */
    public boolean noNewPrivileges() {
        return noNewPrivileges;
    }

    public void setNoNewPrivileges() {
        noNewPrivileges = true;
    }

    /** PR_SET_KEEPCAPS: capabilities stay when no user id is 0 any more. */
    public boolean keepCapabilities() {
        return keepCapabilities;
    }

    public void setKeepCapabilities(boolean value) {
        keepCapabilities = value;
    }

    /** PR_SET_SECUREBITS. */
    public int secureBits() {
        return secureBits;
    }

    public void setSecureBits(int bits) {
        secureBits = bits;
    }

    void copyFrom(TaskPrivileges other) {
        noNewPrivileges = other.noNewPrivileges;
        keepCapabilities = other.keepCapabilities;
        secureBits = other.secureBits;
    }
}
