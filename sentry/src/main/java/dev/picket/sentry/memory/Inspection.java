package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;

/** Looks at an address space without changing it: for /proc, mincore(2), msync(2). Takes the lock itself. */
final class Inspection {
    private final MemoryManager memory;
    private final Mappings mappings;
    private final Pages pages;

    Inspection(MemoryManager memory) {
        this.memory = memory;
        this.mappings = memory.mappings;
        this.pages = memory.pages;
    }

    void forEachMapping(MappingVisitor visitor) {
        var shown = new ArrayList<Vma>();
        long stamp = memory.lock.readLock();
        try {
            for (Vma vma : mappings.all()) {
                shown.add(vma.part(vma.start, vma.end));
                if (vma.mappable != null) {
                    vma.mappable.retain();
                }
            }
        } finally {
            memory.lock.unlockRead(stamp);
        }
        // Names of files are found under locks that come before this one.
        try {
            for (Vma vma : shown) {
                visitor.mapping(info(vma));
            }
        } finally {
            for (Vma vma : shown) {
                if (vma.mappable != null) {
                    vma.mappable.release();
                }
            }
        }
    }

    private static MappingInfo info(Vma vma) {
        Mappable mappable = vma.mappable;
        String name = vma.name != null || mappable == null ? vma.name : mappable.mappedName();
        return new MappingInfo(
                vma.start,
                vma.end,
                vma.prot,
                vma.isShared(),
                mappable == null ? 0 : vma.offset,
                mappable == null ? 0 : mappable.mappedDevice(),
                mappable == null ? 0 : mappable.mappedInode(),
                name,
                mappable == null,
                vma.growsDown(),
                (vma.flags & Vma.LOCKED) != 0);
    }

    void residency(long address, byte[] residency, int pageCount) throws ErrnoException {
        long end = memory.rangeEnd(address, pageCount * Pages.PAGE_BYTES, Errno.ENOMEM);
        var frames = memory.frames();
        long stamp = memory.lock.readLock();
        try {
            if (!mappings.covers(address, end)) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
            for (int i = 0; i < pageCount; i++) {
                long page = address + i * Pages.PAGE_BYTES;
                Segment segment = pages.find(page);
                boolean present = segment != null
                        && (segment.file != frames.file()
                                || frames.residentBytes(page + segment.delta, Pages.PAGE_BYTES, 1) > 0);
                residency[i] = (byte) (present ? 1 : 0);
            }
        } finally {
            memory.lock.unlockRead(stamp);
        }
    }

    /** ENOMEM if part of the range is not mapped, EBUSY if part of it must not be invalidated. */
    void checkSync(long address, long end, boolean invalidate) throws ErrnoException {
        long stamp = memory.lock.readLock();
        try {
            if (invalidate && mappings.anyLocked(address, end)) {
                throw ErrnoException.of(Errno.EBUSY); // also behind a hole
            }
            if (!mappings.covers(address, end)) {
                throw ErrnoException.of(Errno.ENOMEM);
            }
        } finally {
            memory.lock.unlockRead(stamp);
        }
    }

    FutexKey sharedFutexKey(long address) throws ErrnoException {
        long stamp = memory.lock.readLock();
        try {
            Vma vma = mappings.find(address);
            if (vma == null || vma.prot == 0) {
                throw ErrnoException.of(Errno.EFAULT);
            }
            return vma.isShared()
                    ? new FutexKey(vma.mappable.identity(), vma.offsetOf(address))
                    : new FutexKey(memory, address);
        } finally {
            memory.lock.unlockRead(stamp);
        }
    }
}
