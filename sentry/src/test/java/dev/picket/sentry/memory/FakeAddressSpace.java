package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.MemoryFile;
import java.util.TreeMap;

/** An address space that only notes what is mapped, page by page, and rejects what the contract forbids. */
public final class FakeAddressSpace implements AddressSpace {
    private static final long PAGE = 4096;

    /** Where a page is, and what the guest may do with it. */
    record Mapped(MemoryFile file, long offset, int access) {}

    final TreeMap<Long, Mapped> pages = new TreeMap<>();
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
        for (long done = 0; done < length; done += PAGE) {
            pages.put(address + done, new Mapped(file, offset + done, access));
        }
    }

    @Override
    public void protect(long address, long length, int access) {
        check(address, length);
        pages.subMap(address, address + length)
                .replaceAll((page, mapped) -> new Mapped(mapped.file, mapped.offset, access));
    }

    @Override
    public void unmap(long address, long length) {
        check(address, length);
        pages.subMap(address, address + length).clear();
    }

    @Override
    public AddressSpace fork() {
        var child = new FakeAddressSpace(limit);
        child.pages.putAll(pages);
        return child;
    }

    @Override
    public void close() {
        closed = true;
        pages.clear();
    }

    boolean isClosed() {
        return closed;
    }

    /** The page at an address as the processor sees it, or null. */
    Mapped at(long address) {
        return pages.get(address & -PAGE);
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
