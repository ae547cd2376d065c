package dev.picket.sentry.memory;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import java.util.Arrays;

/**
 * Hands out ranges of the sandbox's guest memory file, counts references to their pages, and gives the host its memory
 * back when the last one goes.
 *
 * <p>A range costs nothing until it is touched, for the file is sparse, and reads as zeros until then. Ranges are taken
 * from the top of the file downwards, the highest free place first: that keeps the mappings of one process together, as
 * its addresses are given out downwards too, and uses the same few page tables of this process again and again.
 *
 * <p>Any thread may call. Its lock is the innermost of the Sentry.
 */
public final class FrameAllocator {
    /** Length of a huge page of the host: ranges at least this long can be made congruent to it. */
    static final long HUGE_PAGE_BYTES = 2L << 20;

    private static final long[] NONE = new long[0];
    private static final int STAT_BYTES = 144;
    private static final int STAT_SIZE = 48;
    private static final int STAT_BLOCKS = 64;

    private final MemoryFile file;
    private final long capacityBytes;
    private final AddressSpaces spaces = new AddressSpaces();
    private final ReferenceRuns runs = new ReferenceRuns();
    private long usedBytes;

    /**
     * @param guestMemory a sparse file of fixed size, of which nothing is in use yet
     * @throws PlatformException if the host does not tell the file's size
     */
    public FrameAllocator(MemoryFile guestMemory) {
        this.file = guestMemory;
        this.capacityBytes = stat(STAT_SIZE) & -Pages.PAGE_BYTES;
    }

    /** The guest memory file. */
    public MemoryFile file() {
        return file;
    }

    /** The address spaces that use the frames. */
    public AddressSpaces spaces() {
        return spaces;
    }

    /**
     * Takes a range that reads as zeros, with one reference to each of its pages.
     *
     * @param lengthBytes a positive multiple of the page size
     * @return its offset in the file
     * @throws ErrnoException ENOMEM if no free range is that long
     */
    public long allocate(long lengthBytes) throws ErrnoException {
        return allocate(lengthBytes, 0);
    }

    /**
     * As {@link #allocate(long)}, and if the range is as long as a huge page, the offset is congruent to {@code address}
     * modulo the size of a huge page, so that the host can map huge pages.
     */
    synchronized long allocate(long lengthBytes, long address) throws ErrnoException {
        if (lengthBytes <= 0 || lengthBytes > capacityBytes) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        boolean huge = lengthBytes >= HUGE_PAGE_BYTES;
        long gapEnd = capacityBytes;
        for (int index = runs.size() - 1; ; index--) {
            long gapStart = index < 0 ? 0 : runs.end(index);
            long offset = gapEnd - lengthBytes;
            if (huge) {
                offset -= offset - address & HUGE_PAGE_BYTES - 1;
            }
            if (offset >= gapStart) {
                runs.insert(offset, offset + lengthBytes, 1);
                usedBytes += lengthBytes;
                return offset;
            }
            if (index < 0) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            gapEnd = runs.start(index);
        }
    }

    /** Takes exactly this range, as {@link #allocate(long)} would, if it is free. */
    synchronized boolean allocateAt(long offset, long lengthBytes) {
        if (offset < 0 || lengthBytes <= 0 || offset > capacityBytes - lengthBytes) {
            return false;
        }
        int index = runs.firstEndingAfter(offset);
        if (index < runs.size() && runs.start(index) < offset + lengthBytes) {
            return false;
        }
        runs.insert(offset, offset + lengthBytes, 1);
        usedBytes += lengthBytes;
        return true;
    }

    /** One reference more to each page of a range, all of which are in use. */
    public synchronized void retain(long offset, long lengthBytes) {
        change(offset, lengthBytes, 1);
    }

