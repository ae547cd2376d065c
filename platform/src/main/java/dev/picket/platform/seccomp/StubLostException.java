package dev.picket.platform.seccomp;

/** A stub thread is gone, or not to be trusted any more; its process is to be ended. */
final class StubLostException extends Exception {
    private static final long serialVersionUID = 1;

    StubLostException() {
        super(null, null, false, false);
    }
}
