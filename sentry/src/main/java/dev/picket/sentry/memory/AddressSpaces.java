package dev.picket.sentry.memory;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All address spaces over one guest memory file: for what must be done in every mapping of a file, whoever's it is. Any
 * thread may call, with no lock of a memory manager held.
 */
public final class AddressSpaces {
    /** As often as this, those that were forked meanwhile are looked at again. */
    private static final int PASSES = 8;

    private final Set<MemoryManager> all = ConcurrentHashMap.newKeySet();
    private final AtomicLong additions = new AtomicLong();

    void add(MemoryManager memory) {
        all.add(memory);
        additions.incrementAndGet();
    }

    void remove(MemoryManager memory) {
        all.remove(memory);
    }

    /**
     * A file was cut off: who touches what lies behind its end in a mapping gets SIGBUS from now on, also where he has
     * written a copy of his own; see mmap(2).
     *
     * @param identity of the file's mappings, see {@link Mappable#identity}
     * @param sizeBytes its size now
     */
    public void cutOff(Object identity, long sizeBytes) {
        long before;
        int passes = 0;
        do {
            before = additions.get();
            for (var memory : all) {
                memory.cutOff(identity, Pages.pageUp(sizeBytes));
            }
        } while (before != additions.get() && ++passes < PASSES);
    }
}
