package dev.picket.platform.kvm;

import dev.picket.platform.PlatformException;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Kvm;
import dev.picket.platform.linux.Mman;

/**
 * The guest's ring 0: descriptor tables, a stub for each way into it, and a stack per virtual CPU. Every stub halts at
 * once, which ends KVM_RUN; where it halted says what happened.
 *
 * <p>All of it but the stacks is read-only for ring 0 too, and every vector switches to the stack of its virtual CPU: so
 * whatever the guest has in its registers when it enters ring 0, the processor writes nothing but a frame, and to that
 * stack alone.
 *
 * <pre>
 * page 0 to 2   page tables of this window: not mapped
 *      3        global descriptor table: 10 kernel code, 18 kernel data, 2b user data, 33 user code
 *      4        interrupt descriptor table
 *      5        where syscall enters: 0 of 64-bit code, 20 of 32-bit code
 *      6        vectors, 32 bytes each
 *      8 + n    virtual CPU n: task state segment, the rest is stack
 *
 * top of the stack after an exception:  -48 error code  -40 rip  -32 cs  -24 rflags  -16 rsp  -8 ss
 * </pre>
 */
final class KernelPages implements AutoCloseable {
    /** Where the window is in every address space. */
    static final long BASE = 0xffff_ffff_8000_0000L;

    static final int KERNEL_CODE = 0x10;
    static final int KERNEL_DATA = 0x18;
    static final int USER_DATA = 0x2b;
    static final int USER_CODE = 0x33;

    /** An entry by {@code syscall}, beside the vectors 0 to 31. */
    static final int SYSCALL = 32;

    /** An entry by {@code syscall} of 32-bit code. */
    static final int COMPATIBLE_SYSCALL = 33;

    /** The processor is in ring 0, but not where a stub has halted. */
    static final int NOWHERE = -1;

    static final int FRAME_BYTES = 48;
    static final int FRAME_ERROR = 0;
    static final int FRAME_RIP = 8;
    static final int FRAME_CS = 16;
    static final int FRAME_FLAGS = 24;
    static final int FRAME_RSP = 32;
    static final int FRAME_SS = 40;

    private static final int PAGE = 4096;
    private static final int TABLE_PAGES = 3;
    private static final int GDT = 3 * PAGE;
    private static final int GDT_BYTES = 64;
    private static final int IDT = 4 * PAGE;
    private static final int SYSCALL_ENTRY = 5 * PAGE;
    private static final int COMPATIBLE_ENTRY = SYSCALL_ENTRY + 32;
    private static final int VECTORS = 6 * PAGE;
    private static final int VECTOR_COUNT = 32;
    private static final int VECTOR_BYTES = 32;
    private static final int FIRST_CPU_PAGE = 8;
    private static final int PAGES = 512;

    /** Page tables have room for so many virtual CPUs. */
    static final int CPU_LIMIT = PAGES - FIRST_CPU_PAGE;

    static final long WINDOW_BYTES = (long) PAGES * PAGE;

    /** Address that {@code syscall} goes to: the value of the model-specific register LSTAR. */
    static final long SYSCALL_ADDRESS = BASE + SYSCALL_ENTRY;

    static final long COMPATIBLE_ADDRESS = BASE + COMPATIBLE_ENTRY;

    // Access bytes of descriptors, accessed already, so that the processor does not write to the table
    private static final long KERNEL_CODE_DESCRIPTOR = 0x00af_9b00_0000_ffffL;
    private static final long KERNEL_DATA_DESCRIPTOR = 0x00cf_9300_0000_ffffL;
    private static final long USER_DATA_DESCRIPTOR = 0x00cf_f300_0000_ffffL;
    private static final long USER_CODE_DESCRIPTOR = 0x00af_fb00_0000_ffffL;

    // Task state segment: stacks to switch to
    private static final int TSS_RSP0 = 4;
    private static final int TSS_IST1 = 36;
    private static final int TSS_IO_MAP = 102;
    private static final int TSS_BYTES = 104;

