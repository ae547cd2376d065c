package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.TreeMap;

/** Extended attributes of one inode, on the heap and charged to the budget. */
final class NamedValues {
    private static final int XATTR_CREATE = 1;
    private static final int XATTR_REPLACE = 2;
    private static final int ENTRY_BYTES = 128;

    private final Budget budget;
    private final TreeMap<String, byte[]> values = new TreeMap<>();

    NamedValues(Budget budget) {
        this.budget = budget;
    }

    byte[] get(String name) throws ErrnoException {
        byte[] value = values.get(name);
        if (value == null) {
            throw ErrnoException.of(Errno.ENODATA);
        }
        return value.clone();
    }

    /** Sets a value, or with null removes it. */
    void set(String name, byte[] value, int flags) throws ErrnoException {
        byte[] old = values.get(name);
        if (old != null && (flags & XATTR_CREATE) != 0) {
            throw ErrnoException.of(Errno.EEXIST);
        }
        if (old == null && (value == null || (flags & XATTR_REPLACE) != 0)) {
            throw ErrnoException.of(Errno.ENODATA);
        }
        if (value != null) {
            budget.takeHeap(charge(name, value));
            values.put(name, value.clone());
        } else {
            values.remove(name);
        }
        if (old != null) {
            budget.returnHeap(charge(name, old));
        }
    }

    /** Removes a value, if there is one. */
    void discard(String name) {
        byte[] old = values.remove(name);
        if (old != null) {
            budget.returnHeap(charge(name, old));
        }
    }

    String[] names() {
        return values.keySet().toArray(String[]::new);
    }

    void clear() {
        values.forEach((name, value) -> budget.returnHeap(charge(name, value)));
        values.clear();
    }

    private static long charge(String name, byte[] value) {
        return ENTRY_BYTES + name.length() + value.length;
    }
}
