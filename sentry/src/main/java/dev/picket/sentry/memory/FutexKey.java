package dev.picket.sentry.memory;

/**
 * What makes two futex words the same one: {@code owner} is the address space for private memory, and the identity of
 * what is mapped for shared memory; {@code offset} is the address or the offset in it.
 */
public record FutexKey(Object owner, long offset) {
    @Override
    public boolean equals(Object other) {
        return other instanceof FutexKey key && key.owner == owner && key.offset == offset;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(owner) * 31 + Long.hashCode(offset);
    }
}
