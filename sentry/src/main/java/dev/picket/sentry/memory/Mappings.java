package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.List;

/** The VMAs of an address space and their mirrors. Guarded by the lock of the memory manager. */
final class Mappings {
    /** As vm.max_map_count of Linux. */
    static final int MAXIMUM_MAPPINGS = 65_530;

    /** Linux keeps this much free below a mapping that grows down (stack_guard_gap). */
    static final long STACK_GUARD_BYTES = 256 * Pages.PAGE_BYTES;

    /**
     * A VMA longer than this gets no mirror as a whole: the piece around a fault does, and is split off for it. Programs
     * reserve terabytes that way, more than the guest memory file is long.
     */
    static final long LONGEST_MIRROR_BYTES = 64L << 30;

    final RangeList<Vma> vmas = new RangeList<>();
    private final FrameAllocator frames;
    private final Pages pages;

    long virtualBytes;
    long peakVirtualBytes;
    long dataBytes;
    long lockedBytes;

    Mappings(Pages pages, FrameAllocator frames) {
        this.pages = pages;
        this.frames = frames;
    }

    Vma find(long address) {
        return vmas.find(address);
    }

    void checkRoom(int more) throws ErrnoException {
        if (vmas.size() + more > MAXIMUM_MAPPINGS) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        pages.checkRoom();
    }

    /** Takes a VMA out of the list that is the caller's from now on, with all it holds. */
    void take(Vma vma) {
        int index = vmas.indexOf(vma.start);
        vmas.remove(index, index + 1);
        count(vma, -1);
    }

    /** Adds a VMA where none is. It holds its mappable and its mirror from now on. */
    void add(Vma vma) {
        vmas.add(vma);
        count(vma, 1);
    }

    /** Removes what lies in a range: VMAs, what is mapped of them, mirrors. */
    void remove(long start, long end, boolean unmapOnHost) {
        int from = split(start);
        int to = split(end);
        if (from == to) {
            return;
        }
        if (unmapOnHost) {
            pages.unmap(start, end);
        } else {
            pages.forget(start, end);
        }
        for (int i = from; i < to; i++) {
            Vma vma = vmas.get(i);
            count(vma, -1);
            dropMirror(vma);
            if (vma.mappable != null) {
                vma.mappable.release();
            }
        }
        vmas.remove(from, to);
        if (unmapOnHost) {
            pages.releasePending();
        }
    }

    /**
     * Removes the VMAs of one attachment that began at {@code address}, the first of which may be gone: as Linux does it,
     * the first VMA behind that place that lies where its attachment would have it says which it was.
     */
    boolean removeAttachment(long address, MemoryManager.AttachmentLength lengths) {
        Mappable attached = null;
        long end = Long.MAX_VALUE;
        for (int i = vmas.firstEndingAfter(address); i < vmas.size() && vmas.get(i).end <= end; ) {
            Vma vma = vmas.get(i);
            boolean fits = vma.mappable != null
                    && vma.start - address == vma.offset
                    && (attached == null ? lengths.lengthBytes(vma.mappable) >= 0 : vma.mappable == attached);
            if (!fits) {
                i++;
                continue;
            }
            if (attached == null) {
                attached = vma.mappable;
                end = address + Pages.pageUp(lengths.lengthBytes(attached));
            }
            remove(vma.start, vma.end, true);
        }
        return attached != null;
    }

    /** Unmaps what lies behind {@code end} of a file; its VMAs stay, and faults in them find nothing any more. */
    void cutOff(Object identity, long end) {
        for (int i = 0; i < vmas.size(); i++) {
            Vma vma = vmas.get(i);
            if (vma.mappable == null || vma.offset + vma.length() <= end || vma.mappable.identity() != identity) {
                continue;
            }
            long start = vma.start + Math.max(0, end - vma.offset);
            if (pages.isAnyMapped(start, vma.end)) {
                dropMirror(vma); // what was copied there is forgotten; the segments hold what is still in use
                pages.unmap(start, vma.end);
            }
        }
    }

    /** Makes {@code address} a boundary of VMAs; answers the index of the first one from there on. */
    int split(long address) {
        int index = vmas.firstEndingAfter(address);
        if (index < vmas.size()) {
            Vma vma = vmas.get(index);
            if (vma.start < address) {
                Vma rest = vma.part(address, vma.end);
                vma.end = address;
                if (rest.mappable != null) {
                    rest.mappable.retain();
                }
                return vmas.add(rest);
            }
        }
        return index;
    }

