package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;

/**
 * Finds out what a page fault wants, and does it: maps what is not mapped yet, copies or takes over what is copied on
 * write, grows stacks. Guarded by the lock of the memory manager, held for writing.
 */
final class FaultResolver {
    private static final long FIRST_COPY_BYTES = Pages.PAGE_BYTES;
    private static final long LONGEST_COPY_BYTES = 256 << 10;
    private static final long STACK_STEP_BYTES = 1 << 20;
    private static final int EAGER_BACKINGS = 16;
    private static final int REMEMBERED_FAULTS = 64;

    private final MemoryManager memory;
    private final Mappings mappings;
    private final Pages pages;
    private final FrameAllocator frames;
    private final long[] bounds = new long[2];

    /** Last unexplained fault by thread: thread id, address, generation of the pages. */
    private final long[] unexplained = new long[REMEMBERED_FAULTS * 3];

    FaultResolver(MemoryManager memory) {
        this.memory = memory;
        this.mappings = memory.mappings;
        this.pages = memory.pages;
        this.frames = memory.frames();
    }

    /**
     * Makes one access possible.
     *
     * @param access bits of {@link Access}; NONE if nobody knows
     * @param byGuest whether guest code faulted, and faults again if nothing was done
     */
    FaultOutcome resolve(long address, int access, boolean byGuest) {
        Vma vma = mappings.find(address);
        if (vma == null) {
            vma = growStack(address);
            if (vma == null) {
                return FaultOutcome.SEGV_MAPERR;
            }
        }
        if (!permits(vma.prot, access)) {
            return FaultOutcome.SEGV_ACCERR;
        }
        try {
            long page = Pages.pageDown(address);
            Segment segment = pages.find(page);
            if (segment == null) {
                fill(vma, page);
                segment = pages.find(page);
                if ((access & Access.WRITE) != 0 && segment.copyOnWrite) {
                    breakCopyOnWrite(mappings.find(address), segment, page);
                }
                return FaultOutcome.RESOLVED;
            }
            boolean mayWrite = (vma.prot & Mman.PROT_WRITE) != 0;
            if (segment.copyOnWrite && mayWrite && (access == Access.NONE || (access & Access.WRITE) != 0)) {
                breakCopyOnWrite(vma, segment, page);
                return FaultOutcome.RESOLVED;
            }
            return byGuest ? unexplained(address, access) : FaultOutcome.RESOLVED;
        } catch (ErrnoException e) {
            return e.errno() == Errno.ENOMEM || e.errno() == Errno.ENOSPC
                    ? FaultOutcome.OUT_OF_MEMORY
                    : FaultOutcome.BUS_ADRERR;
        }
    }

    /**
     * Makes one access possible that the program itself may not make: a debugger reads what is mapped without
     * permissions, and writes its own copy of private memory that is read-only. FOLL_FORCE of Linux.
     *
     * @return whether it is possible now
     */
    boolean resolveForced(long address, boolean write) {
        Vma vma = mappings.find(address);
        if (vma == null || write && vma.isShared() && (vma.prot & Mman.PROT_WRITE) == 0) {
            return false; // a debugger's write must not end up in a file
        }
        try {
            long page = Pages.pageDown(address);
            if (pages.find(page) == null) {
                fill(vma, page);
            }
            Segment segment = pages.find(page);
            if (write && segment.copyOnWrite) {
                breakCopyOnWrite(mappings.find(address), segment, page);
            }
            return true;
        } catch (ErrnoException e) {
            return false; // beyond the end of a file, or no memory
        }
    }

