package dev.picket.platform.kvm;

import dev.picket.platform.Access;
import dev.picket.platform.host.NativeMemory;

/**
 * The page tables of one address space: a cache of its mappings that can be thrown away. Guarded by the lock of the
 * physical memory, but KVM and processors read it at any time.
 *
 * <p>Entries that point to tables never change, and an entry of 2 MiB is never used for anything but the same physical
 * memory again; the package's description says why. Operations that would have to break these rules return false and leave
 * the rest to their caller, who makes a new tree.
 */
final class PageTree {
    private static final int ENTRIES = 512;
    private static final int TOP_LEVEL = 4;

    /** Level of tables whose entries are regions of 2 MiB. */
    private static final int REGION_LEVEL = 2;

    private final TablePool pool;
    private final long topEntry;
    private final long root;
    private int tables = 1;

    /** Bounds of the pages from which the last operations took something away: empty if the end is not greater. */
    private long changedStart;

    private long changedEnd;

    private PageTree(TablePool pool, long topEntry, long root) {
        this.pool = pool;
        this.topEntry = topEntry;
        this.root = root;
        NativeMemory.putLong(root + (ENTRIES - 1) * 8L, topEntry);
    }

    /** An empty tree, or null if the pool has no page left. */
    static PageTree create(TablePool pool, KernelPages kernel) {
        long root = pool.take();
        return root == 0 ? null : new PageTree(pool, kernel.topEntry(), root);
    }

    /** What goes into CR3. */
    long physicalRoot() {
        return pool.physical(root);
    }

    /** How many tables it has. */
    int tables() {
        return tables;
    }

    // ---- Looking

    /** Whether the tables permit the access, so that a fault there is over. */
    boolean permits(long address, int access) {
        long entry = regionEntry(address);
        if (entry != 0 && !PageEntry.isLarge(entry)) {
            entry = NativeMemory.getLong(pool.table(entry) + (address >>> 12 & 511) * 8);
        }
        return PageEntry.isPresent(entry)
                && ((access & Access.WRITE) == 0 || (entry & PageEntry.WRITABLE) != 0)
                && ((access & Access.EXECUTE) == 0 || (entry & PageEntry.NO_EXECUTE) == 0);
    }

    /** Whether there is a last-level table for the 2 MiB around an address. */
    boolean hasTable(long address) {
        long entry = regionEntry(address);
        return entry != 0 && !PageEntry.isLarge(entry);
    }

    /** Entry for the 2 MiB around an address, 0 if there is none. */
    private long regionEntry(long address) {
        long table = root;
        for (int level = TOP_LEVEL; level > REGION_LEVEL; level--) {
            long entry = NativeMemory.getLong(table + index(address, level) * 8);
            if (entry == 0) {
                return 0;
            }
            table = pool.table(entry);
        }
        return NativeMemory.getLong(table + index(address, REGION_LEVEL) * 8);
    }

    private static long index(long address, int level) {
        return address >>> 12 + 9 * (level - 1) & 511;
    }

    // ---- Filling

    /** What came of filling. */
    enum Fill {
        DONE,

        /** The pool has no page left. */
        NO_TABLES,

        /** The tree has something there that must not change: it wants to be replaced. */
        NEEDS_NEW_TREE
    }

    /** Fills the entry of a whole region of 2 MiB, if it has not been used for anything else. */
    Fill fillRegion(long address, long physicalAddress, int access) {
        long table = tableAbove(address, REGION_LEVEL);
        if (table == 0) {
            return Fill.NO_TABLES;
        }
        long at = table + index(address, REGION_LEVEL) * 8;
        long entry = NativeMemory.getLong(at);
        boolean isSame =
                PageEntry.isLarge(entry) && !PageEntry.isPresent(entry) && PageEntry.address(entry) == physicalAddress;
        if (entry != 0 && !isSame) {
            return Fill.NEEDS_NEW_TREE;
        }
        NativeMemory.putLongVolatile(at, PageEntry.page(physicalAddress, access) | PageEntry.LARGE);
        return Fill.DONE;
    }

    /** Fills entries of pages that lie within one region of 2 MiB. */
    Fill fill(long start, long end, long physicalAddress, int access) {
        long above = tableAbove(start, REGION_LEVEL);
        if (above == 0) {
            return Fill.NO_TABLES;
        }
        long at = above + index(start, REGION_LEVEL) * 8;
        long entry = NativeMemory.getLong(at);
        if (PageEntry.isLarge(entry)) {
            return Fill.NEEDS_NEW_TREE;
        }
        long table = entry == 0 ? addTable(at) : pool.table(entry);
        if (table == 0) {
            return Fill.NO_TABLES;
        }
        long page = PageEntry.page(physicalAddress, access);
        long slot = table + (start >>> 12 & 511) * 8;
        for (long address = start; address < end; address += PageEntry.PAGE_BYTES) {
            NativeMemory.putLong(slot, page);
            slot += 8;
            page += PageEntry.PAGE_BYTES;
        }
        return Fill.DONE;
    }

