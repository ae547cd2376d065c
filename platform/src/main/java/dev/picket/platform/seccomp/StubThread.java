package dev.picket.platform.seccomp;

/**
 * A thread of a stub process that runs guest code, with its listener and its frame area. Between runs it waits at its
 * bell, or in a system call of the guest.
 */
final class StubThread {
    private final int slot;
    private final int threadId;
    private final Listener listener;
    private final SignalFrame frame;

    /** @param frame where the thread's first frame is; the thread waits at its bell */
    StubThread(int slot, Listener listener, SignalFrame frame) {
        this.slot = slot;
        this.threadId = listener.threadId();
        this.listener = listener;
        this.frame = frame;
    }

    int slot() {
        return slot;
    }

    int threadId() {
        return threadId;
    }

    Listener listener() {
        return listener;
    }

    SignalFrame frame() {
        return frame;
    }
}
