package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.signal.SignalFrame;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalStack;

/** A handler returns: brings back what its frame saved; see rt_sigreturn(2), sigaltstack(2). */
public final class SignalReturn implements RunState {
    private static final long MINSIGSTKSZ = 2048;
    private static final SignalReturn INSTANCE = new SignalReturn();

    private SignalReturn() {}

    /** rt_sigreturn(2): makes the task's run loop restore the frame. */
    public static void begin(Task task) {
        task.enter(INSTANCE);
    }

    @Override
    public RunState step(Task task) {
        try {
            var restored = SignalFrame.pop(task.context(), task.memory());
            task.signals().setMask(restored.mask());
            restoreStack(task, restored.stack());
        } catch (ErrnoException e) {
            task.signals().clearFault();
            task.signals().force(SignalInfo.ofKernel(Signal.SIGSEGV));
        }
        return RunGuest.INSTANCE;
    }

    private static void restoreStack(Task task, SignalStack stack) {
        try {
            setStack(task, stack);
        } catch (ErrnoException e) {
            // restore_altstack() of Linux ignores all but faults: the old stack stays.
            return;
        }
    }

    /** Sets the alternate stack, as sigaltstack(2) does: EPERM while the task runs on it, EINVAL, ENOMEM. */
    public static void setStack(Task task, SignalStack stack) throws ErrnoException {
        if (task.signals().stack().holds(task.context().registers().rsp())) {
            throw ErrnoException.of(Errno.EPERM);
        }
        int mode = stack.flags() & ~Signal.SS_AUTODISARM;
        if (mode != 0 && mode != Signal.SS_ONSTACK && mode != Signal.SS_DISABLE) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (mode == Signal.SS_DISABLE) {
            task.signals().setStack(SignalStack.NONE);
            return;
        }
        if (Long.compareUnsigned(stack.size(), MINSIGSTKSZ) < 0) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        task.signals().setStack(new SignalStack(stack.base(), stack.size(), stack.flags() & Signal.SS_AUTODISARM));
    }
}
