package dev.picket.platform;

import dev.picket.platform.amd64.Registers;

/**
 * Execution state of one guest thread: registers, FPU, and where it runs.
 *
 * <p>One Java thread owns a context, the one that calls {@link #run}; only {@link #interrupt()} and {@link
 * #cpuTimeNanos()} may be called by others. Nothing is allocated per stop.
 */
public interface GuestContext extends AutoCloseable {
    /**
     * Runs guest code in {@code space} until it stops, and says why.
     *
     * <p>If an interrupt is pending, returns {@link Stop#INTERRUPTED} without running any guest code, and the interrupt
     * is no longer pending. Switching a context between address spaces is allowed: its registers go with it.
     *
     * @throws PlatformException if the host fails in a way that the guest is not to blame for
     */
    Stop run(AddressSpace space);

    /** Makes the current {@link #run}, or else the next one, return. Any thread may call it, at any time. */
    void interrupt();

    /** Number of the system call; valid after {@link Stop#SYSCALL}. Not validated: any 64-bit value. */
    long syscallNumber();

    /**
     * Argument {@code index}, 0 to 5, of the system call; valid after {@link Stop#SYSCALL}. It is what {@link #registers()}
     * hold, and changes with them.
     */
    long syscallArgument(int index);

    /** Sets what the system call returns to the guest: a result, or a negated errno. */
    void setSyscallResult(long result);

    /** Guest address that could not be accessed; valid after {@link Stop#FAULT}. */
    long faultAddress();

    /** What kind of {@link Access} failed; {@link Access#NONE} if the platform cannot tell. Valid after a fault. */
    int faultAccess();

    /** The signal number of Linux for the exception; valid after {@link Stop#EXCEPTION}. */
    int exceptionSignal();

    /** The {@code si_code} of Linux for the exception; valid after {@link Stop#EXCEPTION}. */
    int exceptionCode();

    /** The {@code si_addr} of Linux for the exception; valid after {@link Stop#EXCEPTION}. */
    long exceptionAddress();

    /**
     * The general registers. Fetched from the host at the first call after a stop, if they are not at hand already; what
     * the caller changes takes effect at the next {@link #run}.
     */
    Registers registers();

    /** Size in bytes of the FPU state on this machine: an XSAVE area in the standard (not compacted) format. */
    int fpuStateBytes();

    /** Copies the FPU state of the guest thread out, {@link #fpuStateBytes()} bytes. */
    void readFpuState(byte[] xsaveArea);

    /**
     * Sets the FPU state. The area comes from the guest as a rule: whatever it holds, the host is not harmed; reserved
     * bits are cleared.
     *
     * @return false if the area is not a valid FPU state; then nothing was changed
     */
    boolean writeFpuState(byte[] xsaveArea);

    /** Puts the FPU into the state that execve(2) gives a new program. */
    void resetFpuState();

    /**
     * Takes over all registers and the FPU state of {@code parent}, which is stopped: for clone(2) and fork(2).
     *
     * <p>Called by the parent's owner, before this context runs for the first time. That is also what prepares for this
     * context to run in the address space of its parent: a platform may have to make a thread on the host for it, and can
     * do so only at the hands of an owner of a stopped thread there. A second context that enters an address space without
     * this waits until one of the contexts that run there stops.
     */
    void copyStateFrom(GuestContext parent);

    /** CPU time that guest code has used on behalf of this context, in nanoseconds. */
    long cpuTimeNanos();

    /** Lets go of what the context holds on the host. Called by its owner, or after its owner has ended. */
    @Override
    void close();
}
