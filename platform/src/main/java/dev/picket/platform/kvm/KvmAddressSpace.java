package dev.picket.platform.kvm;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import java.util.ArrayList;
import java.util.List;

/** A table of mappings, and the page tables that were made from it so far. All but a few fields is guarded by the lock. */
final class KvmAddressSpace implements AddressSpace {
    /** As Linux has it: the last page of the lower half is nobody's. */
    static final long LIMIT = 0x7fff_ffff_f000L;

    /** So many new trees because of entries of 2 MiB that were in the way are enough: then there are none any more. */
    private static final int LARGE_PAGE_PATIENCE = 4;

    /** A tree of at most so many tables is copied at a fork; a greater one fills in again. */
    private static final int TABLES_TO_COPY = 256;

    /** Up to so much is put into page tables beforehand if the caller wishes to have it populated. */
    private static final long POPULATED_BYTES = 16L << 20;

    /** A new mapping that is longer is not put into page tables that are there already. */
    private static final long PREFILLED_BYTES = 64L << 20;

    /** What came of a fault. */
    enum Resolution {
        /** Guest code may go on. */
        RESOLVED,

        /** Nothing is mapped there that permits the access. */
        DENIED,

        /** The address space has ended. */
        CLOSED
    }

    private final KvmPlatform platform;
    private final PhysicalMemory physical;
    private final MappingTable mappings;
    private PageTree tree;
    private int largePageConflicts;

    /** Whether faults fill one page only; see {@link #beginProbing}. */
    private boolean probing;

    /** Parts of files whose page-table entries an operation has taken something from. */
    private final List<Mapping> taken = new ArrayList<>();

    /** The tree's physical address for CR3; 0 while it is being replaced, which the lock's holder does. */
    private volatile long root;

    private volatile boolean closed;

    /** An empty address space. */
    KvmAddressSpace(KvmPlatform platform) {
        this(platform, new MappingTable());
    }

    private KvmAddressSpace(KvmPlatform platform, MappingTable mappings) {
        this.platform = platform;
        this.physical = platform.physical();
        this.mappings = mappings;
    }

    /** Gets this tree, or an empty one if it is null, and is known to the physical memory. The lock is held. */
    KvmAddressSpace register(PageTree first) {
        var adopted = first == null ? physical.newTree() : first;
        if (adopted == null) {
            physical.startOver();
            adopted = physical.newTree();
        }
        adoptTree(adopted);
        physical.add(this);
        return this;
    }

    // ---- The contract

    @Override
    public void map(long address, MemoryFile file, long offset, long length, int access, boolean populate) {
        checkRange(address, length);
        if ((offset & PageEntry.PAGE_BYTES - 1) != 0 || offset < 0 || Long.MAX_VALUE - length < offset) {
            throw new IllegalArgumentException("offset " + offset);
        }
        boolean isMemory = file == platform.memory();
        if (!isMemory && (file.isWritable() || (access & Access.WRITE) != 0)) {
            throw new IllegalArgumentException("only guest memory can be mapped for writing");
        }
        long end = address + length;
        physical.lock.lock();
        try {
            checkOpen();
            var view = physical.view(file);
            change(address, end, Access.NONE);
            mappings.remove(address, end);
            mappings.add(new Mapping(address, end, view, offset, access));
            settle();
            fillWhereTablesAre(address, end, populate && length <= POPULATED_BYTES);
        } finally {
            physical.lock.unlock();
        }
    }

    @Override
    public void protect(long address, long length, int access) {
        checkRange(address, length);
        long end = address + length;
        physical.lock.lock();
        try {
            checkOpen();
            mappings.split(address);
            mappings.split(end);
            var affected = List.copyOf(mappings.within(address, end));
            for (var mapping : affected) {
                if ((access & Access.WRITE) != 0 && !mapping.view().isMemory) {
                    throw new IllegalArgumentException("only guest memory can be mapped for writing");
                }
            }
            change(address, end, access);
            mappings.remove(address, end);
            affected.forEach(mapping -> mappings.add(mapping.withAccess(access)));
            settle();
        } finally {
            physical.lock.unlock();
        }
    }

    @Override
    public void unmap(long address, long length) {
        checkRange(address, length);
        long end = address + length;
        physical.lock.lock();
        try {
            checkOpen();
            change(address, end, Access.NONE);
            mappings.remove(address, end);
            settle();
        } finally {
            physical.lock.unlock();
        }
    }

