package dev.picket.sentry.fs.tmpfs;

/**
 * A piece of a file that has a range of guest memory reserved. Of its pages, those in use are marked; the others are holes
 * that read as zeros and are charged to nobody.
 */
final class Extent {
    private static final int PAGE_SHIFT = 12;

    final long start;
    final long lengthBytes;
    final long frame;
    private final long[] used;
    private int usedPages;

    Extent(long start, long lengthBytes, long frame) {
        this.start = start;
        this.lengthBytes = lengthBytes;
        this.frame = frame;
        this.used = new long[(int) ((lengthBytes >>> PAGE_SHIFT) + 63 >>> 6)];
    }

    /** What an extent takes on the heap. */
    static long heapBytes(long lengthBytes) {
        return 80 + (lengthBytes >>> PAGE_SHIFT + 3);
    }

    long end() {
        return start + lengthBytes;
    }

    /** Where in guest memory the byte at {@code offset} of the file is. */
    long frameAt(long offset) {
        return frame + (offset - start);
    }

    boolean isUsed(long offset) {
        int page = page(offset);
        return (used[page >>> 6] >>> page & 1) != 0;
    }

    /** First offset from {@code offset} on whose page is in use or not, as {@code wanted} says; the end if there is none. */
    long next(long offset, boolean wanted) {
        int pages = (int) (lengthBytes >>> PAGE_SHIFT);
        int page = page(offset);
        while (page < pages) {
            long word = wanted ? used[page >>> 6] : ~used[page >>> 6];
            word &= -1L << page;
            if (word != 0) {
                page = (page & ~63) + Long.numberOfTrailingZeros(word);
                break;
            }
            page = (page & ~63) + 64;
        }
        return Math.max(offset, start + ((long) Math.min(page, pages) << PAGE_SHIFT));
    }

    /** How many pages from {@code from} to {@code to} are not in use. */
    int unused(long from, long to) {
        int count = 0;
        for (int page = page(from), last = page(to - 1); page <= last; page++) {
            count += (used[page >>> 6] >>> page & 1) == 0 ? 1 : 0;
        }
        return count;
    }

    /** Marks pages; answers how many changed. */
    int mark(long from, long to, boolean value) {
        int changed = 0;
        for (int page = page(from), last = page(to - 1); page <= last; page++) {
            long bit = 1L << page;
            boolean was = (used[page >>> 6] & bit) != 0;
            if (was != value) {
                used[page >>> 6] ^= bit;
                changed++;
            }
        }
        usedPages += value ? changed : -changed;
        return changed;
    }

    int usedPages() {
        return usedPages;
    }

    private int page(long offset) {
        return (int) (offset - start >>> PAGE_SHIFT);
    }
}
