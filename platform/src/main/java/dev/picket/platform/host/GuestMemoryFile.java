package dev.picket.platform.host;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;

/**
 * The memory of one sandbox: a sparse memfd that holds no page until one is touched, mapped whole into this process.
 *
 * <p>Its size is sealed, so that no holder of the descriptor can cut it short and kill the JVM with SIGBUS. Writing it
 * can still fail that way if the host has no memory left: reserve with {@link #reserve} before writing a page that may
 * not exist yet.
 */
public final class GuestMemoryFile extends MemoryFile {
    /** 16 TiB: more than any machine has, and small against the 128 TiB of a process's address space. */
    public static final long DEFAULT_LENGTH_BYTES = 1L << 44;

    /** Offset of {@code st_blocks} in struct stat; its unit is 512 bytes. */
    private static final int STAT_BLOCKS = 64;

    private static final int STAT_BYTES = 144;

    private final int descriptor;
    private final long address;
    private final long lengthBytes;
    private boolean closed;

    private GuestMemoryFile(int descriptor, long address, long lengthBytes) {
        this.descriptor = descriptor;
        this.address = address;
        this.lengthBytes = lengthBytes;
    }

    /** Makes guest memory of {@link #DEFAULT_LENGTH_BYTES}. */
    public static GuestMemoryFile create() {
        return create(DEFAULT_LENGTH_BYTES);
    }

    /**
     * Makes guest memory that can grow up to {@code lengthBytes}, a multiple of the page size.
     *
     * @throws PlatformException if the host refuses
     */
    public static GuestMemoryFile create(long lengthBytes) {
        int descriptor = Host.memfdCreate("guest-memory", Mman.MFD_CLOEXEC | Mman.MFD_ALLOW_SEALING);
        check(descriptor, "memfd_create of guest memory");
        try {
            check(Host.ftruncate(descriptor, lengthBytes), "ftruncate of guest memory");
            int seals = Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_SEAL;
            check(Host.fcntl(descriptor, Fcntl.F_ADD_SEALS, seals), "sealing of guest memory");
            int protection = Mman.PROT_READ | Mman.PROT_WRITE;
            int flags = Mman.MAP_SHARED | Mman.MAP_NORESERVE;
            long address = check(Host.mmap(0, lengthBytes, protection, flags, descriptor, 0), "mmap of guest memory");
            Host.madvise(
                    address, lengthBytes, Mman.MADV_DONTDUMP); // what a guest holds does not belong into a core file
            return new GuestMemoryFile(descriptor, address, lengthBytes);
        } catch (PlatformException e) {
            Host.close(descriptor);
            throw e;
        }
    }

    /** How large the file is: the first offset that does not exist. */
    public long lengthBytes() {
        return lengthBytes;
    }

    @Override
    public int descriptor() {
        return descriptor;
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public boolean isMapped() {
        return true;
    }

    @Override
    public long address(long offset) {
        return address + java.util.Objects.checkIndex(offset, lengthBytes);
    }

    @Override
    public long read(long offset, long destination, long length) {
        return Host.pread(descriptor, destination, length, offset);
    }

    /**
     * Frees the pages of a range, which reads as zeros from then on, in every mapping of it.
     *
     * @return 0, or a negated errno
     */
    public int punch(long offset, long length) {
        return Host.fallocate(descriptor, Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE, offset, length);
    }

    /**
     * Makes the pages of a range exist, so that writing them cannot fail.
     *
     * @return 0, or a negated errno
     */
    public int reserve(long offset, long length) {
        return Host.fallocate(descriptor, Fcntl.FALLOC_FL_KEEP_SIZE, offset, length);
    }

    /** How much memory of the host the file holds now, exactly. */
    public long usedBytes() {
        long stat = NativeMemory.allocate(STAT_BYTES);
        try {
            check(Host.fstat(descriptor, stat), "fstat of guest memory");
            return NativeMemory.getLong(stat + STAT_BLOCKS) * 512;
        } finally {
            NativeMemory.free(stat);
        }
    }

    /** Frees the memory and the mapping; {@link #address} must not be used any more. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Host.munmap(address, lengthBytes);
            Host.close(descriptor);
        }
    }

    private static long check(long result, String what) {
        if (result < 0 && result > -4096) {
            throw new PlatformException(what + " failed", (int) -result);
        }
        return result;
    }
}