    /**
     * Joins what continues among the VMAs of a range and those beside it. If their mirrors do not continue too, they are
     * let go, for the segments hold what is in use.
     */
    void merge(long start, long end) {
        join(start, end);
        pages.releasePending();
    }

    private void join(long start, long end) {
        int kept = Math.max(vmas.firstEndingAfter(start) - 1, 0);
        int index = kept + 1;
        while (index < vmas.size()) {
            Vma vma = vmas.get(kept);
            if (vma.end > end) {
                return;
            }
            int runEnd = index;
            while (runEnd < vmas.size() && vma.continuesWith(vmas.get(runEnd))) {
                Vma next = vmas.get(runEnd);
                if (!vma.sharesMirrorWith(next)) {
                    dropMirror(vma);
                    dropMirror(next);
                }
                vma.end = next.end;
                if (vma.mappable != null) {
                    vma.mappable.release();
                }
                runEnd++;
            }
            vmas.remove(index, runEnd);
            kept = index;
            index++;
        }
    }

    /** Changes attributes of a VMA without losing count. */
    void change(Vma vma, int prot, int flags) {
        count(vma, -1);
        vma.prot = prot;
        vma.flags = flags;
        count(vma, 1);
    }

    /** Puts the VMAs of a range into a list, cutting them to it; answers whether they cover it without a hole. */
    boolean collect(long start, long end, List<Vma> into) {
        int from = split(start);
        int to = split(end);
        long next = start;
        boolean whole = true;
        for (int i = from; i < to; i++) {
            Vma vma = vmas.get(i);
            whole &= vma.start == next;
            next = vma.end;
            into.add(vma);
        }
        return whole && next == end;
    }

    /** Bytes of a range that are locked. */
    long lockedOverlap(long start, long end) {
        long bytes = 0;
        for (int i = vmas.firstEndingAfter(start); i < vmas.size() && vmas.get(i).start < end; i++) {
            Vma vma = vmas.get(i);
            if ((vma.flags & Vma.LOCKED) != 0) {
                bytes += Math.min(vma.end, end) - Math.max(vma.start, start);
            }
        }
        return bytes;
    }

    /** Whether VMAs cover all of a range. */
    boolean covers(long start, long end) {
        long next = start;
        for (int i = vmas.firstEndingAfter(start); next < end; i++) {
            if (i == vmas.size() || vmas.get(i).start > next) {
                return false;
            }
            next = vmas.get(i).end;
        }
        return true;
    }

    boolean isFree(long start, long end) {
        int index = vmas.firstEndingAfter(start);
        return index == vmas.size() || vmas.get(index).start >= end;
    }

    /** As {@link #isFree}, and out of the guard gap of a mapping that grows down. */
    boolean isFreeWithGuards(long start, long end) {
        int index = vmas.firstEndingAfter(start);
        return index == vmas.size() || guardedStart(vmas.get(index)) >= end;
    }

    /**
     * Highest free place below {@code limit} for {@code length} bytes, keeping the guard gap of mappings that grow down.
     *
     * @return its address, or -1 if there is none from {@code floor} on
     */
    long highestFree(long length, long floor, long limit, long alignment) {
        int above = vmas.firstEndingAfter(limit - 1);
        long gapEnd = above < vmas.size() ? Math.min(limit, guardedStart(vmas.get(above))) : limit;
        for (int i = above - 1; ; i--) {
            long gapStart = i < 0 ? floor : Math.max(floor, vmas.get(i).end);
            long address = gapEnd - length & -alignment;
            if (address >= gapStart) {
                return address;
            }
            if (i < 0 || gapStart == floor) {
                return -1;
            }
            gapEnd = guardedStart(vmas.get(i));
        }
    }

    /** Lowest free place from {@code floor} on for {@code length} bytes, or -1 if there is none below {@code limit}. */
    long lowestFree(long length, long floor, long limit) {
        long address = floor;
        for (int i = vmas.firstEndingAfter(floor); i < vmas.size(); i++) {
            if (limit - address < length) {
                return -1;
            }
            if (guardedStart(vmas.get(i)) - address >= length) {
                return address;
            }
            address = vmas.get(i).end;
        }
        return limit - address >= length ? address : -1;
    }

    /** First address that a mapping below {@code vma} must leave free. */
    static long guardedStart(Vma vma) {
        return vma.growsDown() ? Math.max(vma.start - STACK_GUARD_BYTES, 0) : vma.start;
    }

