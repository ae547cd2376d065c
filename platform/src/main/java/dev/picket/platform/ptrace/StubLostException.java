package dev.picket.platform.ptrace;

/** The stub thread is gone. Stackless: it is part of the normal end of stubs, and always caught in this package. */
final class StubLostException extends Exception {
    private static final long serialVersionUID = 1;

    StubLostException() {
        super("stub lost", null, false, false);
    }
}
