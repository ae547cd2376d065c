package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What of an address space is mapped on the host: the segments, kept the same as the platform's mappings.
 *
 * <p>Guarded by the lock of the memory manager. Frames are let go only after the host has unmapped them, so that no guest
 * sees what becomes of them.
 */
final class Pages {
    static final long PAGE_BYTES = 4096;

    /** The host allows 65,530 mappings per process, and a stub needs some of its own; even a replacement fails there. */
    private static final int MAXIMUM_SEGMENTS = 64_000;

    /** How many pieces of data and holes an estimate of the memory in use looks at, about. */
    private static final int RESIDENCY_BUDGET = 2_000;

    /** Two longs per range that is to be released once the host does not map it any more. */
    private long[] pendingReleases = new long[16];

    private int pendingCount;

    final RangeList<Segment> segments = new RangeList<>();
    final AddressSpace space;
    final FrameAllocator frames;

    /** Grows with every change of what is mapped. */
    long generation;

    Pages(AddressSpace space, FrameAllocator frames) {
        this.space = space;
        this.frames = frames;
    }

    static long pageDown(long address) {
        return address & -PAGE_BYTES;
    }

    static long pageUp(long address) {
        return address + PAGE_BYTES - 1 & -PAGE_BYTES;
    }

    Segment find(long address) {
        return segments.find(address);
    }

    void checkRoom() throws ErrnoException {
        if (segments.size() >= MAXIMUM_SEGMENTS) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
    }

    /** Adds a segment where none is, maps it on the host, replacing what the host has there, and joins neighbours. */
    void map(Segment segment, boolean populate) {
        long start = segment.start;
        long length = segment.length();
        if (segment.counted) {
            frames.retain(start + segment.delta, length);
        }
        int access = segment.access();
        int index = segments.add(segment);
        merge(index, index + 1);
        space.map(start, segment.file, start + segment.delta, length, access, populate && access != Access.NONE);
        generation++;
    }

    /** Maps those parts of a range that nothing is mapped in, from a range of the guest memory file. */
    void mapHoles(long start, long end, long delta, int prot, boolean populate) {
        long next = start;
        while (next < end) {
            int index = segments.firstEndingAfter(next);
            long holeEnd = index < segments.size() ? Math.min(segments.get(index).start, end) : end;
            if (holeEnd > next) {
                map(new Segment(next, holeEnd, frames.file(), delta, prot, false, true), populate);
                next = holeEnd;
            } else {
                next = segments.get(index).end;
            }
        }
    }

    /** Removes whatever is mapped in a range, on the host too. */
    void unmap(long start, long end) {
        if (forget(start, end)) {
            space.unmap(start, end - start);
        }
        releasePending();
    }

    /**
     * Removes the segments of a range, but not yet from the host: the caller replaces or unmaps them there, and then calls
     * {@link #releasePending}.
     *
     * @return whether there were any
     */
    boolean forget(long start, long end) {
        int from = split(start);
        int to = split(end);
        for (int i = from; i < to; i++) {
            Segment segment = segments.get(i);
            if (segment.counted) {
                releaseLater(segment.start + segment.delta, segment.length());
            }
        }
        segments.remove(from, to);
        generation++;
        return from < to;
    }

    boolean isAnyMapped(long start, long end) {
        int index = segments.firstEndingAfter(start);
        return index < segments.size() && segments.get(index).start < end;
    }

    /** Unmaps on the host those parts of a range that no segment covers. */
    void unmapHoles(long start, long end) {
        long next = start;
        while (next < end) {
            int index = segments.firstEndingAfter(next);
            long holeEnd = index < segments.size() ? Math.min(segments.get(index).start, end) : end;
            if (holeEnd > next) {
                space.unmap(next, holeEnd - next);
                next = holeEnd;
            } else {
                next = segments.get(index).end;
            }
        }
    }

    void releaseLater(long offset, long length) {
        // What is beside the last range joins it: fewer calls of the host.
        if (pendingCount > 0 && pendingReleases[pendingCount - 2] + pendingReleases[pendingCount - 1] == offset) {
            pendingReleases[pendingCount - 1] += length;
            return;
        }
        if (pendingCount == pendingReleases.length) {
            pendingReleases = Arrays.copyOf(pendingReleases, pendingCount * 2);
        }
        pendingReleases[pendingCount++] = offset;
        pendingReleases[pendingCount++] = length;
    }