    /**
     * Gives a private VMA, which need not be in the list yet, its mirror: beside that of a neighbour if that is possible,
     * so that the two can merge.
     */
    void makeMirror(Vma vma) throws ErrnoException {
        if (vma.isPrivateAnonymous()) {
            Vma above = vmas.find(vma.end);
            if (isMirroredBeside(above, vma) && takeMirror(vma, above.mirrorDelta)) {
                return;
            }
            Vma below = vmas.find(vma.start - 1);
            if (isMirroredBeside(below, vma) && takeMirror(vma, below.mirrorDelta)) {
                return;
            }
        }
        vma.mirrorDelta = frames.allocate(vma.length(), vma.start) - vma.start;
        vma.hasMirror = true;
    }

    private static boolean isMirroredBeside(Vma neighbour, Vma vma) {
        return neighbour != null && neighbour != vma && neighbour.isPrivateAnonymous() && neighbour.hasMirror;
    }

    private boolean takeMirror(Vma vma, long delta) {
        if (!frames.allocateAt(vma.start + delta, vma.length())) {
            return false;
        }
        vma.mirrorDelta = delta;
        vma.hasMirror = true;
        return true;
    }

    /** Lets go of a VMA's mirror; what of it is mapped is held by the segments. */
    void dropMirror(Vma vma) {
        if (vma.hasMirror) {
            pages.releaseLater(vma.start + vma.mirrorDelta, vma.length());
            vma.hasMirror = false;
        }
    }

    /** Splits a VMA that is too long for a mirror; answers the piece that {@code address} lies in. */
    Vma pieceForMirror(Vma vma, long address) throws ErrnoException {
        if (vma.length() <= LONGEST_MIRROR_BYTES) {
            return vma;
        }
        checkRoom(2);
        long start = address & -LONGEST_MIRROR_BYTES;
        if (start > vma.start) {
            split(start);
        }
        if (start + LONGEST_MIRROR_BYTES < vmas.find(address).end) {
            split(start + LONGEST_MIRROR_BYTES);
        }
        return vmas.find(address);
    }

    /** Bytes of a range that VMAs cover. */
    long overlap(long start, long end) {
        long bytes = 0;
        for (int i = vmas.firstEndingAfter(start); i < vmas.size() && vmas.get(i).start < end; i++) {
            bytes += Math.min(end, vmas.get(i).end) - Math.max(start, vmas.get(i).start);
        }
        return bytes;
    }

    /** Whether removing a range leaves two parts of one VMA. */
    boolean wouldSplit(long start, long end) {
        Vma vma = vmas.find(start);
        return vma != null && vma.start < start && vma.end > end;
    }

    boolean anyLocked(long start, long end) {
        for (int i = vmas.firstEndingAfter(start); i < vmas.size() && vmas.get(i).start < end; i++) {
            if ((vmas.get(i).flags & Vma.LOCKED) != 0) {
                return true;
            }
        }
        return false;
    }

    long stackBytes() {
        long bytes = 0;
        for (int i = 0; i < vmas.size(); i++) {
            bytes += vmas.get(i).growsDown() ? vmas.get(i).length() : 0;
        }
        return bytes;
    }

    /** Lets go of all VMAs; the segments have been let go already. */
    void releaseAll() {
        for (int i = 0; i < vmas.size(); i++) {
            Vma vma = vmas.get(i);
            dropMirror(vma);
            if (vma.mappable != null) {
                vma.mappable.release();
            }
        }
        vmas.remove(0, vmas.size());
        virtualBytes = 0;
        dataBytes = 0;
        lockedBytes = 0;
    }

    List<Vma> all() {
        var list = new ArrayList<Vma>(vmas.size());
        for (int i = 0; i < vmas.size(); i++) {
            list.add(vmas.get(i));
        }
        return list;
    }

    private void count(Vma vma, int sign) {
        long length = sign * vma.length();
        virtualBytes += length;
        peakVirtualBytes = Math.max(peakVirtualBytes, virtualBytes);
        if (vma.isData()) {
            dataBytes += length;
        }
        if ((vma.flags & Vma.LOCKED) != 0) {
            lockedBytes += length;
        }
    }

    /** Whether a new mapping with these attributes counts against RLIMIT_DATA. */
    static boolean countsAsData(int prot, boolean shared, boolean growsDown) {
        return !shared && !growsDown && (prot & Mman.PROT_WRITE) != 0;
    }
}
