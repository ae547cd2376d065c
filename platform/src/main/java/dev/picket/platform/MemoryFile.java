package dev.picket.platform;

/**
 * A file of the host whose pages guests map: the guest memory of a sandbox, or an image file.
 *
 * <p>The guest memory and image files are also mapped into this process, whole, so that {@link #address} turns an offset
 * into an address for {@code platform.host.NativeMemory}. A file of the host's own file system is not, because somebody
 * else could shorten it under our feet, and touching a mapping beyond the end of its file kills a JVM; such a file is
 * read with {@link #read}, which cannot fault.
 */
public abstract class MemoryFile implements AutoCloseable {
    /** The host's descriptor of the file. */
    public abstract int descriptor();

    /** Whether guests may get writable mappings of it. */
    public abstract boolean isWritable();

    /** Whether {@link #address} works. */
    public abstract boolean isMapped();

    /**
     * Address in this process of the byte at {@code offset}. The mapping is contiguous to the end of the file.
     *
     * @throws IllegalStateException if the file is not mapped here
     */
    public abstract long address(long offset);

    /**
     * Reads up to {@code length} bytes at {@code offset} to native memory at {@code destination}; never faults.
     *
     * @return bytes read, fewer than asked for at the end of the file; or a negated errno
     */
    public abstract long read(long offset, long destination, long length);

    @Override
    public abstract void close();
}
