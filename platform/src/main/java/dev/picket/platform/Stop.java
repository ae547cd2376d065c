package dev.picket.platform;

/** Why guest code stopped running. Details sit in fields of the {@link GuestContext} that are reused from stop to stop. */
public enum Stop {
    /** A {@code syscall} instruction: number, arguments and result are at hand in the context. */
    SYSCALL,

    /** A page fault: see {@link GuestContext#faultAddress()} and {@link GuestContext#faultAccess()}. */
    FAULT,

    /**
     * Any other exception, as the signal that Linux would send for it: see {@link GuestContext#exceptionSignal()}. Also
     * for the ways into a kernel that a 64-bit program has no business with ({@code int 0x80}, {@code sysenter}, 32-bit
     * code): those are SIGSEGV.
     */
    EXCEPTION,

    /** {@link GuestContext#interrupt()} was called, or nothing happened at all: an interruption may be spurious. */
    INTERRUPTED,

    /** The host lost the guest thread, as when something killed its stub. The address space is dead. */
    LOST
}
