package dev.picket.sentry.kernel;

/** Hears of the end of a process that was started from outside. */
@FunctionalInterface
public interface ExitListener {
    /**
     * The process has ended and has closed its files. Called once, without locks, by the thread of its last task.
     *
     * @param waitStatus as wait4(2) shows it: the exit status shifted left by 8, or the number of the fatal signal
     */
    void exited(ThreadGroup process, int waitStatus);
}
