package dev.picket.platform.kvm;

import dev.picket.platform.PlatformException;
import dev.picket.platform.amd64.Registers;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Kvm;
import dev.picket.platform.linux.Mman;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A virtual CPU. It is either free, or parked for the context that ran on it last, whose FPU state and segments it still
 * has, or claimed: then it belongs to the one thread that claimed it.
 */
final class VirtualCpu implements AutoCloseable {
    /** Size of the four segments ds, es, fs and gs in struct kvm_sregs, which follow one another. */
    static final int SEGMENTS_BYTES = 96;

    private static final long CR0 = 0x8005_0033L; // paging, write-protect, alignment mask, native FPU errors, protected
    private static final long CR4 = 0x5_0620L; // OSXSAVE, FSGSBASE, SSE and its exceptions, PAE
    private static final long EFER = 0xd01L; // no-execute, long mode, syscall
    private static final int MSR_STAR = 0xc000_0081;
    private static final int MSR_LSTAR = 0xc000_0082;
    private static final int MSR_CSTAR = 0xc000_0083;
    private static final int MSR_SYSCALL_MASK = 0xc000_0084;

    /** What syscall clears in rflags: AC, NT, IOPL, DF, IF, TF. */
    private static final long SYSCALL_MASK = 0x4_7700L;

    /** What a guest may have in rflags: ID, AC, NT, OF, DF, TF, SF, ZF, AF, PF, CF. */
    private static final long USER_FLAGS = 0x24_4dd5L;

    /** Interrupts enabled, and the bit that is always set. */
    private static final long FIXED_FLAGS = 0x202;

    private static final int SEGMENT_UNUSABLE = 22;

    // struct kvm_regs
    private static final int RAX = 0;
    private static final int RBX = 8;
    private static final int RCX = 16;
    private static final int RDX = 24;
    private static final int RSI = 32;
    private static final int RDI = 40;
    private static final int RSP = 48;
    private static final int RBP = 56;
    private static final int R8 = 64;
    private static final int R9 = 72;
    private static final int R10 = 80;
    private static final int R11 = 88;
    private static final int R12 = 96;
    private static final int R13 = 104;
    private static final int R14 = 112;
    private static final int R15 = 120;
    private static final int RIP = 128;
    private static final int RFLAGS = 136;

    private final int number;
    private final int descriptor;
    private final int runBytes;
    private final long run;
    private final long regs;
    private final long sregs;
    private final long frame;

    /** For whom it is parked; null while it is free or claimed. */
    final AtomicReference<KvmContext> parkedFor = new AtomicReference<>();

    /** Whether its thread is in KVM_RUN or about to be; written by that thread. */
    volatile boolean inGuest;

    /** The address space it runs in; written before {@link #inGuest}. */
    volatile KvmAddressSpace space;

    /** The host's number of the thread that runs it. */
    volatile int threadId;

    /** Counts returns from guest code. */
    volatile long returns;

    /** Whether somebody waits for a virtual CPU, and this one shall be parked for a moment. */
    volatile boolean yieldRequested;

    private VirtualCpu(int number, int descriptor, int runBytes, long run, long frame) {
        this.number = number;
        this.descriptor = descriptor;
        this.runBytes = runBytes;
        this.run = run;
        this.regs = run + Kvm.RUN_REGS;
        this.sregs = run + Kvm.RUN_SREGS;
        this.frame = frame;
    }

    /** Makes a virtual CPU in the state of a new program. @throws PlatformException if the host refuses */
    static VirtualCpu create(VirtualMachine machine, KernelPages kernel, KickSignal kick, int number) {
        int descriptor = VirtualMachine.check(machine.createCpu(number), "creating a virtual CPU");
        int runBytes = machine.runBytes();
        int protection = Mman.PROT_READ | Mman.PROT_WRITE;
        long run = Host.mmap(0, runBytes, protection, Mman.MAP_SHARED, descriptor, 0);
        if (run < 0 && run > -PageEntry.PAGE_BYTES) {
            Host.close(descriptor);
            throw new PlatformException("mapping a virtual CPU's area failed", (int) -run);
        }
        kernel.addCpu(number);
        var cpu = new VirtualCpu(number, descriptor, runBytes, run, kernel.frame(number));
        try {
            cpu.initialise(machine.features(), kernel, kick);
        } catch (PlatformException e) {
            cpu.close();
            throw e;
        }
        return cpu;
    }

