package dev.picket.sentry.fs.tmpfs;

import static dev.picket.sentry.fs.tmpfs.Budget.PAGE_BYTES;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import java.util.Arrays;

/**
 * The bytes of one file, in ranges of guest memory. Holes take no memory and read as zeros.
 *
 * <p>Frames are reserved in extents that grow with the file; a reserved range costs nothing until it is touched. Pages in
 * use are charged to the {@link Budget}. While the file is mapped, or being copied from or to, its frames are never let
 * go: what is cut off is only cleared.
 *
 * <p>The monitor guards the structure and is never held while guest memory is copied. Writers hold {@link #writeLock}
 * around everything that changes size or contents, so that their writes do not mix.
 */
public final class FileContents {
    private static final long SMALLEST_RESERVE_BYTES = 16 << 10;
    private static final long LARGEST_RESERVE_BYTES = 64 << 20;
    private static final long LARGEST_GROWTH_BYTES = 16 << 20;
    private static final long MAPPED_AT_ONCE_BYTES = 1 << 20;
    private static final long COPIED_AT_ONCE_BYTES = 1 << 20;
    private static final Extent[] NONE = {};

    /** No file is larger; beyond it is EFBIG. */
    public static final long SIZE_MAXIMUM = 1L << 60;

    private final FrameAllocator frames;
    private final Budget budget;
    private final Object writeLock = new Object();

    private Extent[] extents = NONE;
    private int extentCount;
    private long sizeBytes;
    private long usedPages;
    private int users;
    private boolean unwanted;

    /** Whether frames were only cleared, since somebody had them mapped: he may have written to them again. */
    private boolean cutWhileUsed;

    FileContents(FrameAllocator frames, Budget budget) {
        this.frames = frames;
        this.budget = budget;
    }

    /** Held around what must not mix with writes; taken before any lock of memory. */
    Object writeLock() {
        return writeLock;
    }

    public synchronized long sizeBytes() {
        return sizeBytes;
    }

    synchronized long usedPages() {
        return usedPages;
    }

    /** One more user: a mapping, or a copy that is going on. */
    synchronized void retain() {
        users++;
    }

    /** One user less. */
    synchronized void release() {
        users--;
        if (users > 0) {
            return;
        }
        if (unwanted) {
            letGo(0);
        } else if (cutWhileUsed) {
            cutWhileUsed = false;
            letGo(pageUp(sizeBytes));
        }
    }

    /** Nobody can reach the file any more, except users: the last of them frees its memory. */
    synchronized void abandon() {
        unwanted = true;
        if (users == 0) {
            letGo(0);
        }
    }

    // ---- Reading

    /** Copies to the guest from {@code offset} on; 0 at the end. */
    long read(GuestBuffer destination, long offset) throws ErrnoException {
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        retain();
        try {
            long done = 0;
            while (destination.remaining() > 0) {
                long length;
                long address = 0;
                synchronized (this) {
                    long at = offset + done;
                    length = Math.min(Math.min(destination.remaining(), COPIED_AT_ONCE_BYTES), sizeBytes - at);
                    if (length <= 0) {
                        break;
                    }
                    Extent extent = extentAt(at);
                    if (extent == null) {
                        length = Math.min(length, nextExtentStart(at) - at);
                    } else if (extent.isUsed(at)) {
                        length = Math.min(length, extent.next(at, false) - at);
                        address = frames.file().address(extent.frameAt(at));
                    } else {
                        length = Math.min(length, extent.next(at, true) - at);
                    }
                }
                long copied;
                try {
                    copied = address == 0 ? destination.zero(length) : destination.copyOutNative(address, length);
                } catch (ErrnoException e) {
                    if (done > 0) {
                        return done;
                    }
                    throw e;
                }
                done += copied;
                if (copied < length) {
                    break;
                }
            }
            return done;
        } finally {
            release();
        }
    }

    /** First offset from {@code offset} on that is no hole; ENXIO if there is none. */
    synchronized long dataFrom(long offset) throws ErrnoException {
        for (long at = offset; at < sizeBytes; ) {
            Extent extent = extentAt(at);
            if (extent == null) {
                at = nextExtentStart(at);
                continue;
            }
            if (extent.isUsed(at)) {
                return at;
            }
            at = extent.next(at, true);
        }
        throw ErrnoException.of(Errno.ENXIO);
    }

    /** First offset from {@code offset} on that is a hole, or the end; ENXIO if {@code offset} is beyond it. */
    synchronized long holeFrom(long offset) throws ErrnoException {
        if (offset >= sizeBytes) {
            throw ErrnoException.of(Errno.ENXIO);
        }
        long at = offset;
        while (at < sizeBytes) {
            Extent extent = extentAt(at);
            if (extent == null || !extent.isUsed(at)) {
                return at;
            }
            at = extent.next(at, false);
        }
        return sizeBytes;
    }

    // ---- Writing; all under the write lock