    /** The table at {@code level} for an address, made if there is none; 0 if the pool has no page left. */
    private long tableAbove(long address, int level) {
        long table = root;
        for (int above = TOP_LEVEL; above > level; above--) {
            long at = table + index(address, above) * 8;
            long entry = NativeMemory.getLong(at);
            table = entry == 0 ? addTable(at) : pool.table(entry);
            if (table == 0) {
                return 0;
            }
        }
        return table;
    }

    private long addTable(long at) {
        long table = pool.take();
        if (table != 0) {
            tables++;
            NativeMemory.putLongVolatile(at, PageEntry.table(pool.physical(table)));
        }
        return table;
    }

    // ---- Taking away

    /** Begins to note from which pages something is taken away. */
    void beginChange() {
        changedStart = Long.MAX_VALUE;
        changedEnd = 0;
    }

    long changedStart() {
        return changedStart;
    }

    long changedEnd() {
        return changedEnd;
    }

    /**
     * Changes the access of the pages of a range that are present; with {@link Access#NONE} they are no more.
     *
     * @return false if the tree must be replaced, and then what it holds of the range is no good
     */
    boolean change(long start, long end, int access) {
        return change(root, TOP_LEVEL, 0, start, end, access);
    }

    private boolean change(long table, int level, long base, long start, long end, int access) {
        long span = 1L << 12 + 9 * (level - 1);
        long first = Math.max(start - base, 0) / span;
        long last = Math.min((end - 1 - base) / span, ENTRIES - 1);
        for (long index = first; index <= last; index++) {
            long at = table + index * 8;
            long entry = NativeMemory.getLong(at);
            if (!PageEntry.isPresent(entry)) {
                continue;
            }
            long address = base + index * span;
            if (level == 1) {
                changePage(at, entry, address, access);
            } else if (!PageEntry.isLarge(entry)) {
                if (!change(pool.table(entry), level - 1, address, start, end, access)) {
                    return false;
                }
            } else if (access == Access.NONE && start <= address && address + span <= end) {
                NativeMemory.putLongVolatile(at, PageEntry.address(entry) | PageEntry.LARGE);
                changed(address, address + span);
            } else {
                return false;
            }
        }
        return true;
    }

    private void changePage(long at, long entry, long address, int access) {
        long changed = PageEntry.page(PageEntry.address(entry), access);
        if (changed != entry) {
            NativeMemory.putLong(at, changed);
            if (PageEntry.takesAway(entry, changed)) {
                changed(address, address + PageEntry.PAGE_BYTES);
            }
        }
    }

    private void changed(long start, long end) {
        changedStart = Math.min(changedStart, start);
        changedEnd = Math.max(changedEnd, end);
    }

    // ---- As a whole

    /** A copy with tables of its own, without entries of 2 MiB, which fill in later; null if the pool has not so many pages. */
    PageTree copy() {
        long copyRoot = pool.take();
        if (copyRoot == 0) {
            return null;
        }
        var copy = new PageTree(pool, topEntry, copyRoot);
        if (!copy.copyTable(root, copyRoot, TOP_LEVEL)) {
            copy.free();
            return null;
        }
        return copy;
    }

    private boolean copyTable(long from, long to, int level) {
        if (level == 1) {
            NativeMemory.copy(from, to, PageEntry.TABLE_BYTES);
            return true;
        }
        int entries = level == TOP_LEVEL ? ENTRIES / 2 : ENTRIES;
        for (int index = 0; index < entries; index++) {
            long entry = NativeMemory.getLong(from + index * 8L);
            if (PageEntry.isPresent(entry) && !PageEntry.isLarge(entry)) {
                long table = addTable(to + index * 8L);
                if (table == 0 || !copyTable(pool.table(entry), table, level - 1)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Gives all tables back. No virtual CPU may have this tree any more when it next runs guest code. */
    void free() {
        freeTable(root, TOP_LEVEL);
    }

    private void freeTable(long table, int level) {
        if (level > 1) {
            int entries = level == TOP_LEVEL ? ENTRIES / 2 : ENTRIES;
            for (int index = 0; index < entries; index++) {
                long entry = NativeMemory.getLong(table + index * 8L);
                if (PageEntry.isPresent(entry) && !PageEntry.isLarge(entry)) {
                    freeTable(pool.table(entry), level - 1);
                }
            }
        }
        pool.give(table);
    }
}
