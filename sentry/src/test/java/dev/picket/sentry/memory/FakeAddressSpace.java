package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.MemoryFile;
import java.util.NavigableMap;
import java.util.TreeMap;

/** An address space that only notes what is mapped, and rejects what the contract forbids. */
public final class FakeAddressSpace implements AddressSpace {
    private static final long PAGE = 4096;

    /** Where a page is, and what the guest may do with it. */
    record Mapped(MemoryFile file, long offset, int access) {}

    private record Extent(long end, MemoryFile file, long offset, int access) {}

    private final TreeMap<Long, Extent> extents = new TreeMap<>();
    private final long limit;
    private boolean closed;
    int calls;

    FakeAddressSpace(long limit) {
        this.limit = limit;
    }

    @Override
    public void map(long address, MemoryFile file, long offset, long length, int access, boolean populate) {
        check(address, length);
        if (offset < 0 || offset % PAGE != 0) {
            throw new IllegalArgumentException("offset " + offset);
        }
        if ((access & Access.WRITE) != 0 && !file.isWritable()) {
            throw new IllegalArgumentException("writable mapping of a read-only file");
        }
        cut(address, address + length).clear();
        extents.put(address, new Extent(address + length, file, offset, access));
    }

    @Override
    public void protect(long address, long length, int access) {
        check(address, length);
        cut(address, address + length)
                .replaceAll((start, extent) -> new Extent(extent.end, extent.file, extent.offset, access));
    }

    @Override
    public void unmap(long address, long length) {
        check(address, length);
        cut(address, address + length).clear();
    }

    @Override
    public AddressSpace fork() {
        var child = new FakeAddressSpace(limit);
        child.extents.putAll(extents);
        return child;
    }

    @Override
    public void close() {
        closed = true;
        extents.clear();
    }

    boolean isClosed() {
        return closed;
    }

    /** The page at an address as the processor sees it, or null. */
    Mapped at(long address) {
        var entry = extents.floorEntry(address);
        if (entry == null || entry.getValue().end <= address) {
            return null;
        }
        Extent extent = entry.getValue();
        long page = address & -PAGE;
        return new Mapped(extent.file, extent.offset + (page - entry.getKey()), extent.access);
    }

    long mappedBytes() {
        return extents.entrySet().stream()
                .mapToLong(entry -> entry.getValue().end - entry.getKey())
                .sum();
    }

    /** The extents of a range, after those that cross its bounds were cut there. */
    private NavigableMap<Long, Extent> cut(long start, long end) {
        cutAt(start);
        cutAt(end);
        return extents.subMap(start, true, end, false);
    }

    private void cutAt(long address) {
        var entry = extents.lowerEntry(address);
        if (entry != null && entry.getValue().end > address) {
            Extent extent = entry.getValue();
            long start = entry.getKey();
            extents.put(start, new Extent(address, extent.file, extent.offset, extent.access));
            extents.put(address, new Extent(extent.end, extent.file, extent.offset + (address - start), extent.access));
        }
    }

    private void check(long address, long length) {
        calls++;
        if (closed) {
            throw new IllegalStateException("address space is closed");
        }
        if (address % PAGE != 0 || length % PAGE != 0 || length <= 0 || address < 0 || address > limit - length) {
            throw new IllegalArgumentException("range " + address + " + " + length);
        }
    }
}