    /** Maps what of a new or newly accessible VMA can be mapped at once, so that it causes no faults. */
    void fillEagerly(Vma vma, boolean populate) throws ErrnoException {
        if (vma.prot == 0) {
            return;
        }
        if (vma.isPrivateAnonymous()) {
            if (vma.length() <= Mappings.LONGEST_MIRROR_BYTES) {
                if (!vma.hasMirror) {
                    mappings.makeMirror(vma);
                }
                pages.mapHoles(vma.start, vma.end, vma.mirrorDelta, vma.prot, populate);
            }
            return;
        }
        long next = vma.start;
        for (int i = 0; i < EAGER_BACKINGS && next < vma.end; i++) {
            int index = pages.segments.firstEndingAfter(next);
            if (index < pages.segments.size() && pages.segments.get(index).start < vma.end) {
                return; // mapped in part already; faults see to the rest
            }
            Mappable.Backing backing;
            try {
                backing = translate(vma, next, vma.end);
            } catch (ErrnoException e) {
                return; // beyond the end of the file, or no memory: told to the one who touches it
            }
            next = mapBacking(vma, next, vma.end, backing, populate);
        }
    }

    private static boolean permits(int prot, int access) {
        if (prot == 0) {
            return false;
        }
        if ((access & Access.EXECUTE) != 0 && (prot & Mman.PROT_EXEC) == 0) {
            return false;
        }
        return (access & Access.WRITE) == 0 || (prot & Mman.PROT_WRITE) != 0;
    }

    private FaultOutcome unexplained(long address, int access) {
        // Another thread may have resolved the same fault just before: then running on is right, and only if that leads
        // here again with nothing changed meanwhile was the access wrong.
        long thread = Thread.currentThread().getId();
        int slot = (int) (thread % REMEMBERED_FAULTS) * 3;
        boolean again = unexplained[slot] == thread
                && unexplained[slot + 1] == address
                && unexplained[slot + 2] == pages.generation;
        unexplained[slot] = thread;
        unexplained[slot + 1] = address;
        unexplained[slot + 2] = pages.generation;
        if (!again) {
            return FaultOutcome.RESOLVED;
        }
        return access == Access.NONE ? FaultOutcome.SEGV_ACCERR : FaultOutcome.BUS_ADRERR;
    }

    private void fill(Vma vma, long page) throws ErrnoException {
        pages.checkRoom();
        if (vma.isPrivateAnonymous()) {
            Vma piece = mappings.pieceForMirror(vma, page);
            if (!piece.hasMirror) {
                mappings.makeMirror(piece);
            }
            pages.map(
                    new Segment(
                            holeStart(piece, page),
                            holeEnd(piece, page),
                            frames.file(),
                            piece.mirrorDelta,
                            piece.prot,
                            false,
                            true),
                    false);
            return;
        }
        long end = holeEnd(vma, page);
        mapBacking(vma, page, end, translate(vma, page, end), false);
    }

    private Mappable.Backing translate(Vma vma, long address, long end) throws ErrnoException {
        boolean write = vma.isShared() && (vma.prot & Mman.PROT_WRITE) != 0;
        return vma.mappable.translate(vma.offsetOf(address), end - address, write);
    }

    private long mapBacking(Vma vma, long address, long end, Mappable.Backing backing, boolean populate) {
        long length = Math.min(Pages.pageUp(backing.lengthBytes()), end - address);
        long delta = backing.offset() - address;
        var segment = new Segment(address, address + length, backing.file(), delta, vma.prot, !vma.isShared(), false);
        pages.map(segment, populate);
        return address + length;
    }

    private long holeStart(Vma vma, long page) {
        int index = pages.segments.firstEndingAfter(page);
        return index == 0 ? vma.start : Math.max(vma.start, pages.segments.get(index - 1).end);
    }

    private long holeEnd(Vma vma, long page) {
        int index = pages.segments.firstEndingAfter(page);
        return index == pages.segments.size() ? vma.end : Math.min(vma.end, pages.segments.get(index).start);
    }