    @Override
    public AddressSpace fork() {
        physical.lock.lock();
        try {
            checkOpen();
            var copy = tree.tables() <= TABLES_TO_COPY ? tree.copy() : null;
            var child = new KvmAddressSpace(platform, mappings.copy()).register(copy);
            child.largePageConflicts = largePageConflicts;
            return child;
        } finally {
            physical.lock.unlock();
        }
    }

    @Override
    public void close() {
        physical.lock.lock();
        try {
            if (!closed) {
                closed = true;
                dropTree();
                mappings.clear();
                physical.remove(this);
            }
        } finally {
            physical.lock.unlock();
        }
    }

    private static void checkRange(long address, long length) {
        boolean isAligned = ((address | length) & PageEntry.PAGE_BYTES - 1) == 0;
        if (!isAligned || address < 0 || length <= 0 || address >= LIMIT || length > LIMIT - address) {
            throw new IllegalArgumentException(
                    "range " + Long.toHexString(address) + " of " + Long.toHexString(length) + " bytes");
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new PlatformException("the address space has ended");
        }
    }

    // ---- Changes of what is there

    /**
     * Gives the pages of a range that are in page tables another access, and notes what has to be forgotten: {@link
     * #settle} does that, after the table of mappings has been changed too.
     */
    private void change(long start, long end, int access) {
        for (var mapping = mappings.firstEndingAfter(start);
                mapping != null && mapping.start() < end && tree != null;
                mapping = mappings.firstEndingAfter(mapping.end())) {
            long from = Math.max(start, mapping.start());
            long to = Math.min(end, mapping.end());
            tree.beginChange();
            if (!tree.change(from, to, access)) {
                dropTree();
                largePageConflicts++;
                taken.clear();
            } else if (tree.changedEnd() > tree.changedStart()) {
                taken.add(mapping.part(tree.changedStart(), tree.changedEnd()));
            }
        }
    }

    /** Makes sure that no guest code uses what was taken away, and that there is a tree. */
    private void settle() {
        for (int i = 0; i < taken.size(); i++) {
            var part = taken.get(i);
            physical.forgetDerived(part.view(), part.offset(), part.end() - part.start());
        }
        taken.clear();
        ensureTree();
    }

    private void ensureTree() {
        if (tree == null) {
            var fresh = physical.newTree();
            if (fresh == null) {
                physical.startOver();
            } else {
                adoptTree(fresh);
            }
        }
    }

    /** Takes the tree away from all virtual CPUs that run with it, and gives it back. */
    void dropTree() {
        if (tree != null) {
            root = 0;
            platform.cpus().leave(this);
            tree.free();
            tree = null;
        }
    }

    void adoptTree(PageTree fresh) {
        if (fresh == null) {
            throw new PlatformException("no memory for page tables");
        }
        tree = fresh;
        probing = false;
        root = fresh.physicalRoot();
    }

    /** Notes in the files which of them are mapped here. */
    void markFiles() {
        mappings.all().forEach(mapping -> mapping.view().isUsed = true);
    }

    // ---- Filling in

    /**
     * Puts into page tables what is mapped at an address, if that permits the access, and what is mapped around it.
     *
     * @param access one of {@link Access}
     */
    Resolution resolve(long address, int access) {
        physical.lock.lock();
        try {
            if (closed) {
                return Resolution.CLOSED;
            }
            if (address < 0 || address >= LIMIT) {
                return Resolution.DENIED;
            }
            var mapping = mappings.find(address);
            if (mapping == null || !permits(mapping.access(), access)) {
                return Resolution.DENIED;
            }
            if (!tree.permits(address, access)) {
                fillAround(address, mapping);
            }
            return Resolution.RESOLVED;
        } finally {
            physical.lock.unlock();
        }
    }

    /** On this machine, what may be written or executed may be read. */
    private static boolean permits(int granted, int access) {
        return access == Access.READ ? granted != Access.NONE : (granted & access) != 0;
    }

    private void fillAround(long address, Mapping mapping) {
        if (probing) {
            long page = address & -PageEntry.PAGE_BYTES;
            fill(page, page + PageEntry.PAGE_BYTES);
            return;
        }
        long start = address & -PageEntry.LARGE_PAGE_BYTES;
        long end = start + PageEntry.LARGE_PAGE_BYTES;
        if (!tree.hasTable(address) && fillLargePage(start, end, mapping)) {
            return;
        }
        fill(start, end);
    }