    /**
     * One reference less to each page of a range. Those without any left are free and lose their contents, so no guest
     * may have them mapped any more.
     */
    public void release(long offset, long lengthBytes) {
        long[] dying;
        synchronized (this) {
            dying = change(offset, lengthBytes, -1);
        }
        // Clearing takes the host long, so it is done without the lock; a run with count 0 is nobody's meanwhile.
        for (int i = 0; i < dying.length; i += 2) {
            punch(dying[i], dying[i + 1] - dying[i]);
        }
        synchronized (this) {
            for (int i = 0; i < dying.length; i += 2) {
                runs.remove(runs.firstEndingAfter(dying[i]));
                usedBytes -= dying[i + 1] - dying[i];
            }
        }
    }

    /** Makes a range read as zeros, in every mapping of it, and gives its memory back; it stays in use. */
    public void clear(long offset, long lengthBytes) {
        punch(offset, lengthBytes);
    }

    /**
     * References to the page at {@code offset}.
     *
     * @param bounds receives the offsets between which all pages have this many
     */
    synchronized int references(long offset, long[] bounds) {
        int index = runs.firstEndingAfter(offset);
        if (index == runs.size() || runs.start(index) > offset) {
            throw new IllegalStateException("frames are not in use");
        }
        bounds[0] = runs.start(index);
        bounds[1] = runs.end(index);
        return runs.count(index);
    }

    /** Bytes of all ranges in use: address space of the file, most of it not memory. */
    public synchronized long usedBytes() {
        return usedBytes;
    }

    /** Bytes of memory that the guest memory file holds on the host, exactly; costs a system call. */
    public long residentBytes() {
        return stat(STAT_BLOCKS) * 512;
    }

    /**
     * Bytes of memory in a range of the file, by asking the host for data and holes.
     *
     * @param budget how many pieces to look at at most; a range with more is counted up to there
     */
    long residentBytes(long offset, long lengthBytes, int budget) {
        long end = offset + lengthBytes;
        long resident = 0;
        long next = offset;
        for (int i = 0; i < budget && next < end; i++) {
            long data = Host.lseek(file.descriptor(), next, Fcntl.SEEK_DATA);
            if (data < 0 || data >= end) {
                break; // ENXIO: no data from here on
            }
            long hole = Host.lseek(file.descriptor(), data, Fcntl.SEEK_HOLE);
            if (hole < 0) {
                break;
            }
            resident += Math.min(hole, end) - data;
            next = hole;
        }
        return resident;
    }

    /** Adds to the counts of a range; answers the bounds of the runs that became 0, in pairs. */
    private long[] change(long offset, long lengthBytes, int difference) {
        long end = offset + lengthBytes;
        int first = runs.splitAt(offset);
        runs.splitAt(end);
        long[] dying = NONE;
        long next = offset;
        int index = first;
        for (; next < end; index++) {
            if (index == runs.size() || runs.start(index) != next || runs.count(index) <= 0) {
                throw new IllegalStateException("frames are not in use");
            }
            int count = runs.count(index) + difference;
            next = runs.end(index);
            runs.setCount(index, count);
            if (count == 0) {
                dying = Arrays.copyOf(dying, dying.length + 2);
                dying[dying.length - 2] = runs.start(index);
                dying[dying.length - 1] = next;
            }
        }
        runs.mergeAround(first, index);
        return dying;
    }

    private void punch(long offset, long lengthBytes) {
        int mode = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;
        int result = Host.fallocate(file.descriptor(), mode, offset, lengthBytes);
        if (result < 0) {
            // Handing the range out again would show one process's memory to another.
            throw new PlatformException("guest memory could not be cleared", -result);
        }
    }

    private long stat(int field) {
        long buffer = NativeMemory.allocate(STAT_BYTES);
        try {
            int result = Host.fstat(file.descriptor(), buffer);
            if (result < 0) {
                throw new PlatformException("fstat of guest memory failed", -result);
            }
            return NativeMemory.getLong(buffer + field);
        } finally {
            NativeMemory.free(buffer);
        }
    }
}
