package dev.picket.sentry.syscall;

import dev.picket.platform.GuestContext;

/**
 * The six arguments of a system call, read as the types that the calls declare. Registers are 64 bits wide; an int
 * argument is the lower half of one, whatever the upper half holds.
 */
public final class SyscallArguments {
    private final GuestContext context;

    public SyscallArguments(GuestContext context) {
        this.context = context;
    }

    /** A guest address. Not validated. */
    public long asAddress(int index) {
        return context.syscallArgument(index);
    }

    /** A size_t or other unsigned long. Compare it as unsigned. */
    public long asSize(int index) {
        return context.syscallArgument(index);
    }

    /** A long, such as an offset. */
    public long asLong(int index) {
        return context.syscallArgument(index);
    }

    /** An int, such as a descriptor. */
    public int asInt(int index) {
        return (int) context.syscallArgument(index);
    }

    /** A mode_t: only the bits that chmod(2) knows. */
    public int asMode(int index) {
        return (int) context.syscallArgument(index) & 07777;
    }
}
