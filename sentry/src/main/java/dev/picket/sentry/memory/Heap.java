package dev.picket.sentry.memory;

import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;

/** The heap that brk(2) grows. Guarded by the lock of the memory manager, held for writing by what changes it. */
final class Heap {
    private static final long ROOM_BYTES = 1L << 30;

    private final MemoryManager memory;
    private final Mappings mappings;
    private final GrowthRoom room;
    long start;
    long end;

    Heap(MemoryManager memory) {
        this.memory = memory;
        this.mappings = memory.mappings;
        this.room = new GrowthRoom(memory.frames());
    }

    /** Moves the end; answers where it is now. */
    long move(long address, boolean locked) {
        if (address < start || address >= memory.addressLimit) {
            return end;
        }
        long oldEnd = Pages.pageUp(end);
        long newEnd = Pages.pageUp(address);
        if (newEnd < oldEnd) {
            mappings.remove(newEnd, oldEnd, true);
            room.takeBack(newEnd, oldEnd);
        } else if (newEnd > oldEnd && !grow(oldEnd, newEnd, locked)) {
            return end;
        }
        end = address;
        return address;
    }

    private boolean grow(long oldEnd, long newEnd, boolean locked) {
        long more = newEnd - oldEnd;
        boolean allowed = newEnd - start <= memory.limits().dataBytes()
                && !memory.exceedsData(more)
                && !memory.exceedsAddressSpace(more)
                && mappings.isFreeWithGuards(oldEnd, newEnd + Pages.PAGE_BYTES);
        if (!allowed) {
            return false;
        }
        Vma vma = new Vma(oldEnd, newEnd);
        vma.prot = Mman.PROT_READ | Mman.PROT_WRITE;
        vma.maxProt = vma.prot | Mman.PROT_EXEC;
        vma.flags = locked ? Vma.LOCKED : 0;
        vma.name = "[heap]";
        try {
            mappings.checkRoom(1);
            if (!room.take(vma)) {
                room.makeMirror(vma, ROOM_BYTES, true);
            }
            new Creation(memory).insert(vma, false, false);
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    void release() {
        room.release();
    }
}
