package dev.picket.sentry.memory;

import java.util.Arrays;

/**
 * Disjoint ranges in order of address. The start addresses sit in an array of their own, so that a search touches few
 * cache lines and no object.
 */
final class RangeList<T extends Range> {
    private long[] starts = new long[16];
    private Range[] items = new Range[16];
    private int size;

    int size() {
        return size;
    }

    @SuppressWarnings("unchecked")
    T get(int index) {
        return (T) items[index];
    }

    /** Index of the first range that ends after {@code address}; {@link #size()} if there is none. */
    int firstEndingAfter(long address) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = low + high >>> 1;
            if (starts[middle] <= address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && items[low - 1].end > address ? low - 1 : low;
    }

    /** The range that holds {@code address}, or null. */
    T find(long address) {
        int index = firstEndingAfter(address);
        return index < size && starts[index] <= address ? get(index) : null;
    }

    /** Index of the range that holds {@code address}, or -1. */
    int indexOf(long address) {
        int index = firstEndingAfter(address);
        return index < size && starts[index] <= address ? index : -1;
    }

    /** Adds a range that overlaps no other, and says where. */
    int add(T range) {
        int index = firstEndingAfter(range.start);
        if (index < size && starts[index] < range.end) {
            throw new IllegalStateException("ranges overlap");
        }
        if (size == items.length) {
            starts = Arrays.copyOf(starts, size * 2);
            items = Arrays.copyOf(items, size * 2);
        }
        System.arraycopy(starts, index, starts, index + 1, size - index);
        System.arraycopy(items, index, items, index + 1, size - index);
        starts[index] = range.start;
        items[index] = range;
        size++;
        return index;
    }

    /** Removes the ranges from index {@code from} to before {@code to}. */
    void remove(int from, int to) {
        if (from >= to) {
            return;
        }
        System.arraycopy(starts, to, starts, from, size - to);
        System.arraycopy(items, to, items, from, size - to);
        int newSize = size - (to - from);
        Arrays.fill(items, newSize, size, null);
        size = newSize;
    }

    /** Moves the start of a range, which stays between its neighbours. */
    void setStart(int index, long start) {
        starts[index] = start;
        items[index].start = start;
    }
}
