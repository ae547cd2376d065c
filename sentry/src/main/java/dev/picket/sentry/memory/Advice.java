package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;

/** madvise(2) and mlock(2). Guarded by the lock of the memory manager, held for writing. */
final class Advice {
    private final MemoryManager memory;
    private final Mappings mappings;
    private final Pages pages;
    private final FrameAllocator frames;
    private final long[] bounds = new long[2];

    Advice(MemoryManager memory) {
        this.memory = memory;
        this.mappings = memory.mappings;
        this.pages = memory.pages;
        this.frames = memory.frames();
    }

    void advise(long address, long lengthBytes, int advice) throws ErrnoException {
        if (!isKnown(advice) || (address & Pages.PAGE_BYTES - 1) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (advice == Mman.MADV_HWPOISON || advice == Mman.MADV_SOFT_OFFLINE) {
            throw ErrnoException.of(Errno.EPERM);
        }
        long length = Pages.pageUp(lengthBytes);
        if (lengthBytes != 0 && length == 0 || Long.compareUnsigned(address + length, address) < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (length == 0) {
            return;
        }
        if (address < 0) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        // Unlike mprotect(2), madvise(2) goes on behind a hole, and then reports it.
        boolean within = length > 0 && length <= memory.addressLimit && address <= memory.addressLimit - length;
        if (!act(address, within ? address + length : memory.addressLimit, advice) || !within) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
    }

    /** Follows the advice where there are mappings; answers whether there was no hole. */
    private boolean act(long address, long end, int advice) throws ErrnoException {
        boolean whole;
        if (changesAttributes(advice)) {
            mappings.checkRoom(2);
            var vmas = new ArrayList<Vma>();
            whole = mappings.collect(address, end, vmas);
            try {
                for (Vma vma : vmas) {
                    setFlags(vma, advice);
                }
            } finally {
                mappings.merge(address, end);
            }
        } else if (actsOnPages(advice)) {
            whole = mappings.covers(address, end);
            for (long next = address; next < end; ) {
                int index = mappings.vmas.firstEndingAfter(next);
                if (index == mappings.vmas.size() || mappings.vmas.get(index).start >= end) {
                    break;
                }
                Vma vma = mappings.vmas.get(index);
                long from = Math.max(next, vma.start);
                long to = Math.min(end, vma.end);
                act(vma, from, to, advice);
                next = to;
            }
        } else {
            whole = mappings.covers(address, end);
        }
        return whole;
    }

    private static boolean isKnown(int advice) {
        return advice >= Mman.MADV_NORMAL && advice <= Mman.MADV_DONTNEED
                || advice >= Mman.MADV_FREE && advice <= Mman.MADV_COLLAPSE
                || advice == Mman.MADV_HWPOISON
                || advice == Mman.MADV_SOFT_OFFLINE;
    }

    private static boolean changesAttributes(int advice) {
        return advice == Mman.MADV_DONTFORK
                || advice == Mman.MADV_DOFORK
                || advice == Mman.MADV_WIPEONFORK
                || advice == Mman.MADV_KEEPONFORK;
    }

    private static boolean actsOnPages(int advice) {
        return advice == Mman.MADV_DONTNEED
                || advice == Mman.MADV_DONTNEED_LOCKED
                || advice == Mman.MADV_FREE
                || advice == Mman.MADV_REMOVE
                || advice == Mman.MADV_POPULATE_READ
                || advice == Mman.MADV_POPULATE_WRITE;
    }

    private void setFlags(Vma vma, int advice) throws ErrnoException {
        int flags =
                switch (advice) {
                    case Mman.MADV_DONTFORK -> vma.flags | Vma.DONT_FORK;
                    case Mman.MADV_DOFORK -> vma.flags & ~Vma.DONT_FORK;
                    case Mman.MADV_WIPEONFORK -> vma.flags | Vma.WIPE_ON_FORK;
                    default -> vma.flags & ~Vma.WIPE_ON_FORK;
                };
        if (advice == Mman.MADV_WIPEONFORK && (vma.isShared() || !vma.isPrivateAnonymous())) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        mappings.change(vma, vma.prot, flags);
    }

    private void act(Vma vma, long start, long end, int advice) throws ErrnoException {
        switch (advice) {
            case Mman.MADV_DONTNEED -> {
                if ((vma.flags & Vma.LOCKED) != 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                forgetContents(vma, start, end);
            }
            case Mman.MADV_DONTNEED_LOCKED -> forgetContents(vma, start, end);
            case Mman.MADV_FREE -> {
                // Linux may free at any time from now on; doing so at once gives the memory back to the sandbox.
                if (!vma.isPrivateAnonymous()) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                forgetContents(vma, start, end);
            }
            case Mman.MADV_REMOVE -> remove(vma, start, end);
            default -> populate(vma, start, end, advice == Mman.MADV_POPULATE_WRITE);
        }
    }

    /** The next touch finds zeros, or in a mapping of a file, the file. */
    private void forgetContents(Vma vma, long start, long end) {
        if (vma.isShared()) {
            return; // the contents are those of what is shared, and stay
        }
        boolean dropMirror = false;
        for (Segment segment : pages.parts(start, end)) {
            if (!segment.counted) {
                continue;
            }
            boolean inMirror = vma.hasMirror && segment.delta == vma.mirrorDelta;
            for (long next = segment.start; next < segment.end; ) {
                int references = frames.references(next + segment.delta, bounds);
                long to = Math.min(segment.end, bounds[1] - segment.delta);
                boolean sole = references == (inMirror ? 2 : 1);
                if (sole && vma.isPrivateAnonymous()) {
                    frames.clear(next + segment.delta, to - next); // seen by the guest at once, through its mapping
                } else {
                    pages.unmap(next, to);
                    if (sole && inMirror) {
                        frames.clear(next + segment.delta, to - next);
                    }
                    dropMirror |= inMirror && !sole;
                }
                next = to;
            }
        }
        if (dropMirror) {
            // A forked child still uses pages of the mirror: they cannot be had empty again.
            mappings.dropMirror(vma);
            pages.releasePending();
        }
    }

    private void remove(Vma vma, long start, long end) throws ErrnoException {
        if (!vma.isShared() || (vma.prot & Mman.PROT_WRITE) == 0) {
            throw ErrnoException.of(vma.isPrivateAnonymous() ? Errno.EINVAL : Errno.EACCES);
        }
        vma.mappable.clear(vma.offsetOf(start), end - start);
    }

    private void populate(Vma vma, long start, long end, boolean write) throws ErrnoException {
        int access = write ? Access.WRITE : Access.READ;
        long next = start;
        while (next < end) {
            Segment segment = pages.find(next);
            if (segment != null && (!write || !segment.copyOnWrite) && (segment.prot & access) != 0) {
                next = segment.end;
                continue;
            }
            switch (memory.faults.resolve(next, access, false)) {
                case RESOLVED -> {}
                case OUT_OF_MEMORY -> throw ErrnoException.of(Errno.ENOMEM);
                case SEGV_ACCERR -> throw ErrnoException.of(Errno.EINVAL);
                default -> throw ErrnoException.of(Errno.EFAULT);
            }
            next += Pages.PAGE_BYTES;
        }
    }

    void setLocked(long start, long end, boolean locked) throws ErrnoException {
        if (start == end) {
            return;
        }
        mappings.checkRoom(2);
        long added = locked ? end - start - mappings.lockedOverlap(start, end) : 0;
        if (added > 0 && mappings.lockedBytes + added > memory.limits().lockedBytes()) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        var vmas = new ArrayList<Vma>();
        boolean whole = mappings.collect(start, end, vmas);
        for (Vma vma : vmas) {
            mappings.change(vma, vma.prot, locked ? vma.flags | Vma.LOCKED : vma.flags & ~Vma.LOCKED);
        }
        mappings.merge(start, end);
        if (!whole) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
    }

    void setAllLocked(boolean locked) {
        for (Vma vma : mappings.all()) {
            mappings.change(vma, vma.prot, locked ? vma.flags | Vma.LOCKED : vma.flags & ~Vma.LOCKED);
        }
        mappings.merge(0, memory.addressLimit);
    }
}
