package dev.picket.sentry.kernel.signal;

import dev.picket.platform.linux.Signal;

/**
 * What a process does with a signal: the kernel's {@code struct sigaction}.
 *
 * @param handler guest address of the handler, SIG_DFL or SIG_IGN
 * @param flags SA_ flags
 * @param restorer guest address to which the handler returns
 * @param mask signals blocked while the handler runs
 */
public record SignalAction(long handler, long flags, long restorer, long mask) {
    public static final SignalAction DEFAULT = new SignalAction(Signal.SIG_DFL, 0, 0, 0);

    public boolean isDefault() {
        return handler == Signal.SIG_DFL;
    }

    public boolean isIgnored() {
        return handler == Signal.SIG_IGN;
    }

    public boolean has(int flag) {
        return ((int) flags & flag) != 0;
    }
}
