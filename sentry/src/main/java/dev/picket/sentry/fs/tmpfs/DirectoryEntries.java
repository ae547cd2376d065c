package dev.picket.sentry.fs.tmpfs;

import dev.picket.sentry.errno.ErrnoException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The names of a directory in memory, each with something, in the order in which they came. Every name has a position that
 * it keeps as long as it is there and that is never given to another, so a reader misses nothing and sees nothing twice,
 * whatever comes and goes meanwhile.
 *
 * @param <V> what the names stand for
 */
public final class DirectoryEntries<V> {
    /** A name and what it stands for. */
    public static final class Entry<V> {
        private final String name;
        private final long position;
        private V value;

        private Entry(String name, long position, V value) {
            this.name = name;
            this.position = position;
            this.value = value;
        }

        public String name() {
            return name;
        }

        public long position() {
            return position;
        }

        public V value() {
            return value;
        }
    }

    private final Budget budget;
    private final Map<String, Entry<V>> byName = new HashMap<>();
    private final TreeMap<Long, Entry<V>> byPosition = new TreeMap<>();
    private long nextPosition;

    /** @param firstPosition position of the first entry */
    public DirectoryEntries(Budget budget, long firstPosition) {
        this.budget = budget;
        this.nextPosition = firstPosition;
    }

    public synchronized V get(String name) {
        Entry<V> entry = byName.get(name);
        return entry == null ? null : entry.value;
    }

    /** Sets what a name stands for, making it if it is new; ENOSPC. */
    public synchronized void put(String name, V value) throws ErrnoException {
        Entry<V> entry = byName.get(name);
        if (entry != null) {
            entry.value = value;
            return;
        }
        budget.takeHeap(Budget.NAME_BYTES + name.length());
        entry = new Entry<>(name, nextPosition++, value);
        byName.put(name, entry);
        byPosition.put(entry.position, entry);
    }

    /** Takes a name away; answers what it stood for, or null. */
    public synchronized V remove(String name) {
        Entry<V> entry = byName.remove(name);
        if (entry == null) {
            return null;
        }
        byPosition.remove(entry.position);
        budget.returnHeap(Budget.NAME_BYTES + name.length());
        return entry.value;
    }

    public synchronized int size() {
        return byName.size();
    }

    /** The first entry at {@code position} or behind it, or null. */
    public synchronized Entry<V> from(long position) {
        var entry = byPosition.ceilingEntry(position);
        return entry == null ? null : entry.getValue();
    }

    /** Takes all names away. */
    public synchronized void clear() {
        byName.keySet().forEach(name -> budget.returnHeap(Budget.NAME_BYTES + name.length()));
        byName.clear();
        byPosition.clear();
    }
}
