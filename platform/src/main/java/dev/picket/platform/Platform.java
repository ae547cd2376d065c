package dev.picket.platform;

/**
 * One way to run guest code on this machine, for one sandbox.
 *
 * <p>A platform owns the sandbox's guest memory and makes address spaces and guest contexts that work together. What a
 * system call means, who may write where and what is copied on write is not its business: the Sentry decides that above
 * this line.
 *
 * <p>Closing a platform ends every guest thread that still runs on it and frees the guest memory.
 */
public interface Platform extends AutoCloseable {
    /** Name by which a user asks for this platform, such as {@code ptrace}. */
    String name();

    /** The sandbox's guest memory: one sparse file, mapped whole into this process. */
    MemoryFile memory();

    /** First guest address that is not the guest's: everything from here up belongs to the platform or the host kernel. */
    long addressLimit();

    /**
     * Makes an empty address space.
     *
     * @throws PlatformException if the host refuses
     */
    AddressSpace newAddressSpace();

    /**
     * Makes the execution state of one guest thread, with all registers zero and the FPU in its initial state.
     *
     * <p>A context belongs to the one Java thread that calls {@link GuestContext#run}.
     */
    GuestContext newContext();

    @Override
    void close();
}