    private void breakCopyOnWrite(Vma vma, Segment segment, long page) throws ErrnoException {
        long start = Math.max(vma.start, segment.start);
        long end = Math.min(vma.end, segment.end);
        boolean inMirror = segment.counted && vma.hasMirror && segment.delta == vma.mirrorDelta;
        if (segment.counted) {
            int references = frames.references(page + segment.delta, bounds);
            start = Math.max(start, bounds[0] - segment.delta);
            end = Math.min(end, bounds[1] - segment.delta);
            if (references == (inMirror ? 2 : 1)) {
                // Nobody else uses them any more, as when a forked child has called execve: no copy is needed.
                pages.endCopyOnWrite(start, end);
                return;
            }
        }
        pages.checkRoom();
        Vma piece = mappings.pieceForMirror(vma, page);
        end = Math.min(Math.min(end, piece.end), page + nextCopyBytes(piece, segment, page));
        if (inMirror) {
            mappings.dropMirror(piece); // its page is the one to be copied; the segments hold what is in use
        }
        if (!piece.hasMirror) {
            mappings.makeMirror(piece);
        }
        copy(piece, segment, page, end);
        pages.releasePending();
    }

    private static long nextCopyBytes(Vma vma, Segment segment, long page) {
        // Copying in larger steps pays only for those who write in order; see the memory facts of the design. A file
        // that
        // others may write is copied page by page, for what they write must be seen in the pages that were not touched.
        boolean inOrder = page == vma.nextCopy && (segment.counted || !segment.file.isWritable());
        vma.copyBytes = inOrder ? Math.min(vma.copyBytes * 4, LONGEST_COPY_BYTES) : FIRST_COPY_BYTES;
        vma.nextCopy = page + vma.copyBytes;
        return vma.copyBytes;
    }

    private void copy(Vma vma, Segment segment, long start, long end) throws ErrnoException {
        PageCopy.copy(segment.file, start + segment.delta, frames, start + vma.mirrorDelta, end - start);
        int prot = segment.prot;
        pages.forget(start, end);
        pages.map(new Segment(start, end, frames.file(), vma.mirrorDelta, prot, false, true), true);
    }

    /** Extends a mapping that grows down to {@code address}, if there is one above it that may. */
    private Vma growStack(long address) {
        int index = mappings.vmas.firstEndingAfter(address);
        if (address < MemoryManager.MINIMUM_ADDRESS || index == mappings.vmas.size()) {
            return null;
        }
        Vma stack = mappings.vmas.get(index);
        if (!stack.growsDown()) {
            return null;
        }
        long top = stack.end;
        for (int i = index + 1; i < mappings.vmas.size(); i++) {
            Vma above = mappings.vmas.get(i);
            if (above.start != top || !above.growsDown()) {
                break;
            }
            top = above.end;
        }
        long lowest = MemoryManager.MINIMUM_ADDRESS;
        long limit = Pages.pageDown(memory.limits().stackBytes());
        if (limit < top - lowest) {
            lowest = top - limit;
        }
        if (index > 0) {
            Vma below = mappings.vmas.get(index - 1);
            long guard = below.prot == 0 || below.growsDown() ? 0 : Mappings.STACK_GUARD_BYTES;
            lowest = Math.max(lowest, below.end + guard);
        }
        long needed = Pages.pageDown(address);
        if (needed < lowest) {
            return null;
        }
        // More than asked for: a fault costs more than file space that is never touched.
        long start = Math.max(lowest, Math.min(needed, stack.start - Math.min(top - stack.start, STACK_STEP_BYTES)));
        if (memory.exceedsAddressSpace(stack.start - start)) {
            start = needed;
            if (memory.exceedsAddressSpace(stack.start - start)) {
                return null;
            }
        }
        try {
            mappings.checkRoom(1);
            Vma grown = stack.part(start, stack.start);
            grown.hasMirror = false;
            if (grown.mappable != null) {
                return null; // Linux lets files grow down too; nobody does that
            }
            if (!memory.stackRoom.take(grown)) {
                mappings.makeMirror(grown);
            }
            mappings.add(grown);
            fillEagerly(grown, false);
            long end = stack.start;
            mappings.merge(start, end);
            return mappings.find(address);
        } catch (ErrnoException e) {
            return null;
        }
    }
}
