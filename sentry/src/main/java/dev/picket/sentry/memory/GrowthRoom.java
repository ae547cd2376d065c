package dev.picket.sentry.memory;

import dev.picket.sentry.errno.ErrnoException;

/**
 * File space kept free beside the mirror of the heap or the stack, so that what they grow by continues it and all of it
 * stays one mapping of the host. It stands for the addresses from {@code start} to {@code end}, which belong to no VMA.
 */
final class GrowthRoom {
    private final FrameAllocator frames;
    private long start;
    private long end;
    private long delta;

    GrowthRoom(FrameAllocator frames) {
        this.frames = frames;
    }

    boolean isEmpty() {
        return start == end;
    }

    /** Gives a VMA a mirror with room for {@code roomBytes} more above or below it; drops what room there was. */
    void makeMirror(Vma vma, long roomBytes, boolean above) throws ErrnoException {
        release();
        long offset = frames.allocate(vma.length() + roomBytes, above ? vma.start : vma.start - roomBytes);
        delta = (above ? offset : offset + roomBytes) - vma.start;
        start = above ? vma.end : vma.start - roomBytes;
        end = above ? vma.end + roomBytes : vma.start;
        vma.mirrorDelta = delta;
        vma.hasMirror = true;
    }

    /** Gives a VMA that begins or ends where the room does its mirror out of the room, if that is large enough. */
    boolean take(Vma vma) {
        if (vma.length() > end - start || vma.start != start && vma.end != end) {
            return false;
        }
        if (vma.start == start) {
            start = vma.end;
        } else {
            end = vma.start;
        }
        vma.mirrorDelta = delta;
        vma.hasMirror = true;
        return true;
    }

    /** Takes the file space of addresses below the room back, which the heap has just let go of. */
    void takeBack(long from, long to) {
        if (to == start && from < to && frames.allocateAt(from + delta, to - from)) {
            start = from;
        }
    }

    void release() {
        if (!isEmpty()) {
            frames.release(start + delta, end - start);
            start = end;
        }
    }
}