    /** Fills the 2 MiB with one entry, if they are one piece of a file and are not likely to be divided soon. */
    private boolean fillLargePage(long start, long end, Mapping mapping) {
        // What is not writable in guest memory will as a rule be copied piece by piece when it is written.
        boolean isWhole = mapping.start() <= start && end <= mapping.end();
        boolean isStable = !mapping.view().isMemory || (mapping.access() & Access.WRITE) != 0;
        boolean isAligned = (mapping.offsetOf(start) & PageEntry.LARGE_PAGE_BYTES - 1) == 0;
        if (!isWhole || !isStable || !isAligned || largePageConflicts >= LARGE_PAGE_PATIENCE) {
            return false;
        }
        long physicalAddress = physicalAddress(mapping, start);
        switch (tree.fillRegion(start, physicalAddress, mapping.access())) {
            case DONE:
                return true;
            case NO_TABLES:
                physical.startOver();
                return fillLargePage(start, end, mapping);
            default:
                return false; // the other way finds out whether a new tree is needed
        }
    }

    private long physicalAddress(Mapping mapping, long address) {
        long found = physical.physicalAddress(mapping.view(), mapping.offsetOf(address));
        if (found < 0) {
            physical.startOver();
            found = physical.physicalAddress(mapping.view(), mapping.offsetOf(address));
        }
        return found;
    }

    /** Fills in what is mapped in a range that lies within one region of 2 MiB. */
    private void fill(long start, long end) {
        for (var mapping = mappings.firstEndingAfter(start);
                mapping != null && mapping.start() < end;
                mapping = mappings.firstEndingAfter(mapping.end())) {
            long from = Math.max(start, mapping.start());
            long to = Math.min(end, mapping.end());
            if (mapping.access() == Access.NONE) {
                continue;
            }
            while (from < to) {
                long offset = mapping.offsetOf(from);
                long pieceEnd = Math.min(to, from + (physical.windowEnd(mapping.view(), offset) - offset));
                fillPiece(from, pieceEnd, mapping);
                from = pieceEnd;
            }
        }
    }

    private void fillPiece(long start, long end, Mapping mapping) {
        long physicalAddress = physicalAddress(mapping, start);
        var result = tree.fill(start, end, physicalAddress, mapping.access());
        if (result == PageTree.Fill.NO_TABLES) {
            physical.startOver();
        } else if (result == PageTree.Fill.NEEDS_NEW_TREE) {
            largePageConflicts++;
            dropTree();
            ensureTree();
        } else {
            return;
        }
        // What was filled in before is gone, and comes back with the next fault.
        tree.fill(start, end, physicalAddress(mapping, start), mapping.access());
    }

    /** Fills a new mapping in where that costs no table, to save the guest a fault. */
    private void fillWhereTablesAre(long start, long end, boolean everywhere) {
        if (end - start > PREFILLED_BYTES) {
            return; // looking would take longer than what it saves
        }
        for (long from = start; from < end; ) {
            long to = Math.min(end, (from | PageEntry.LARGE_PAGE_BYTES - 1) + 1);
            if (!probing && (tree.hasTable(from) || everywhere)) {
                fill(from, to);
            }
            from = to;
        }
    }

    // ---- Pages that the host does not have

    /**
     * Begins to look for the page that the host could not provide, such as one behind the end of a file: KVM does not say
     * which it was. With an empty tree and one page per fault, the last fault before the next failure is about it.
     */
    void beginProbing() {
        physical.lock.lock();
        try {
            if (!closed) {
                dropTree();
                ensureTree();
                probing = true;
            }
        } finally {
            physical.lock.unlock();
        }
    }

    void endProbing() {
        physical.lock.lock();
        try {
            probing = false;
        } finally {
            physical.lock.unlock();
        }
    }

    /** Replaces the tree, for a reason that only whoever runs here sees. */
    void renew() {
        physical.lock.lock();
        try {
            if (!closed) {
                dropTree();
                ensureTree();
            }
        } finally {
            physical.lock.unlock();
        }
    }

    // ---- For those who run in it

    /** The byte of code at an address, or -1 if there is none; {@code scratch} is a byte of native memory. */
    int codeAt(long address, long scratch) {
        physical.lock.lock();
        try {
            var mapping = mappings.find(address);
            boolean isRead = mapping != null
                    && Host.pread(mapping.view().descriptor, scratch, 1, mapping.offsetOf(address)) == 1;
            return isRead ? NativeMemory.getByte(scratch) & 0xff : -1;
        } finally {
            physical.lock.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * What to put into CR3 now, to be asked after having said that guest code is going to run; 0 while the tree is being
     * replaced, which waits for those who said so.
     */
    long root() {
        return root;
    }

    /** Returns when a replacement of the tree that is under way is over. */
    void awaitTree() {
        physical.lock.lock();
        physical.lock.unlock();
    }
}
