package dev.picket.sentry.errno;

import dev.picket.platform.linux.Errno;

/**
 * A system call was interrupted by a signal before it did anything; what becomes of it depends on the signal's handler.
 *
 * <p>The kinds are those of Linux ({@code include/linux/errno.h}); the run loop, the only one to look at the kind, turns
 * each into EINTR or into a restart of the call.
 */
public final class InterruptedCallException extends ErrnoException {
    /** What becomes of an interrupted call. */
    public enum Restart {
        /** ERESTARTSYS: restart if there is no handler, or if the handler has SA_RESTART. */
        SYS,
        /** ERESTARTNOINTR: restart always. */
        NOINTR,
        /** ERESTARTNOHAND: restart only if no handler ran. */
        NOHAND,
        /** ERESTART_RESTARTBLOCK: as NOHAND, but by restart_syscall(2), because the rest of the call differs from it. */
        BLOCK
    }

    public static final InterruptedCallException SYS = new InterruptedCallException(Restart.SYS);
    public static final InterruptedCallException NOINTR = new InterruptedCallException(Restart.NOINTR);
    public static final InterruptedCallException NOHAND = new InterruptedCallException(Restart.NOHAND);
    public static final InterruptedCallException BLOCK = new InterruptedCallException(Restart.BLOCK);

    private final Restart restart;

    private InterruptedCallException(Restart restart) {
        super(Errno.EINTR);
        this.restart = restart;
    }

    public Restart restart() {
        return restart;
    }
}
