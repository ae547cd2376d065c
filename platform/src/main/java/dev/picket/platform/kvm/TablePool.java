package dev.picket.platform.kvm;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Mman;

/**
 * Pages for page tables, in memory that no guest can map. Guarded by the lock of the physical memory.
 *
 * <p>A page that was a table is used again only after KVM has forgotten what it derived from it, or the next address space
 * would see something of the last one. That is done for many at a time.
 */
final class TablePool implements AutoCloseable {
    /** 256 MiB of page tables for one sandbox: 128 GiB of memory in use, if it is dense. */
    private static final int MAXIMUM_PAGES = 65_536;

    /** Memory slots grow by so many pages. */
    private static final int CHUNK_PAGES = 512;

    static final int MAXIMUM_SLOTS = MAXIMUM_PAGES / CHUNK_PAGES;

    /** So many pages wait to be forgotten before it is worth it. */
    private static final int FORGET_PAGES = 1_024;

    static final long WINDOW_BYTES = (long) MAXIMUM_PAGES * PageEntry.TABLE_BYTES;

    private final VirtualMachine machine;
    private final int firstSlot;
    private final long physicalAddress;
    private final long hostAddress;
    private int chunkEnd;
    private int next;

    /** Numbers of pages that may be used again, and of those that may not yet. */
    private final PageStack clean = new PageStack();

    private final PageStack dirty = new PageStack();

    TablePool(VirtualMachine machine, int firstSlot, long physicalAddress) {
        this.machine = machine;
        this.firstSlot = firstSlot;
        this.physicalAddress = physicalAddress;
        int protection = Mman.PROT_READ | Mman.PROT_WRITE;
        int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_NORESERVE;
        hostAddress = Host.mmap(0, WINDOW_BYTES, protection, flags, -1, 0);
        if (hostAddress < 0 && hostAddress > -PageEntry.TABLE_BYTES) {
            throw new PlatformException("no memory for page tables", (int) -hostAddress);
        }
        Host.madvise(hostAddress, WINDOW_BYTES, Mman.MADV_NOHUGEPAGE);
    }

    /** Takes a page of zeros: its host address; or 0 if all are in use. */
    long take() {
        if (clean.isEmpty() && (dirty.size() >= FORGET_PAGES || next == MAXIMUM_PAGES)) {
            forget();
        }
        if (!clean.isEmpty()) {
            long page = hostAddress + (long) clean.pop() * PageEntry.TABLE_BYTES;
            NativeMemory.fill(page, PageEntry.TABLE_BYTES, (byte) 0);
            return page;
        }
        if (next == MAXIMUM_PAGES) {
            return 0;
        }
        if (next == chunkEnd) {
            long offset = (long) chunkEnd * PageEntry.TABLE_BYTES;
            long length = (long) CHUNK_PAGES * PageEntry.TABLE_BYTES;
            int slot = firstSlot + chunkEnd / CHUNK_PAGES;
            machine.addSlot(slot, physicalAddress + offset, length, hostAddress + offset, false);
            chunkEnd += CHUNK_PAGES;
        }
        return hostAddress + (long) next++ * PageEntry.TABLE_BYTES;
    }

    private void forget() {
        if (!dirty.isEmpty()) {
            machine.forgetDerivedTables(hostAddress);
            while (!dirty.isEmpty()) {
                clean.push(dirty.pop());
            }
        }
    }

    /** Gives back a page of a tree in which nothing runs any more, and never will. */
    void give(long page) {
        dirty.push((int) ((page - hostAddress) / PageEntry.TABLE_BYTES));
    }

    long physical(long page) {
        return page - hostAddress + physicalAddress;
    }

    /** Host address of the table that an entry points to. */
    long table(long entry) {
        return PageEntry.address(entry) - physicalAddress + hostAddress;
    }

    @Override
    public void close() {
        Host.munmap(hostAddress, WINDOW_BYTES);
    }

    /** Numbers, last in, first out. */
    private static final class PageStack {
        private int[] numbers = new int[64];
        private int size;

        boolean isEmpty() {
            return size == 0;
        }

        int size() {
            return size;
        }

        void push(int number) {
            if (size == numbers.length) {
                numbers = java.util.Arrays.copyOf(numbers, size * 2);
            }
            numbers[size++] = number;
        }

        int pop() {
            return numbers[--size];
        }
    }
}
