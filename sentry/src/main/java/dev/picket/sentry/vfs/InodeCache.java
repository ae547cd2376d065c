package dev.picket.sentry.vfs;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The inodes of a file system that somebody uses now: one object for each file, however often it is looked up. What nobody
 * uses any more is forgotten.
 *
 * @param <K> what tells files apart
 */
public final class InodeCache<K, V extends Inode> {
    private static final class Entry<K, V> extends WeakReference<V> {
        private final K key;

        private Entry(K key, V inode, ReferenceQueue<V> collected) {
            super(inode, collected);
            this.key = key;
        }
    }

    private final Map<K, Entry<K, V>> entries = new HashMap<>();
    private final ReferenceQueue<V> collected = new ReferenceQueue<>();

    /** The inode of this key, or null if nobody uses it. */
    public synchronized V get(K key) {
        Entry<K, V> entry = entries.get(key);
        return entry == null ? null : entry.get();
    }

    /** The inode of this key, made by {@code maker} if there is none. */
    public synchronized V get(K key, Supplier<V> maker) {
        V known = get(key);
        if (known != null) {
            return known;
        }
        for (Reference<?> gone = collected.poll(); gone != null; gone = collected.poll()) {
            entries.remove(((Entry<?, ?>) gone).key, gone);
        }
        V made = maker.get();
        entries.put(key, new Entry<>(key, made, collected));
        return made;
    }
}