    void releasePending() {
        for (int i = 0; i < pendingCount; i += 2) {
            frames.release(pendingReleases[i], pendingReleases[i + 1]);
        }
        pendingCount = 0;
    }

    /** Sets what the VMAs permit in a range, and has the host follow in as few calls as possible. */
    void protect(long start, long end, int prot) {
        int from = split(start);
        int to = split(end);
        var batch = new ProtectBatch();
        for (int i = from; i < to; i++) {
            Segment segment = segments.get(i);
            int before = segment.access();
            segment.prot = prot;
            batch.add(segment, before);
        }
        batch.flush();
        merge(from, to);
        generation++;
    }

    /** Makes the segments of some ranges copy-on-write. Shared ones are not among them. */
    void startCopyOnWrite(List<Vma> vmas) {
        var batch = new ProtectBatch();
        for (Vma vma : vmas) {
            int from = split(vma.start);
            int to = split(vma.end);
            for (int i = from; i < to; i++) {
                Segment segment = segments.get(i);
                int before = segment.access();
                segment.copyOnWrite = true;
                batch.add(segment, before);
            }
        }
        batch.flush();
        merge(0, segments.size());
        generation++;
    }

    /** Ends copy-on-write in a range that this address space alone uses. */
    void endCopyOnWrite(long start, long end) {
        int from = split(start);
        int to = split(end);
        var batch = new ProtectBatch();
        for (int i = from; i < to; i++) {
            Segment segment = segments.get(i);
            int before = segment.access();
            segment.copyOnWrite = false;
            batch.add(segment, before);
        }
        batch.flush();
        merge(from, to);
        generation++;
    }

    /** The parts of segments that lie in a range; none of them is in the list of segments itself. */
    List<Segment> parts(long start, long end) {
        var parts = new ArrayList<Segment>();
        for (int i = segments.firstEndingAfter(start); i < segments.size(); i++) {
            Segment segment = segments.get(i);
            if (segment.start >= end) {
                break;
            }
            parts.add(segment.part(Math.max(start, segment.start), Math.min(end, segment.end)));
        }
        return parts;
    }

    /** Puts a segment of a forked child in place, which the host has mapped already. */
    void inherit(Segment segment) {
        if (segment.counted) {
            frames.retain(segment.start + segment.delta, segment.length());
        }
        segments.add(segment);
    }

    /** Lets go of all frames; the address space is closed. */
    void releaseAll() {
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            if (segment.counted) {
                releaseLater(segment.start + segment.delta, segment.length());
            }
        }
        segments.remove(0, segments.size());
        releasePending();
    }

    /** An estimate: pages of guest memory are asked for from the host, those of other files count as present. */
    long residentBytes() {
        int budget = Math.max(4, RESIDENCY_BUDGET / Math.max(1, segments.size()));
        long bytes = 0;
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            bytes += segment.file == frames.file()
                    ? frames.residentBytes(segment.start + segment.delta, segment.length(), budget)
                    : segment.length();
        }
        return bytes;
    }

    /** Makes {@code address} a boundary of segments; answers the index of the first one from there on. */
    private int split(long address) {
        int index = segments.firstEndingAfter(address);
        if (index < segments.size()) {
            Segment segment = segments.get(index);
            if (segment.start < address) {
                Segment rest = segment.part(address, segment.end);
                segment.end = address;
                return segments.add(rest);
            }
        }
        return index;
    }

    /** Joins what continues among the segments from {@code from} to {@code to} and their neighbours. */
    private void merge(int from, int to) {
        int kept = Math.max(from - 1, 0);
        int last = Math.min(to, segments.size() - 1);
        int index = kept + 1;
        while (index <= last) {
            Segment segment = segments.get(kept);
            int runEnd = index;
            while (runEnd <= last && segment.continuesWith(segments.get(runEnd))) {
                segment.end = segments.get(runEnd).end;
                runEnd++;
            }
            segments.remove(index, runEnd);
            last -= runEnd - index;
            kept = index;
            index++;
        }
    }

    /** Collects changes of access of segments given in order of address, and tells the host of neighbours at once. */
    private final class ProtectBatch {
        private long start;
        private long end;
        private int access;
        private boolean changed;

        void add(Segment segment, int before) {
            int now = segment.access();
            if (segment.start != end || now != access) {
                flush();
                start = segment.start;
                access = now;
            }
            end = segment.end;
            changed |= before != now;
        }

        void flush() {
            if (changed) {
                space.protect(start, end - start, access);
                changed = false;
            }
        }
    }
}