    /** Copies from the guest to {@code offset} on. */
    long write(GuestBuffer source, long offset) throws ErrnoException {
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (offset >= SIZE_MAXIMUM && source.remaining() > 0) {
            throw ErrnoException.of(Errno.EFBIG);
        }
        retain();
        long done = 0;
        try {
            while (source.remaining() > 0 && offset + done < SIZE_MAXIMUM) {
                long at = offset + done;
                long wanted = Math.min(Math.min(source.remaining(), COPIED_AT_ONCE_BYTES), SIZE_MAXIMUM - at);
                long address;
                long length;
                synchronized (this) {
                    clearTail(at);
                    length = use(at, wanted);
                    address = frames.file().address(extentAt(at).frameAt(at));
                }
                long copied = source.copyInNative(address, length);
                done += copied;
                synchronized (this) {
                    sizeBytes = Math.max(sizeBytes, offset + done);
                }
                if (copied < length) {
                    dropUnwritten();
                    break;
                }
            }
        } catch (ErrnoException e) {
            dropUnwritten();
            if (done == 0) {
                throw e;
            }
        } finally {
            release();
        }
        return done;
    }

    private synchronized void dropUnwritten() {
        stopUsing(pageUp(sizeBytes), Long.MAX_VALUE);
    }

    /**
     * Appends bytes of the Sentry's own memory, for copying a file up; see {@link #write}.
     *
     * @return the address to which the next {@code lengthBytes}, at most a mebibyte, may be written; not longer than until
     *     the next call
     */
    public synchronized long extend(long lengthBytes) throws ErrnoException {
        long at = sizeBytes;
        long length = use(at, lengthBytes);
        if (length < lengthBytes) {
            throw new IllegalStateException("an extent ended within an aligned step");
        }
        sizeBytes = at + lengthBytes;
        return frames.file().address(extentAt(at).frameAt(at));
    }

    /** Cuts the file off or extends it with zeros. */
    void truncate(long newSizeBytes) throws ErrnoException {
        if (newSizeBytes > SIZE_MAXIMUM) {
            throw ErrnoException.of(Errno.EFBIG);
        }
        synchronized (this) {
            if (newSizeBytes >= sizeBytes) {
                clearTail(newSizeBytes);
                sizeBytes = newSizeBytes;
                return;
            }
            sizeBytes = newSizeBytes;
            clearTail(Long.MAX_VALUE);
            if (users == 0) {
                letGo(pageUp(newSizeBytes));
            } else {
                cutWhileUsed = true;
                stopUsing(pageUp(newSizeBytes), Long.MAX_VALUE);
            }
        }
    }

    /** After {@link #truncate}: what mappings show of what was cut off goes, too. Without the monitor. */
    void cutOffMappings() {
        long size;
        synchronized (this) {
            if (!cutWhileUsed) {
                return;
            }
            size = sizeBytes;
        }
        frames.spaces().cutOff(this, size);
    }

    /** Makes the range exist; fallocate(2). What was used for it goes back if there is not enough. */
    void allocate(long offset, long lengthBytes, boolean keepSize) throws ErrnoException {
        if (lengthBytes > SIZE_MAXIMUM - offset) {
            throw ErrnoException.of(Errno.EFBIG);
        }
        long end = offset + lengthBytes;
        synchronized (this) {
            // Asked for as a whole first: a range far beyond what there is must not take minutes to refuse.
            long pages = (pageUp(end) - pageDown(offset)) / PAGE_BYTES;
            if (pages - usedPages > budget.pagesLimit() - budget.pages()) {
                throw ErrnoException.of(Errno.ENOSPC);
            }
        }
        for (long at = offset; at < end; ) {
            synchronized (this) {
                at += use(at, Math.min(end - at, LARGEST_GROWTH_BYTES));
            }
        }
        if (!keepSize) {
            synchronized (this) {
                if (end > sizeBytes) {
                    clearTail(end);
                    sizeBytes = end;
                }
            }
        }
    }

    /** Makes a range a hole. */
    synchronized void punch(long offset, long lengthBytes) {
        long end =
                Math.min(lengthBytes > Long.MAX_VALUE - offset ? Long.MAX_VALUE : offset + lengthBytes, SIZE_MAXIMUM);
        long firstPage = pageUp(offset);
        long lastPage = pageDown(end);
        if (firstPage > lastPage) {
            zero(offset, end);
            return;
        }
        zero(offset, firstPage);
        zero(lastPage, end);
        stopUsing(firstPage, lastPage);
    }

    /** Writes zeros over what is in use of a range within one page. */
    private void zero(long from, long to) {
        if (from >= to) {
            return;
        }
        Extent extent = extentAt(from);
        if (extent != null && extent.isUsed(from)) {
            NativeMemory.fill(frames.file().address(extent.frameAt(from)), to - from, (byte) 0);
        }
    }

    // ---- Mapping

