package dev.picket.sentry.memory;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.util.ArrayList;
import java.util.List;

/** mprotect(2). Guarded by the lock of the memory manager, held for writing. */
final class Protection {
    private final MemoryManager memory;
    private final Mappings mappings;
    private final Pages pages;

    Protection(MemoryManager memory) {
        this.memory = memory;
        this.mappings = memory.mappings;
        this.pages = memory.pages;
    }

    /** For PROT_GROWSDOWN: where the mapping begins that the range begins in, or meets first. */
    long growingStart(long start, long end, int growth) throws ErrnoException {
        int index = mappings.vmas.firstEndingAfter(start);
        if (index == mappings.vmas.size() || mappings.vmas.get(index).start >= end) {
            throw ErrnoException.of(Errno.ENOMEM);
        }
        Vma vma = mappings.vmas.get(index);
        if (growth == Mman.PROT_GROWSUP || !vma.growsDown()) {
            throw ErrnoException.of(Errno.EINVAL); // x86 has no mappings that grow up
        }
        return vma.start;
    }

    void change(long start, long end, int prot) throws ErrnoException {
        mappings.checkRoom(2);
        var vmas = new ArrayList<Vma>();
        boolean whole = mappings.collect(start, end, vmas);
        int errno = whole ? 0 : Errno.ENOMEM;
        var changed = new ArrayList<Vma>(vmas.size());
        long next = start;
        for (Vma vma : vmas) {
            if (vma.start != next) {
                break; // a hole: what comes behind it stays as it is
            }
            int refusal = refusal(vma, prot);
            if (refusal != 0) {
                errno = refusal;
                break;
            }
            if (vma.isShared() && (prot & ~vma.prot & Mman.PROT_WRITE) != 0) {
                pages.unmap(vma.start, vma.end); // the file may have to make pages for writing
            }
            mappings.change(vma, prot, vma.flags);
            changed.add(vma);
            next = vma.end;
        }
        if (next > start) {
            pages.protect(start, next, prot);
        }
        try {
            fill(changed);
        } finally {
            mappings.merge(start, end);
        }
        if (errno != 0) {
            throw ErrnoException.of(errno);
        }
    }

    private int refusal(Vma vma, int prot) {
        if ((prot & ~vma.maxProt) != 0) {
            return Errno.EACCES;
        }
        boolean becomesData = !vma.isData()
                && Mappings.countsAsData(prot, vma.isShared(), vma.growsDown())
                && memory.exceedsData(vma.length());
        return becomesData ? Errno.ENOMEM : 0;
    }

    private void fill(List<Vma> vmas) throws ErrnoException {
        for (Vma vma : vmas) {
            if (!vma.isPrivateAnonymous()
                    || vma.hasMirror
                    || pages.parts(vma.start, vma.end).isEmpty()) {
                memory.faults.fillEagerly(vma, false);
            }
        }
    }
}
