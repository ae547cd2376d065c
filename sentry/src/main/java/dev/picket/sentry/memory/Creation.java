package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;

/** mmap(2), behind the checks of its arguments. Guarded by the lock of the memory manager, held for writing. */
final class Creation {
    private static final long STACK_ROOM_BYTES = 64L << 20;

    private final MemoryManager memory;
    private final Mappings mappings;
    private final Pages pages;

    Creation(MemoryManager memory) {
        this.memory = memory;
        this.mappings = memory.mappings;
        this.pages = memory.pages;
    }

    /**
     * Does what mmap(2) does, after its arguments were looked at.
     *
     * @param lockAll whether mlockall(2) asked for new mappings to be locked
     */
    long map(MapRequest request, long length, boolean lockAll) throws ErrnoException {
        int flags = request.flags();
        boolean shared = (flags & Mman.MAP_TYPE) != Mman.MAP_PRIVATE;
        int prot = request.prot() & (Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC);
        boolean growsDown = (flags & Mman.MAP_GROWSDOWN) != 0 && !shared && request.mappable() == null;
        boolean locked = (flags & Mman.MAP_LOCKED) != 0 || lockAll;
        mappings.checkRoom(2);
        long address = memory.placement.place(request.address(), length, flags);
        long end = address + length;
        long replaced = mappings.isFree(address, end) ? 0 : mappings.overlap(address, end);
        if (memory.exceedsAddressSpace(length - replaced)
                || Mappings.countsAsData(prot, shared, growsDown) && memory.exceedsData(length)) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        if (locked && mappings.lockedBytes + length > memory.limits().lockedBytes()) {
            throw ErrnoException.of(Errno.EAGAIN);
        }

        Vma vma = new Vma(address, end);
        vma.prot = prot;
        vma.maxProt = request.maxProt();
        vma.flags = (shared ? Vma.SHARED : 0)
                | (growsDown ? Vma.GROWS_DOWN : 0)
                | (locked ? Vma.LOCKED : 0)
                | ((flags & Mman.MAP_NORESERVE) != 0 ? Vma.NO_RESERVE : 0);
        vma.name = request.name();
        vma.offset = request.offset();
        vma.mappable = request.mappable();
        if (vma.mappable != null) {
            vma.mappable.retain();
        } else if (shared) {
            vma.offset = 0;
            vma.mappable = new SharedMemory(memory.frames(), length, "/dev/zero (deleted)", address >>> 12);
        }
        boolean populate = (flags & Mman.MAP_POPULATE) != 0 || locked;
        insert(vma, replaced > 0, populate);
        if (populate && !shared && vma.mappable != null && (prot & Mman.PROT_WRITE) != 0) {
            populatePrivately(address, length);
        }
        return address;
    }

    /** Copies the file's pages now: the program is not to see what others write to the file from here on. */
    private void populatePrivately(long address, long length) {
        try {
            new Advice(memory).advise(address, length, Mman.MADV_POPULATE_WRITE);
        } catch (ErrnoException e) {
            // mmap(2): the call does not fail if the mapping cannot be populated. Touching it tells why.
        }
    }

    /** Puts a VMA where nothing is, or else replaces what is there, and maps what can be mapped at once. */
    void insert(Vma vma, boolean replace, boolean populate) throws ErrnoException {
        long start = vma.start;
        long end = vma.end;
        // What was only reserved is let go at once, so that the new mapping can have its file space and join
        // neighbours.
        boolean replacesPages = replace && pages.isAnyMapped(start, end);
        if (replace) {
            mappings.remove(start, end, !replacesPages);
        }
        mappings.add(vma);
        try {
            if (vma.growsDown() && vma.isPrivateAnonymous() && memory.stackRoom.isEmpty() && !vma.hasMirror) {
                memory.stackRoom.makeMirror(vma, stackRoomBytes(), false);
            } else if (vma.isPrivateAnonymous() && !vma.hasMirror && vma.length() <= Mappings.LONGEST_MIRROR_BYTES) {
                mappings.makeMirror(vma); // PROT_NONE too: what becomes accessible of it stays together in the file
            }
            memory.faults.fillEagerly(vma, populate);
        } catch (ErrnoException e) {
            mappings.remove(start, end, true);
            throw e;
        } finally {
            if (replacesPages) {
                pages.unmapHoles(start, end);
                pages.releasePending();
            }
        }
        mappings.merge(start, end);
    }

    private long stackRoomBytes() {
        return Math.min(Pages.pageDown(memory.limits().stackBytes()), STACK_ROOM_BYTES);
    }
}