    /**
     * See {@link Mappable#translate}. Pages that are given out count as used: what a guest writes there is seen by nobody.
     */
    synchronized Mappable.Backing translate(long offset, long lengthBytes) throws ErrnoException {
        long end = pageUp(sizeBytes);
        if (offset < 0 || offset >= end) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        long length = Math.min(lengthBytes, end - offset);
        Extent extent = extentAt(offset);
        if (extent != null && extent.isUsed(offset)) {
            length = Math.min(length, extent.next(offset, false) - offset);
        } else {
            if (extent == null) {
                reserve(offset, Math.min(length, LARGEST_RESERVE_BYTES));
            }
            length = use(offset, Math.min(length, MAPPED_AT_ONCE_BYTES));
            extent = extentAt(offset);
        }
        return new Mappable.Backing(frames.file(), extent.frameAt(offset), length);
    }

    // ---- Extents; all with the monitor held

    /**
     * Marks pages from {@code offset} on as used, as far as one extent goes, which is made if there is none.
     *
     * @return how many of the wanted bytes that covers
     */
    private long use(long offset, long lengthBytes) throws ErrnoException {
        Extent extent = extentAt(offset);
        if (extent == null) {
            reserve(offset, lengthBytes);
            extent = extentAt(offset);
        }
        long length = Math.min(lengthBytes, extent.end() - offset);
        int wanted = extent.unused(offset, offset + length);
        if (wanted > 0) {
            budget.takePages(wanted);
            usedPages += extent.mark(offset, offset + length, true);
        }
        return length;
    }

    /** Makes an extent from the page of {@code offset} on, larger than asked for if the file seems to be growing. */
    private void reserve(long offset, long lengthBytes) throws ErrnoException {
        long start = pageDown(offset);
        long reserved = extentCount == 0 ? 0 : extents[extentCount - 1].lengthBytes * 2;
        long growth = Math.max(SMALLEST_RESERVE_BYTES, Math.min(reserved, LARGEST_GROWTH_BYTES));
        long wanted = Math.max(pageUp(Math.min(lengthBytes, LARGEST_RESERVE_BYTES) + (offset - start)), growth);
        // Rounded so that steps of a mebibyte from the start of the file on never cross the end of an extent.
        long end = start + wanted;
        if (wanted > MAPPED_AT_ONCE_BYTES) {
            end = end + COPIED_AT_ONCE_BYTES - 1 & -COPIED_AT_ONCE_BYTES;
        }
        end = Math.min(end, nextExtentStart(start));
        long heap = Extent.heapBytes(end - start);
        budget.takeHeap(heap);
        long frame;
        try {
            frame = frames.allocate(end - start);
        } catch (ErrnoException e) {
            budget.returnHeap(heap);
            throw e;
        }
        insert(new Extent(start, end - start, frame));
    }

    private void insert(Extent extent) {
        if (extentCount == extents.length) {
            extents = Arrays.copyOf(extents, Math.max(1, extentCount * 2));
        }
        int index = indexFrom(extent.start);
        System.arraycopy(extents, index, extents, index + 1, extentCount - index);
        extents[index] = extent;
        extentCount++;
    }

    /** Index of the first extent that ends behind {@code offset}. */
    private int indexFrom(long offset) {
        int low = 0;
        int high = extentCount;
        while (low < high) {
            int middle = low + high >>> 1;
            if (extents[middle].end() > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private Extent extentAt(long offset) {
        int index = indexFrom(offset);
        return index < extentCount && extents[index].start <= offset ? extents[index] : null;
    }

    private long nextExtentStart(long offset) {
        int index = indexFrom(offset);
        return index < extentCount ? Math.max(offset, extents[index].start) : Long.MAX_VALUE;
    }

    /** Clears the rest of the last page, where mappings may have left something, if the file will go beyond it. */
    private void clearTail(long newEnd) {
        if (newEnd > sizeBytes) {
            zero(sizeBytes, pageUp(sizeBytes));
        }
    }

    /** Makes holes of whole pages: clears their frames, which stay reserved. */
    private void stopUsing(long from, long to) {
        for (int index = indexFrom(from); index < extentCount && extents[index].start < to; index++) {
            Extent extent = extents[index];
            long first = Math.max(from, extent.start);
            long last = Math.min(to, extent.end());
            if (first < last && extent.unused(first, last) < (last - first) / PAGE_BYTES) {
                frames.clear(extent.frameAt(first), last - first);
                returnPages(extent.mark(first, last, false));
            }
        }
    }

    /** Gives back everything from {@code from} on, also the reserve. Nobody uses the file. */
    private void letGo(long from) {
        while (extentCount > 0 && extents[extentCount - 1].start >= from) {
            Extent extent = extents[--extentCount];
            extents[extentCount] = null;
            returnPages(extent.usedPages());
            frames.release(extent.frame, extent.lengthBytes);
            budget.returnHeap(Extent.heapBytes(extent.lengthBytes));
        }
        if (extentCount > 0 && extents[extentCount - 1].end() > from) {
            Extent last = extents[extentCount - 1];
            frames.clear(last.frameAt(from), last.end() - from);
            returnPages(last.mark(from, last.end(), false));
        }
    }

    private void returnPages(int count) {
        usedPages -= count;
        budget.returnPages(count);
    }

    private static long pageDown(long offset) {
        return offset & -PAGE_BYTES;
    }

    private static long pageUp(long offset) {
        return offset + PAGE_BYTES - 1 & -PAGE_BYTES;
    }
}
