package dev.picket.platform.kvm;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The physical memory of a virtual machine, made of windows on the guest memory and on image files, and the lock that
 * guards it, all page tables and all mappings.
 *
 * <p>A window is made when the first page in it is put into a page table: a memory slot costs the kernel up to 0.2% of its
 * length, so that the 16 TiB of guest memory cannot be one.
 */
final class PhysicalMemory implements AutoCloseable {
    /** How much of the guest memory a window shows. */
    private static final long MEMORY_WINDOW_BYTES = 64L << 20;

    /** How much of any other file a window shows. */
    private static final long FILE_WINDOW_BYTES = 8L << 20;

    /** 64 GiB of guest memory that has pages somewhere in each 64 MiB; then all begins anew. */
    private static final int MAXIMUM_MEMORY_WINDOWS = 1_024;

    /** Physical addresses begin above what older processors need for themselves below 4 GiB. */
    private static final long FIRST_ADDRESS = 1L << 32;

    /** Files that nobody maps are forgotten when there are more files than at the last time, by so many. */
    private static final int FILES_TO_SURVEY = 64;

    final ReentrantLock lock = new ReentrantLock();
    private final VirtualMachine machine;
    private final KernelPages kernel;
    private final TablePool tables;
    private final FileView memory;
    private final Map<MemoryFile, FileView> views = new IdentityHashMap<>();
    private final List<KvmAddressSpace> spaces = new ArrayList<>();

    /** Windows on image files, whoever they belong to, and those that nobody has. */
    private final List<Window> fileWindows = new ArrayList<>();

    private final ArrayDeque<Window> freeFileWindows = new ArrayDeque<>();

    /** Physical memory and slots of guest memory that were given back: all windows on it are of one size. */
    private final ArrayDeque<Window> freeMemoryWindows = new ArrayDeque<>();

    private long nextAddress = FIRST_ADDRESS;
    private int nextSlot = VirtualMachine.FIRST_SLOT;
    private int surveyAt = FILES_TO_SURVEY;

    PhysicalMemory(VirtualMachine machine, MemoryFile guestMemory) {
        this.machine = machine;
        memory = new FileView(guestMemory, true, guestMemory.descriptor(), MEMORY_WINDOW_BYTES);
        kernel = new KernelPages(nextAddress);
        try {
            machine.addSlot(nextSlot++, nextAddress, KernelPages.WINDOW_BYTES, kernel.hostAddress(), false);
            nextAddress += KernelPages.WINDOW_BYTES;
            tables = new TablePool(machine, nextSlot, nextAddress);
        } catch (PlatformException e) {
            kernel.close();
            throw e;
        }
        nextSlot += TablePool.MAXIMUM_SLOTS;
        nextAddress += TablePool.WINDOW_BYTES;
    }

    KernelPages kernel() {
        return kernel;
    }

    // ---- Files

    /** The view of a file that is going to be mapped. @throws PlatformException if the host refuses */
    FileView view(MemoryFile file) {
        if (file == memory.file) {
            return memory;
        }
        var view = views.get(file);
        if (view == null) {
            if (views.size() >= surveyAt) {
                survey();
            }
            int descriptor = Host.fcntl(file.descriptor(), Fcntl.F_DUPFD_CLOEXEC, 0);
            view = new FileView(
                    file, false, VirtualMachine.check(descriptor, "keeping a file to be mapped"), FILE_WINDOW_BYTES);
            views.put(file, view);
        }
        return view;
    }

    /** Lets go of files that no address space maps. */
    private void survey() {
        views.values().forEach(view -> view.isUsed = false);
        spaces.forEach(KvmAddressSpace::markFiles);
        views.values().removeIf(view -> {
            if (!view.isUsed) {
                release(view);
            }
            return !view.isUsed;
        });
        surveyAt = views.size() + FILES_TO_SURVEY;
    }

    private void release(FileView view) {
        for (var window : view.windows.values()) {
            // The slot stays, and shows nothing.
            int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_NORESERVE | Mman.MAP_FIXED;
            mapWindow(window.hostAddress(), Mman.PROT_NONE, flags, -1, 0);
            freeFileWindows.add(window);
        }
        Host.close(view.descriptor);
    }

    // ---- Windows

    /**
     * The physical address of a file's byte, or -1 if the guest memory has no window for it and can have no more, until
     * {@link #startOver}. It goes on from there to the {@linkplain #windowEnd end of the window}.
     */
    long physicalAddress(FileView view, long offset) {
        long index = offset / view.windowBytes;
        var window = view.windows.get(index);
        if (window == null) {
            window = view == memory ? addMemoryWindow(index) : addFileWindow(view, index);
            if (window == null) {
                return -1;
            }
            view.windows.put(index, window);
        }
        return window.physicalAddress() + (offset & view.windowBytes - 1);
    }

