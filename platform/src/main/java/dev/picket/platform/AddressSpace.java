package dev.picket.platform;

/**
 * What one guest process sees of memory: a set of shared mappings of {@link MemoryFile}s.
 *
 * <p>Addresses, offsets and lengths are multiples of the page size, 4,096 bytes; addresses lie below {@link
 * Platform#addressLimit()}. Access is a bit set of {@link Access}. Any thread may call; when a call returns, no guest
 * thread of this address space sees the old state any more.
 */
public interface AddressSpace extends AutoCloseable {
    /**
     * Maps {@code length} bytes of {@code file} from {@code offset} at {@code address}, shared, replacing whatever was
     * there.
     *
     * @param populate whether the host should make the pages present now, to save the first touches
     * @throws PlatformException if the host refuses, for instance for want of memory
     */
    void map(long address, MemoryFile file, long offset, long length, int access, boolean populate);

    /**
     * Changes the access of whatever is mapped in the range. Holes in it are left alone.
     *
     * @throws PlatformException if the host refuses
     */
    void protect(long address, long length, int access);

    /** Removes whatever is mapped in the range. Holes in it are left alone. */
    void unmap(long address, long length);

    /**
     * Makes a copy of this address space: the same mappings with the same access, of the same memory.
     *
     * <p>Called by the Java thread whose context last ran in this address space, while that context is stopped.
     *
     * @throws PlatformException if the host refuses
     */
    AddressSpace fork();

    /** Ends this address space. Contexts may not run in it any more; what they held of it is let go. */
    @Override
    void close();
}
