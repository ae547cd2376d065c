package dev.picket.sentry.kernel;

/** Watches system calls. Called in the task's own thread. */
public interface SyscallTracer {
    /** A task makes a call; the arguments are in its guest context. */
    void enter(Task task, int number);

    /** The call has returned {@code result}: a value, a negated errno, or one of Linux's restart codes, -512 to -516. */
    void exit(Task task, int number, long result);
}