    /** A gate of the interrupt descriptor table: present, a 64-bit interrupt gate. */
    private static final long GATE = 0x8eL << 40;

    private static final long GATE_FOR_USERS = 0xeeL << 40;
    private static final long FIRST_STACK = 1L << 32;

    private final long physicalAddress;
    private final long hostAddress;

    /** Kernel pages that will appear at a physical address; the caller makes the memory slot. */
    KernelPages(long physicalAddress) {
        this.physicalAddress = physicalAddress;
        int protection = Mman.PROT_READ | Mman.PROT_WRITE;
        int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_NORESERVE;
        hostAddress = Host.mmap(0, WINDOW_BYTES, protection, flags, -1, 0);
        if (hostAddress < 0 && hostAddress > -PAGE) {
            throw new PlatformException("no memory for the guest's ring 0", (int) -hostAddress);
        }
        // 2 MiB of host memory for a handful of pages would be a waste.
        Host.madvise(hostAddress, WINDOW_BYTES, Mman.MADV_NOHUGEPAGE);
        writeTables();
        writeDescriptors();
        writeVectors();
        writeEntries();
        for (int page = TABLE_PAGES; page < FIRST_CPU_PAGE; page++) {
            boolean isCode = page >= SYSCALL_ENTRY / PAGE;
            mapPage(page, isCode ? 0 : PageEntry.NO_EXECUTE);
        }
    }

    private void writeTables() {
        // BASE has the indices 511, 510, 0: see the picture of addresses in Intel SDM volume 3, figure 5-8.
        NativeMemory.putLong(hostAddress + 510 * 8, kernelTable(1));
        NativeMemory.putLong(hostAddress + PAGE, kernelTable(2));
    }

    private long kernelTable(int page) {
        return physicalAddress + (long) page * PAGE | PageEntry.PRESENT | PageEntry.WRITABLE | PageEntry.ACCESSED;
    }

    private void mapPage(int page, long flags) {
        long entry = physicalAddress + (long) page * PAGE | PageEntry.PRESENT | PageEntry.ACCESSED | PageEntry.DIRTY;
        NativeMemory.putLong(hostAddress + 2 * PAGE + page * 8L, entry | flags);
    }

    private void writeDescriptors() {
        NativeMemory.putLong(hostAddress + GDT + KERNEL_CODE, KERNEL_CODE_DESCRIPTOR);
        NativeMemory.putLong(hostAddress + GDT + KERNEL_DATA, KERNEL_DATA_DESCRIPTOR);
        NativeMemory.putLong(hostAddress + GDT + (USER_DATA & ~7), USER_DATA_DESCRIPTOR);
        NativeMemory.putLong(hostAddress + GDT + (USER_CODE & ~7), USER_CODE_DESCRIPTOR);
        for (int vector = 0; vector < VECTOR_COUNT; vector++) {
            long stub = BASE + VECTORS + vector * VECTOR_BYTES;
            // int3 and into are for everybody; any other int n is a general protection fault.
            long kind = vector == 3 || vector == 4 ? GATE_FOR_USERS : GATE;
            long low = stub & 0xffff | (long) KERNEL_CODE << 16 | FIRST_STACK | kind | (stub >> 16 & 0xffff) << 48;
            NativeMemory.putLong(hostAddress + IDT + vector * 16L, low);
            NativeMemory.putLong(hostAddress + IDT + vector * 16L + 8, stub >>> 32);
        }
    }

    private void writeVectors() {
        for (int vector = 0; vector < VECTOR_COUNT; vector++) {
            var assembler = new Assembler();
            if (!hasErrorCode(vector)) {
                assembler.pushByte(0);
            }
            halt(assembler);
            write(VECTORS + vector * VECTOR_BYTES, assembler);
        }
    }

