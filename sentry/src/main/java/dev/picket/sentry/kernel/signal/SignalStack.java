package dev.picket.sentry.kernel.signal;

import dev.picket.platform.linux.Signal;

/**
 * The alternate stack of a task; see sigaltstack(2).
 *
 * @param flags SS_DISABLE, or SS_AUTODISARM or nothing
 */
public record SignalStack(long base, long size, int flags) {
    public static final SignalStack NONE = new SignalStack(0, 0, Signal.SS_DISABLE);

    public boolean isEnabled() {
        return size != 0;
    }

    /** Whether a task with this stack pointer runs on this stack: never while the stack disarms itself. */
    public boolean holds(long stackPointer) {
        // Linux: the stack pointer may be at the very top, but not at the very bottom (sas_ss_flags).
        return (flags & Signal.SS_AUTODISARM) == 0
                && isEnabled()
                && Long.compareUnsigned(stackPointer, base) > 0
                && Long.compareUnsigned(stackPointer - base, size) <= 0;
    }

    /** The ss_flags that sigaltstack(2) shows to a task with this stack pointer. */
    public int shownFlags(long stackPointer) {
        if (!isEnabled()) {
            return Signal.SS_DISABLE;
        }
        return holds(stackPointer) ? Signal.SS_ONSTACK | (flags & Signal.SS_AUTODISARM) : flags & Signal.SS_AUTODISARM;
    }
}
