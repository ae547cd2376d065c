package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;

/** Chooses the addresses of mappings. Guarded by the lock of the memory manager. */
final class Placement {
    private static final long DEFAULT_GAP_BYTES = 128L << 20;
    private static final long LOW_START = 0x4000_0000L;
    private static final long LOW_END = 0x8000_0000L;

    private final Mappings mappings;
    private final long addressLimit;

    /** Mappings are placed below this, the highest place first. */
    private long top;

    Placement(Mappings mappings, long addressLimit) {
        this.mappings = mappings;
        this.addressLimit = addressLimit;
        this.top = Pages.pageDown(addressLimit - DEFAULT_GAP_BYTES);
    }

    long top() {
        return top;
    }

    void setTop(long address) {
        top = Math.min(Pages.pageDown(address), addressLimit);
    }

    /**
     * Where mmap(2) puts a mapping.
     *
     * @param hint address that the program names
     * @param flags MAP_ bits
     * @throws ErrnoException ENOMEM, EINVAL, EPERM, EEXIST
     */
    long place(long hint, long length, int flags) throws ErrnoException {
        if ((flags & (Mman.MAP_FIXED | Mman.MAP_FIXED_NOREPLACE)) != 0) {
            checkFixed(hint, length, (flags & Mman.MAP_FIXED_NOREPLACE) != 0);
            return hint;
        }
        boolean low = (flags & Mman.MAP_32BIT) != 0;
        if (hint > 0 && hint <= addressLimit - length && !low) {
            long address = Math.max(Pages.pageUp(hint), MemoryManager.MINIMUM_ADDRESS);
            if (address <= addressLimit - length && mappings.isFreeWithGuards(address, address + length)) {
                return address;
            }
        }
        if (!low) {
            return find(length);
        }
        long address = mappings.lowestFree(length, LOW_START, LOW_END);
        if (address < 0) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        return address;
    }

    private void checkFixed(long address, long length, boolean noReplace) throws ErrnoException {
        if (address < 0 || address > addressLimit - length) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        if ((address & Pages.PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (address < MemoryManager.MINIMUM_ADDRESS) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if (noReplace && !mappings.isFree(address, address + length)) {
            throw ErrnoException.of(Errno.EEXIST);
        }
    }

    /** A free place for {@code length} bytes; ENOMEM if there is none. */
    long find(long length) throws ErrnoException {
        long huge = FrameAllocator.HUGE_PAGE_BYTES;
        long alignment = length % huge == 0 ? huge : Pages.PAGE_BYTES;
        long address = mappings.highestFree(length, MemoryManager.MINIMUM_ADDRESS, top, alignment);
        if (address < 0) {
            address = mappings.lowestFree(length, MemoryManager.MINIMUM_ADDRESS, addressLimit);
        }
        if (address < 0) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        return address;
    }
}
