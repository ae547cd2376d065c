package dev.picket.sentry.memory;

import java.util.Arrays;

/**
 * Reference counts of pages of a file, as runs of neighbouring pages with equal counts, in order of offset. What is in no
 * run is free. A run with count 0 is being cleared: neither free nor in use.
 *
 * <p>A search is logarithmic; a change moves the runs behind it, which is a memmove and fast at the numbers a sandbox has.
 */
final class ReferenceRuns {
    private long[] starts = new long[64];
    private long[] ends = new long[64];
    private int[] counts = new int[64];
    private int size;

    int size() {
        return size;
    }

    long start(int index) {
        return starts[index];
    }

    long end(int index) {
        return ends[index];
    }

    int count(int index) {
        return counts[index];
    }

    /** Index of the first run that ends after {@code offset}; {@link #size()} if there is none. */
    int firstEndingAfter(long offset) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = low + high >>> 1;
            if (ends[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Puts a run where nothing is. */
    void insert(long start, long end, int count) {
        int index = firstEndingAfter(start);
        if (index < size && starts[index] < end) {
            throw new IllegalStateException("frames are in use");
        }
        insertAt(index, start, end, count);
        mergeAround(index, index + 1);
    }

    /** Makes {@code offset} a boundary between runs if it lies within one; answers the index of what begins there. */
    int splitAt(long offset) {
        int index = firstEndingAfter(offset);
        if (index < size && starts[index] < offset) {
            insertAt(index + 1, offset, ends[index], counts[index]);
            ends[index] = offset;
            return index + 1;
        }
        return index;
    }

    /** Sets the count of a run; {@link #mergeAround} is to follow. */
    void setCount(int index, int count) {
        counts[index] = count;
    }

    void remove(int index) {
        System.arraycopy(starts, index + 1, starts, index, size - index - 1);
        System.arraycopy(ends, index + 1, ends, index, size - index - 1);
        System.arraycopy(counts, index + 1, counts, index, size - index - 1);
        size--;
    }

    /** Joins neighbours of equal count among the runs from {@code from} to {@code to} and those beside them. */
    void mergeAround(int from, int to) {
        int index = Math.max(from, 1);
        int last = Math.min(to, size - 1);
        while (index <= last) {
            if (ends[index - 1] == starts[index] && counts[index - 1] == counts[index] && counts[index] != 0) {
                ends[index - 1] = ends[index];
                remove(index);
                last--;
            } else {
                index++;
            }
        }
    }

    private void insertAt(int index, long start, long end, int count) {
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, size * 2);
            ends = Arrays.copyOf(ends, size * 2);
            counts = Arrays.copyOf(counts, size * 2);
        }
        System.arraycopy(starts, index, starts, index + 1, size - index);
        System.arraycopy(ends, index, ends, index + 1, size - index);
        System.arraycopy(counts, index, counts, index + 1, size - index);
        starts[index] = start;
        ends[index] = end;
        counts[index] = count;
        size++;
    }
}