    private void initialise(CpuFeatures features, KernelPages kernel, KickSignal kick) {
        request(Kvm.KVM_SET_CPUID2, features.cpuid(), "setting its features"); // before anything that depends on them
        request(Kvm.KVM_GET_SREGS, sregs, "reading its system registers");
        kernel.writeSystemRegisters(number, sregs);
        NativeMemory.putLong(sregs + Kvm.SREGS_CR0, CR0);
        NativeMemory.putLong(sregs + Kvm.SREGS_CR3, 0);
        NativeMemory.putLong(sregs + Kvm.SREGS_CR4, CR4);
        NativeMemory.putLong(sregs + Kvm.SREGS_EFER, EFER);
        writeSegments(0);
        writeUnusable(sregs + Kvm.SREGS_LDT);
        writeRingThree();
        request(Kvm.KVM_SET_SREGS, sregs, "setting its system registers");
        long area = NativeMemory.allocate(512);
        try {
            NativeMemory.putInt(area, 1); // struct kvm_xcrs: 0 count, 8 register, 16 value
            NativeMemory.putLong(area + 16, features.stateMask());
            request(Kvm.KVM_SET_XCRS, area, "setting XCR0");
            long star = (long) (KernelPages.USER_CODE - 16) << 48 | (long) KernelPages.KERNEL_CODE << 32;
            writeModelRegister(area, MSR_STAR, star);
            writeModelRegister(area, MSR_LSTAR, KernelPages.SYSCALL_ADDRESS);
            writeModelRegister(area, MSR_CSTAR, KernelPages.COMPATIBLE_ADDRESS);
            writeModelRegister(area, MSR_SYSCALL_MASK, SYSCALL_MASK);
            kick.writeRunMask(area);
            request(Kvm.KVM_SET_SIGNAL_MASK, area, "setting its signals");
            // struct kvm_device_attr: 0 flags, 4 group, 8 attribute, 16 address
            NativeMemory.fill(area, 64, (byte) 0);
            NativeMemory.putInt(area + 4, Kvm.KVM_VCPU_TSC_CTRL);
            NativeMemory.putLong(area + 8, Kvm.KVM_VCPU_TSC_OFFSET);
            NativeMemory.putLong(area + 16, area + 32);
            request(Kvm.KVM_SET_DEVICE_ATTR, area, "giving it the host's time stamp counter (Linux 5.16)");
        } finally {
            NativeMemory.free(area);
        }
        NativeMemory.putLong(run + Kvm.RUN_VALID_REGS, Kvm.KVM_SYNC_X86_REGS | Kvm.KVM_SYNC_X86_SREGS);
    }

    private void writeModelRegister(long area, int register, long value) {
        // struct kvm_msrs: 0 count, 8 index, 16 value
        NativeMemory.putLong(area, 1);
        NativeMemory.putLong(area + 8, register & 0xffff_ffffL);
        NativeMemory.putLong(area + 16, value);
        int written = Host.ioctl(descriptor, Kvm.KVM_SET_MSRS, area);
        if (written != 1) {
            throw new PlatformException(
                    "setting a model-specific register of a virtual CPU failed", Math.max(0, -written));
        }
    }

    private void request(long request, long argument, String what) {
        VirtualMachine.check(Host.ioctl(descriptor, request, argument), "virtual CPU: " + what);
    }

    // ---- State of the context that has it

    /** Puts segments from {@link #SEGMENTS_BYTES} of native memory in place, or those of a new program if it is 0. */
    void writeSegments(long source) {
        if (source != 0) {
            NativeMemory.copy(source, sregs + Kvm.SREGS_DS, SEGMENTS_BYTES);
            return;
        }
        for (int segment = Kvm.SREGS_DS; segment <= Kvm.SREGS_GS; segment += Kvm.SREGS_ES - Kvm.SREGS_DS) {
            writeUnusable(sregs + segment);
        }
    }

    void readSegments(long destination) {
        NativeMemory.copy(sregs + Kvm.SREGS_DS, destination, SEGMENTS_BYTES);
    }

    private static void writeUnusable(long segment) {
        NativeMemory.fill(segment, Kvm.SREGS_ES - Kvm.SREGS_DS, (byte) 0);
        NativeMemory.putByte(segment + SEGMENT_UNUSABLE, (byte) 1);
    }

    /** Copies the FPU state out, {@link Kvm#XSAVE_BYTES} bytes. */
    void readFpu(long destination) {
        request(Kvm.KVM_GET_XSAVE, destination, "reading the FPU state");
    }

    void writeFpu(long source) {
        request(Kvm.KVM_SET_XSAVE, source, "setting the FPU state");
    }

    /** Puts a guest's registers in place: it will be in ring 3. */
    void load(Registers from) {
        NativeMemory.putLong(regs + RAX, from.rax());
        NativeMemory.putLong(regs + RBX, from.rbx());
        NativeMemory.putLong(regs + RCX, from.rcx());
        NativeMemory.putLong(regs + RDX, from.rdx());
        NativeMemory.putLong(regs + RSI, from.rsi());
        NativeMemory.putLong(regs + RDI, from.rdi());
        NativeMemory.putLong(regs + RSP, from.rsp());
        NativeMemory.putLong(regs + RBP, from.rbp());
        NativeMemory.putLong(regs + R8, from.r8());
        NativeMemory.putLong(regs + R9, from.r9());
        NativeMemory.putLong(regs + R10, from.r10());
        NativeMemory.putLong(regs + R11, from.r11());
        NativeMemory.putLong(regs + R12, from.r12());
        NativeMemory.putLong(regs + R13, from.r13());
        NativeMemory.putLong(regs + R14, from.r14());
        NativeMemory.putLong(regs + R15, from.r15());
        NativeMemory.putLong(regs + RIP, from.rip());
        NativeMemory.putLong(regs + RFLAGS, from.eflags() & USER_FLAGS | FIXED_FLAGS);
        NativeMemory.putLong(sregs + Kvm.SREGS_FS + Kvm.SEGMENT_BASE, from.fsBase());
        NativeMemory.putLong(sregs + Kvm.SREGS_GS + Kvm.SEGMENT_BASE, from.gsBase());
        writeRingThree();
        NativeMemory.putLong(run + Kvm.RUN_DIRTY_REGS, Kvm.KVM_SYNC_X86_REGS | Kvm.KVM_SYNC_X86_SREGS);
    }

