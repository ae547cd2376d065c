package dev.picket.sentry.kernel;

/** A parent that waits until its vfork child has let go of the memory they share. */
final class VforkWait {
    private final Task parent;
    private volatile boolean released;

    VforkWait(Task parent) {
        this.parent = parent;
    }

    /** The child has done execve(2) or has ended. */
    void release() {
        released = true;
        parent.unblock();
    }

    boolean isReleased() {
        return released;
    }
}