    private void writeEntries() {
        var entry = new Assembler();
        halt(entry);
        write(SYSCALL_ENTRY, entry);
        var compatible = new Assembler();
        halt(compatible);
        write(COMPATIBLE_ENTRY, compatible);
    }

    private static void halt(Assembler assembler) {
        var loop = assembler.here();
        assembler.hlt();
        assembler.jmp(loop);
    }

    private void write(int offset, Assembler assembler) {
        byte[] code = assembler.assemble();
        NativeMemory.copyFromArray(code, 0, hostAddress + offset, code.length);
    }

    private static boolean hasErrorCode(int vector) {
        return vector == 8
                || vector >= 10 && vector <= 14
                || vector == 17
                || vector == 21
                || vector >= 29 && vector <= 30;
    }

    /** What to put into the last entry of the top table of every address space. */
    long topEntry() {
        return kernelTable(0);
    }

    long hostAddress() {
        return hostAddress;
    }

    /** Makes task state segment and stack of a virtual CPU. */
    void addCpu(int number) {
        int page = FIRST_CPU_PAGE + number;
        long segment = hostAddress + (long) page * PAGE;
        NativeMemory.fill(segment, PAGE, (byte) 0);
        NativeMemory.putLong(segment + TSS_RSP0, stackTop(number));
        NativeMemory.putLong(segment + TSS_IST1, stackTop(number));
        NativeMemory.putShort(segment + TSS_IO_MAP, (short) TSS_BYTES); // behind the end: no port is permitted
        mapPage(page, PageEntry.WRITABLE | PageEntry.NO_EXECUTE);
    }

    private static long stackTop(int number) {
        return BASE + (long) (FIRST_CPU_PAGE + number + 1) * PAGE;
    }

    /** Host address of the frame that an exception leaves. */
    long frame(int number) {
        return hostAddress + (long) (FIRST_CPU_PAGE + number + 1) * PAGE - FRAME_BYTES;
    }

    /** Writes the registers that lead to these tables into a struct kvm_sregs. */
    void writeSystemRegisters(int number, long sregs) {
        long segment = sregs + Kvm.SREGS_TR;
        NativeMemory.putLong(segment + Kvm.SEGMENT_BASE, BASE + (long) (FIRST_CPU_PAGE + number) * PAGE);
        NativeMemory.putInt(segment + Kvm.SEGMENT_LIMIT, TSS_BYTES - 1);
        NativeMemory.putShort(segment + Kvm.SEGMENT_SELECTOR, (short) 0x40);
        NativeMemory.putLong(segment + Kvm.SEGMENT_ATTRIBUTES, SegmentAttributes.BUSY_TASK);
        NativeMemory.putLong(sregs + Kvm.SREGS_GDT, BASE + GDT);
        NativeMemory.putShort(sregs + Kvm.SREGS_GDT + 8, (short) (GDT_BYTES - 1));
        NativeMemory.putLong(sregs + Kvm.SREGS_IDT, BASE + IDT);
        NativeMemory.putShort(sregs + Kvm.SREGS_IDT + 8, (short) (VECTOR_COUNT * 16 - 1));
    }

    /** Which stub has halted at {@code rip}: a vector, {@link #SYSCALL}, {@link #COMPATIBLE_SYSCALL} or {@link #NOWHERE}. */
    static int entry(long rip) {
        long offset = rip - BASE;
        if (offset >= VECTORS && offset < VECTORS + VECTOR_COUNT * VECTOR_BYTES) {
            return (int) (offset - VECTORS) / VECTOR_BYTES;
        }
        if (offset >= SYSCALL_ENTRY && offset < COMPATIBLE_ENTRY) {
            return SYSCALL;
        }
        return offset >= COMPATIBLE_ENTRY && offset < COMPATIBLE_ENTRY + 32 ? COMPATIBLE_SYSCALL : NOWHERE;
    }

    @Override
    public void close() {
        Host.munmap(hostAddress, WINDOW_BYTES);
    }
}
