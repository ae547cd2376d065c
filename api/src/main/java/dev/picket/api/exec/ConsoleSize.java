package dev.picket.api.exec;

import java.util.List;

/** Docker's console size: a list of rows and columns; anything else counts as unknown. */
final class ConsoleSize {
    private static final int MAX = 65535;

    private ConsoleSize() {}

    static int rows(List<Integer> size) {
        return dimension(size, 0);
    }

    static int columns(List<Integer> size) {
        return dimension(size, 1);
    }

    private static int dimension(List<Integer> size, int index) {
        return size == null || size.size() != 2 || size.get(index) == null
                ? 0
                : Math.max(0, Math.min(MAX, size.get(index)));
    }
}
