package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;

/** mremap(2), remap_file_pages(2). Guarded by the lock of the memory manager, held for writing. */
final class Relocation {
    private final MemoryManager memory;
    private final Mappings mappings;
    private final Pages pages;

    Relocation(MemoryManager memory) {
        this.memory = memory;
        this.mappings = memory.mappings;
        this.pages = memory.pages;
    }

    long remap(long oldAddress, long oldBytes, long newBytes, int flags, long newAddress) throws ErrnoException {
        boolean mayMove = (flags & Mman.MREMAP_MAYMOVE) != 0;
        boolean fixed = (flags & Mman.MREMAP_FIXED) != 0;
        boolean keep = (flags & Mman.MREMAP_DONTUNMAP) != 0;
        long oldLength = length(oldBytes);
        long newLength = length(newBytes);
        if ((flags & ~(Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED | Mman.MREMAP_DONTUNMAP)) != 0
                || fixed && !mayMove
                || keep && (!mayMove || oldLength != newLength)
                || (oldAddress & Pages.PAGE_BYTES - 1) != 0
                || newLength == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        Vma vma = oldAddress < 0 ? null : mappings.find(oldAddress);
        if (vma == null) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        mappings.checkRoom(4);
        if (fixed || keep) {
            return remapTo(oldAddress, oldLength, newLength, fixed, keep, newAddress);
        }
        if (oldLength >= newLength) {
            memory.rangeEnd(oldAddress, oldLength, Errno.EINVAL);
            if (oldLength > newLength) {
                mappings.remove(oldAddress + newLength, oldAddress + oldLength, true);
            }
            return oldAddress;
        }
        checkResize(vma, oldAddress, oldLength, newLength);
        if (oldLength == vma.end - oldAddress && canGrow(vma, newLength - oldLength)) {
            grow(vma, oldAddress + newLength);
            return oldAddress;
        }
        if (!mayMove) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        return move(oldAddress, oldLength, memory.placement.find(newLength), newLength, false);
    }

    /** remap_file_pages(2), as Linux has emulated it since 4.0: a mapping of another part of the file over this one. */
    void remapFile(long start, long length, long pageOffset) throws ErrnoException {
        if (length <= 0
                || start < 0
                || start > memory.addressLimit - length
                || pageOffset < 0
                || pageOffset > (Long.MAX_VALUE - length) / Pages.PAGE_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        Vma first = mappings.find(start);
        if (first == null || !first.isShared()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        for (long next = first.end; next < start + length; ) {
            Vma vma = mappings.find(next);
            if (vma == null
                    || vma.mappable == null
                    || vma.mappable.identity() != first.mappable.identity()
                    || vma.flags != first.flags
                    || vma.prot != first.prot) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            next = vma.end;
        }
        mappings.checkRoom(2);
        Vma vma = first.part(start, start + length);
        vma.offset = pageOffset * Pages.PAGE_BYTES;
        vma.mappable.retain();
        new Creation(memory).insert(vma, true, false);
    }

    private long remapTo(long oldAddress, long oldLength, long newLength, boolean fixed, boolean keep, long newAddress)
            throws ErrnoException {
        if (fixed) {
            if ((newAddress & Pages.PAGE_BYTES - 1) != 0
                    || newAddress < 0
                    || newLength > memory.addressLimit
                    || newAddress > memory.addressLimit - newLength
                    || oldAddress < newAddress + newLength && newAddress < oldAddress + oldLength) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (newAddress < MemoryManager.MINIMUM_ADDRESS) {
                throw ErrnoException.of(Errno.EPERM);
            }
            mappings.remove(newAddress, newAddress + newLength, true);
        }
        if (oldLength > newLength) {
            memory.rangeEnd(oldAddress, oldLength, Errno.EINVAL);
            mappings.remove(oldAddress + newLength, oldAddress + oldLength, true);
            oldLength = newLength;
        }
        Vma vma = mappings.find(oldAddress);
        if (vma == null) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        checkResize(vma, oldAddress, oldLength, newLength);
        if (keep && memory.exceedsAddressSpace(newLength)) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        long target = fixed ? newAddress : placeFor(newAddress, newLength);
        return move(oldAddress, oldLength, target, newLength, keep);
    }

    /** MREMAP_DONTUNMAP without MREMAP_FIXED takes the new address as a hint. */
    private long placeFor(long hint, long length) throws ErrnoException {
        boolean usable = hint >= MemoryManager.MINIMUM_ADDRESS
                && (hint & Pages.PAGE_BYTES - 1) == 0
                && hint <= memory.addressLimit - length
                && mappings.isFree(hint, hint + length);
        return usable ? hint : memory.placement.find(length);
    }

    private void checkResize(Vma vma, long address, long oldLength, long newLength) throws ErrnoException {
        if (oldLength == 0 && !vma.isShared()) {
            throw ErrnoException.of(Errno.EINVAL); // there is no copy of private memory to be had
        }
        if (oldLength > vma.end - address) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        long more = newLength - oldLength;
        if (vma.mappable != null && vma.offsetOf(address) > Long.MAX_VALUE - newLength) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (newLength > memory.addressLimit
                || memory.exceedsAddressSpace(more)
                || vma.isData() && memory.exceedsData(more)) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        boolean locked = (vma.flags & Vma.LOCKED) != 0;
        if (locked && mappings.lockedBytes + more > memory.limits().lockedBytes()) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
    }

    private boolean canGrow(Vma vma, long more) {
        if (more > memory.addressLimit - vma.end) {
            return false;
        }
        int index = mappings.vmas.firstEndingAfter(vma.end);
        return index == mappings.vmas.size() || Mappings.guardedStart(mappings.vmas.get(index)) >= vma.end + more;
    }

    private void grow(Vma vma, long newEnd) throws ErrnoException {
        Vma tail = vma.part(vma.end, newEnd);
        tail.hasMirror = false;
        if (tail.mappable != null) {
            tail.mappable.retain();
        }
        new Creation(memory).insert(tail, false, false);
    }

    private long move(long oldAddress, long oldLength, long newAddress, long newLength, boolean keep)
            throws ErrnoException {
        if (oldLength == 0) {
            Vma source = mappings.find(oldAddress);
            Vma copy = source.part(newAddress, newAddress + newLength);
            copy.offset = source.offsetOf(oldAddress);
            copy.mappable.retain();
            new Creation(memory).insert(copy, false, false);
            return newAddress;
        }
        long oldEnd = oldAddress + oldLength;
        mappings.split(oldAddress);
        mappings.split(oldEnd);
        Vma old = mappings.find(oldAddress);
        long shift = newAddress - oldAddress;

        Vma moved = old.part(oldAddress, oldEnd);
        moved.start = newAddress;
        moved.end = newAddress + oldLength;
        moved.mirrorDelta -= shift;
        if (keep) {
            old.hasMirror = false; // the pages go with the new mapping, and their mirror with them
            if (old.mappable != null) {
                old.mappable.retain();
            }
        } else {
            mappings.take(old);
        }
        mappings.add(moved);
        for (Segment part : pages.parts(oldAddress, oldEnd)) {
            pages.map(
                    new Segment(
                            part.start + shift,
                            part.end + shift,
                            part.file,
                            part.delta - shift,
                            part.prot,
                            part.copyOnWrite,
                            part.counted),
                    false);
        }
        pages.unmap(oldAddress, oldEnd);
        if (keep) {
            mappings.merge(oldAddress, oldEnd); // it was cut out only for its pages to be moved
        }
        if (newLength > oldLength) {
            grow(moved, newAddress + newLength);
        }
        mappings.merge(newAddress, newAddress + newLength);
        return newAddress;
    }

    /** Rounds up to pages; what does not fit is longer than any mapping. */
    private static long length(long bytes) {
        long length = Pages.pageUp(bytes);
        return bytes < 0 || length < 0 ? Long.MAX_VALUE & -Pages.PAGE_BYTES : length;
    }
}