    /** The first offset behind {@code offset} that is in another window. */
    long windowEnd(FileView view, long offset) {
        return (offset | view.windowBytes - 1) + 1;
    }

    private Window addMemoryWindow(long index) {
        if (memory.windows.size() >= MAXIMUM_MEMORY_WINDOWS) {
            return null;
        }
        var used = freeMemoryWindows.poll();
        long hostAddress = memory.file.address(index * MEMORY_WINDOW_BYTES);
        var window = new Window(
                used == null ? takeSlot() : used.slot(),
                used == null ? takeAddresses(MEMORY_WINDOW_BYTES) : used.physicalAddress(),
                hostAddress);
        machine.addSlot(window.slot(), window.physicalAddress(), MEMORY_WINDOW_BYTES, hostAddress, false);
        return window;
    }

    private Window addFileWindow(FileView view, long index) {
        long offset = index * FILE_WINDOW_BYTES;
        var window = freeFileWindows.poll();
        if (window != null) {
            // KVM notices that something else is mapped there, and forgets what it derived.
            mapWindow(
                    window.hostAddress(),
                    Mman.PROT_READ,
                    Mman.MAP_SHARED | Mman.MAP_FIXED | Mman.MAP_NORESERVE,
                    view.descriptor,
                    offset);
            return window;
        }
        int flags = Mman.MAP_SHARED | Mman.MAP_NORESERVE;
        long hostAddress = mapWindow(0, Mman.PROT_READ, flags, view.descriptor, offset);
        window = new Window(takeSlot(), takeAddresses(FILE_WINDOW_BYTES), hostAddress);
        machine.addSlot(window.slot(), window.physicalAddress(), FILE_WINDOW_BYTES, hostAddress, true);
        fileWindows.add(window);
        return window;
    }

    private long mapWindow(long address, int protection, int flags, int descriptor, long offset) {
        long mapped = Host.mmap(address, FILE_WINDOW_BYTES, protection, flags, descriptor, offset);
        if (mapped < 0 && mapped > -PageEntry.PAGE_BYTES) {
            throw new PlatformException("mapping a file for the virtual machine failed", (int) -mapped);
        }
        return mapped;
    }

    private int takeSlot() {
        if (nextSlot >= machine.slotLimit()) {
            throw new PlatformException("the virtual machine has no memory slot left");
        }
        return nextSlot++;
    }

    private long takeAddresses(long lengthBytes) {
        long address = nextAddress;
        nextAddress += lengthBytes;
        return address;
    }

    // ---- Taking away

    /**
     * Makes KVM forget what it derived from page-table entries for a range of a file, so that entries that were changed are
     * looked at again. When this returns, no virtual CPU uses the old ones.
     */
    void forgetDerived(FileView view, long offset, long lengthBytes) {
        if (view == memory) {
            dropHostPages(memory.file.address(offset), lengthBytes);
            return;
        }
        long end = offset + lengthBytes;
        while (offset < end) {
            long pieceEnd = Math.min(end, windowEnd(view, offset));
            var window = view.windows.get(offset / view.windowBytes);
            if (window != null) {
                dropHostPages(window.hostAddress() + (offset & view.windowBytes - 1), pieceEnd - offset);
            }
            offset = pieceEnd;
        }
    }

    /** The pages belong to files, so nothing is lost. */
    private static void dropHostPages(long hostAddress, long lengthBytes) {
        VirtualMachine.check(
                Host.madvise(hostAddress, lengthBytes, Mman.MADV_DONTNEED), "making KVM forget pages of a guest");
    }

    // ---- Trees

    /** Registers an address space, whose tree counts from now on. */
    void add(KvmAddressSpace space) {
        spaces.add(space);
    }

    void remove(KvmAddressSpace space) {
        spaces.remove(space);
    }

    /** An empty tree, or null if there is no room for it, until {@link #startOver}. */
    PageTree newTree() {
        return PageTree.create(tables, kernel);
    }

    /**
     * Gives all page tables and all windows on guest memory back, when there is no room for more of them: every address
     * space starts with an empty tree.
     */
    void startOver() {
        for (var space : spaces) {
            space.dropTree();
        }
        for (var window : memory.windows.values()) {
            machine.removeSlot(window.slot());
            freeMemoryWindows.add(window);
        }
        memory.windows.clear();
        for (var space : spaces) {
            space.adoptTree(newTree());
        }
    }

    List<KvmAddressSpace> spaces() {
        return List.copyOf(spaces);
    }

    /** Frees everything. The virtual machine is closed already. */
    @Override
    public void close() {
        views.values().forEach(view -> Host.close(view.descriptor));
        fileWindows.forEach(window -> Host.munmap(window.hostAddress(), FILE_WINDOW_BYTES));
        tables.close();
        kernel.close();
    }
}
