package dev.picket.platform.kvm;

import dev.picket.platform.Access;

/** Entries of page tables; Intel SDM volume 3, chapter 5 (4-level paging). */
final class PageEntry {
    static final int TABLE_BYTES = 4096;
    static final long PAGE_BYTES = 4096;
    static final long LARGE_PAGE_BYTES = 2L << 20;

    static final long PRESENT = 1;
    static final long WRITABLE = 1 << 1;
    static final long USER = 1 << 2;
    static final long ACCESSED = 1 << 5;
    static final long DIRTY = 1 << 6;
    static final long LARGE = 1 << 7;
    static final long NO_EXECUTE = 1L << 63;
    static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    private PageEntry() {}

    /** An entry that points to a table for guest code: the entries of that table decide. */
    static long table(long physicalAddress) {
        return physicalAddress | PRESENT | WRITABLE | USER | ACCESSED;
    }

    /**
     * An entry for a page of guest code, 0 if no access is granted. Accessed and dirty are set beforehand, so that neither
     * the processor nor KVM ever writes to our tables.
     */
    static long page(long physicalAddress, int access) {
        if (access == Access.NONE) {
            return 0;
        }
        return physicalAddress
                | PRESENT
                | USER
                | ACCESSED
                | DIRTY
                | ((access & Access.WRITE) != 0 ? WRITABLE : 0)
                | ((access & Access.EXECUTE) != 0 ? 0 : NO_EXECUTE);
    }

    static boolean isPresent(long entry) {
        return (entry & PRESENT) != 0;
    }

    static boolean isLarge(long entry) {
        return (entry & LARGE) != 0;
    }

    static long address(long entry) {
        return entry & ADDRESS;
    }

    /** Whether an access that {@code before} permits is one that {@code after} does not, or goes elsewhere. */
    static boolean takesAway(long before, long after) {
        if (!isPresent(before)) {
            return false;
        }
        return !isPresent(after)
                || address(before) != address(after)
                || (before & ~after & WRITABLE) != 0
                || (after & ~before & NO_EXECUTE) != 0;
    }
}