    private void writeRingThree() {
        writeSegment(sregs + Kvm.SREGS_CS, KernelPages.USER_CODE, SegmentAttributes.USER_CODE);
        writeSegment(sregs + Kvm.SREGS_SS, KernelPages.USER_DATA, SegmentAttributes.USER_DATA);
    }

    private static void writeSegment(long segment, int selector, long attributes) {
        NativeMemory.putLong(segment + Kvm.SEGMENT_BASE, 0);
        // limit and selector share a long with the first two attributes
        NativeMemory.putLong(segment + Kvm.SEGMENT_LIMIT, 0xffff_ffffL | (long) selector << 32);
        NativeMemory.putLong(segment + Kvm.SEGMENT_ATTRIBUTES, attributes);
    }

    /** Takes a guest's registers as they are now; those that a stub or a frame knows better are the caller's business. */
    void store(Registers to) {
        to.rax(NativeMemory.getLong(regs + RAX));
        to.rbx(NativeMemory.getLong(regs + RBX));
        to.rcx(NativeMemory.getLong(regs + RCX));
        to.rdx(NativeMemory.getLong(regs + RDX));
        to.rsi(NativeMemory.getLong(regs + RSI));
        to.rdi(NativeMemory.getLong(regs + RDI));
        to.rsp(NativeMemory.getLong(regs + RSP));
        to.rbp(NativeMemory.getLong(regs + RBP));
        to.r8(NativeMemory.getLong(regs + R8));
        to.r9(NativeMemory.getLong(regs + R9));
        to.r10(NativeMemory.getLong(regs + R10));
        to.r11(NativeMemory.getLong(regs + R11));
        to.r12(NativeMemory.getLong(regs + R12));
        to.r13(NativeMemory.getLong(regs + R13));
        to.r14(NativeMemory.getLong(regs + R14));
        to.r15(NativeMemory.getLong(regs + R15));
        to.rip(NativeMemory.getLong(regs + RIP));
        to.eflags(NativeMemory.getLong(regs + RFLAGS));
        to.fsBase(NativeMemory.getLong(sregs + Kvm.SREGS_FS + Kvm.SEGMENT_BASE));
        to.gsBase(NativeMemory.getLong(sregs + Kvm.SREGS_GS + Kvm.SEGMENT_BASE));
    }

    // ---- Running

    /** Runs until something happens: 0, or a negated errno. */
    int run(long root) {
        if (NativeMemory.getLong(sregs + Kvm.SREGS_CR3) != root) {
            NativeMemory.putLong(sregs + Kvm.SREGS_CR3, root);
            NativeMemory.putLong(
                    run + Kvm.RUN_DIRTY_REGS, NativeMemory.getLong(run + Kvm.RUN_DIRTY_REGS) | Kvm.KVM_SYNC_X86_SREGS);
        }
        return Host.ioctl(descriptor, Kvm.KVM_RUN, 0);
    }

    /** Whether an exception is on its way into the guest, which would be lost if the registers changed now. */
    boolean hasPendingEvent(long scratch) {
        request(Kvm.KVM_GET_VCPU_EVENTS, scratch, "reading pending events");
        return (NativeMemory.getInt(scratch) & 0xff0000ff) != 0;
    }

    int exitReason() {
        return NativeMemory.getInt(run + Kvm.RUN_EXIT_REASON);
    }

    long rip() {
        return NativeMemory.getLong(regs + RIP);
    }

    int codeSegment() {
        return NativeMemory.getShort(sregs + Kvm.SREGS_CS + Kvm.SEGMENT_SELECTOR) & 0xffff;
    }

    long faultAddress() {
        return NativeMemory.getLong(sregs + Kvm.SREGS_CR2);
    }

    /** A field of the frame that the last exception left; see {@link KernelPages}. */
    long frame(int offset) {
        return NativeMemory.getLong(frame + offset);
    }

    /** Makes it return from guest code, if it runs any. */
    void kick(KickSignal signal) {
        if (inGuest) {
            signal.send(threadId);
        }
    }

    @Override
    public void close() {
        Host.munmap(run, runBytes);
        Host.close(descriptor);
    }
}
