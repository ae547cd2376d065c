package dev.picket.sentry.memory;

/** The resource limits of getrlimit(2) that concern memory, in bytes; asked anew each time. Long.MAX_VALUE: unlimited. */
public interface MemoryLimits {
    /** No limits but the usual one for the stack. */
    MemoryLimits USUAL = new MemoryLimits() {};

    /** RLIMIT_AS. */
    default long addressSpaceBytes() {
        return Long.MAX_VALUE;
    }

    /** RLIMIT_DATA. */
    default long dataBytes() {
        return Long.MAX_VALUE;
    }

    /** RLIMIT_STACK. */
    default long stackBytes() {
        return 8L << 20;
    }

    /** RLIMIT_MEMLOCK; unlimited for a process with CAP_IPC_LOCK. */
    default long lockedBytes() {
        return Long.MAX_VALUE;
    }
}
