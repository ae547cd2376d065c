package dev.picket.platform.kvm;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.PlatformException;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.FpuState;
import dev.picket.platform.amd64.Registers;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Kvm;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;

/**
 * A guest thread. Its general registers are here whenever it is stopped; its FPU state and segments stay in the virtual
 * CPU that it ran on, until somebody asks for them or takes that virtual CPU over.
 */
final class KvmContext implements GuestContext {
    // Error code of a page fault
    private static final long FAULT_WRITE = 1 << 1;
    private static final long FAULT_FETCH = 1 << 4;

    private static final long TRAP_FLAG = 0x100;
    private static final long RESUME_FLAG = 0x1_0000;
    private static final int SYSCALL_BYTES = 2;

    /** Faults at one instruction that were resolved and yet come again: first the tables are made anew, then it ends. */
    private static final int SUSPICIOUS_REPETITIONS = 64;

    private static final long IMPOSSIBLE_NANOS = 10_000_000_000L;

    private final KvmPlatform platform;
    private final CpuPool pool;
    private final Registers registers = new Registers(NativeMemory.allocate(Registers.BYTES));
    private final GuestClock clock = new GuestClock();
    private final GuestException exception = new GuestException();

    /** Struct kvm_vcpu_events, or bytes of guest code. */
    private final long scratch = NativeMemory.allocate(Kvm.VCPU_EVENTS_BYTES);

    private Thread owner;
    private int threadId;
    private boolean closed;

    /** The virtual CPU that it ran on last, which may be somebody else's by now: only a claimed one is surely ours. */
    private volatile VirtualCpu cpu;

    /** FPU state while it is not in a virtual CPU; allocated when first needed, and the initial state if it is 0. */
    private long fpu;

    private long segments;

    /** Whether {@link #cpu} holds the FPU state if it can be claimed, or else {@link #fpu} does. */
    private boolean isFpuOnCpu;

    private long syscallNumber;
    private long faultAddress;
    private int faultAccess;
    private volatile boolean interruptRequested;

    /** Where the last fault that the platform resolved was, and how often it was there. */
    private long resolvedAddress;

    private long resolvedRip;
    private int repetitions;
    private long suspiciousSinceNanos;

    /** Whether the last resolved fault was within the search for a page that the host does not have. */
    private boolean probing;

    KvmContext(KvmPlatform platform) {
        this.platform = platform;
        this.pool = platform.cpus();
    }

    // ---- Running

    @Override
    public Stop run(AddressSpace target) {
        var space = (KvmAddressSpace) target;
        if (takeInterrupt()) {
            return Stop.INTERRUPTED;
        }
        if (Thread.currentThread() != owner) {
            beginOnThisThread();
        }
        if (!hasValidAddresses()) {
            exception.set(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
            return Stop.EXCEPTION;
        }
        while (true) {
            var claimed = claim();
            if (claimed == null) {
                return takeInterrupt() || !space.isClosed() ? Stop.INTERRUPTED : Stop.LOST;
            }
            Stop stop;
            try {
                stop = runOn(claimed, space);
            } finally {
                claimed.inGuest = false;
                claimed.parkedFor.set(this);
            }
            if (stop != null) {
                return stop;
            }
            Thread.yield(); // somebody waits for a virtual CPU
        }
    }

    private void beginOnThisThread() {
        owner = Thread.currentThread();
        threadId = Host.gettid();
        pool.kick().block();
        clock.begin(threadId);
    }

    /** A processor refuses to run with an address that is none; Linux makes a segmentation fault of that. */
    private boolean hasValidAddresses() {
        if (!isCanonical(registers.fsBase()) || !isCanonical(registers.gsBase())) {
            registers.fsBase(0);
            registers.gsBase(0);
            return false;
        }
        return registers.rip() >>> 47 == 0;
    }

    private static boolean isCanonical(long address) {
        return address >> 47 == 0 || address >> 47 == -1;
    }

    /** The virtual CPU with this context's state in it, for the current thread alone; null if interrupted. */
    private VirtualCpu claim() {
        var mine = cpu;
        if (mine == null || !mine.parkedFor.compareAndSet(this, null)) {
            mine = pool.acquire(this);
            if (mine == null) {
                return null;
            }
            mine.writeSegments(segments);
            isFpuOnCpu = false;
            cpu = mine;
        }
        if (!isFpuOnCpu) {
            mine.writeFpu(fpu == 0 ? platform.initialFpu() : fpu);
            isFpuOnCpu = true;
        }
        mine.threadId = threadId;
        return mine;
    }

    /** Runs until there is something to tell; null if the virtual CPU is wanted elsewhere. */
    private Stop runOn(VirtualCpu on, KvmAddressSpace space) {
        on.space = space;
        boolean isInRingZero = false;
        while (true) {
            if (!isInRingZero) {
                on.load(registers);
            }
            // First say so, then look for what others want: whoever wants something does it in the other order.
            on.inGuest = true;
            long root = space.root();
            if (space.isClosed()) {
                return Stop.LOST;
            }
            if (root == 0) {
                left(on);
                space.awaitTree();
                continue;
            }
            if (interruptRequested && !isInRingZero) {
                takeInterrupt();
                return Stop.INTERRUPTED;
            }
            clock.start();
            int result = on.run(root);
            clock.stop();
            left(on);
            if (result == -Errno.EINTR || result == -Errno.EAGAIN) {
                pool.kick().drain();
                // What has begun to enter ring 0 goes on to its stub: it cannot be told from outside what it is.
                isInRingZero = on.rip() < 0 || on.hasPendingEvent(scratch);
                if (!isInRingZero) {
                    on.store(registers);
                    if (on.yieldRequested) {
                        on.yieldRequested = false;
                        return null;
                    }
                }
                continue;
            }
            isInRingZero = false;
            on.store(registers);
            Stop stop = result == 0 ? onExit(on, space) : onFailure(result, space);
            if (stop != null) {
                return stop;
            }
        }
    }

    private static void left(VirtualCpu on) {
        on.inGuest = false;
        on.returns = on.returns + 1;
    }

    private boolean takeInterrupt() {
        if (!interruptRequested) {
            return false;
        }
        interruptRequested = false;
        return true;
    }

    /** Returns null if guest code may go on. */
    private Stop onExit(VirtualCpu on, KvmAddressSpace space) {
        int entry = on.exitReason() == Kvm.KVM_EXIT_HLT ? KernelPages.entry(on.rip()) : KernelPages.NOWHERE;
        switch (entry) {
            case KernelPages.NOWHERE:
                return Stop.LOST; // a triple fault, or KVM gave up
            case KernelPages.SYSCALL:
                return onSystemCall();
            case KernelPages.COMPATIBLE_SYSCALL:
                return onForeignCode(registers.rcx() - SYSCALL_BYTES);
            default:
                return onException(on, space, entry);
        }
    }

    private Stop onSystemCall() {
        syscallNumber = registers.rax();
        registers.origRax(syscallNumber);
        registers.rax(-Errno.ENOSYS);
        registers.rip(registers.rcx());
        registers.r11(registers.r11() & ~RESUME_FLAG);
        registers.eflags(registers.r11());
        registers.cs(KernelPages.USER_CODE);
        registers.ss(KernelPages.USER_DATA);
        return Stop.SYSCALL;
    }

    /** 32-bit code has no business here: a segmentation fault. */
    private Stop onForeignCode(long rip) {
        registers.rip(rip);
        registers.cs(KernelPages.USER_CODE);
        registers.ss(KernelPages.USER_DATA);
        exception.set(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
        return Stop.EXCEPTION;
    }

    private Stop onException(VirtualCpu on, KvmAddressSpace space, int vector) {
        long error = on.frame(KernelPages.FRAME_ERROR);
        long rip = on.frame(KernelPages.FRAME_RIP);
        int codeSegment = (int) on.frame(KernelPages.FRAME_CS) & 0xffff;
        registers.rsp(on.frame(KernelPages.FRAME_RSP));
        if ((codeSegment & 3) == 0) {
            // The trap of a single step over syscall can come after it, in ring 0. Nothing else can go wrong there.
            return vector == GuestException.DEBUG && KernelPages.entry(rip) == KernelPages.SYSCALL
                    ? onSystemCall()
                    : Stop.LOST;
        }
        boolean isFetch = vector == GuestException.PAGE_FAULT && (error & FAULT_FETCH) != 0;
        if (isFetch && rip == KernelPages.SYSCALL_ADDRESS && codeSegment == KernelPages.USER_CODE) {
            // PVM has no ring 0 to enter: syscall goes to the address and fails there. A guest that jumps there itself
            // makes a system call, with the return address in rcx, and gets no more by that.
            return onSystemCall();
        }
        registers.rip(rip);
        registers.eflags(on.frame(KernelPages.FRAME_FLAGS));
        registers.origRax(-1);
        if (codeSegment != KernelPages.USER_CODE) {
            return onForeignCode(rip == KernelPages.COMPATIBLE_ADDRESS ? registers.rcx() - SYSCALL_BYTES : rip);
        }
        registers.cs(KernelPages.USER_CODE);
        registers.ss(KernelPages.USER_DATA);
        switch (vector) {
            case GuestException.PAGE_FAULT:
                return onFault(space, on.faultAddress(), error);
            case GuestException.FLOATING_POINT:
            case GuestException.SIMD:
                allocateFpu();
                on.readFpu(fpu);
                return exception.decodeFloatingPoint(vector, rip, fpu) ? Stop.EXCEPTION : null;
            case GuestException.INVALID_OPCODE:
                exception.decode(vector, rip, registers.eflags(), space.codeAt(rip, scratch));
                return Stop.EXCEPTION;
            default:
                exception.decode(vector, rip, registers.eflags(), -1);
                return Stop.EXCEPTION;
        }
    }

    private Stop onFault(KvmAddressSpace space, long address, long error) {
        faultAddress = address;
        faultAccess =
                (error & FAULT_WRITE) != 0 ? Access.WRITE : (error & FAULT_FETCH) != 0 ? Access.EXECUTE : Access.READ;
        switch (space.resolve(address, faultAccess)) {
            case CLOSED:
                return Stop.LOST;
            case DENIED:
                return Stop.FAULT;
            default:
                checkProgress(space, address);
                return null;
        }
    }

    private void checkProgress(KvmAddressSpace space, long address) {
        if (address != resolvedAddress || registers.rip() != resolvedRip) {
            resolvedAddress = address;
            resolvedRip = registers.rip();
            repetitions = 0;
            return;
        }
        if (++repetitions % SUSPICIOUS_REPETITIONS != 0) {
            return;
        }
        // Another thread may take the page away again and again; that one instruction never gets through is something
        // else.
        long now = System.nanoTime();
        if (repetitions == SUSPICIOUS_REPETITIONS) {
            suspiciousSinceNanos = now;
        } else if (now - suspiciousSinceNanos > IMPOSSIBLE_NANOS) {
            throw new PlatformException("KVM does not follow the page tables");
        }
        space.renew();
    }

    /** KVM_RUN has failed. Returns null if guest code may go on. */
    private Stop onFailure(int result, KvmAddressSpace space) {
        if (result != -Errno.EFAULT) {
            throw new PlatformException("running a virtual CPU failed", -result);
        }
        // The host has no page there: behind the end of a file, or no memory is left. That is SIGBUS, but where?
        if (!probing) {
            probing = true;
            resolvedAddress = -1;
            space.beginProbing();
            return null;
        }
        probing = false;
        space.endProbing();
        exception.set(Signal.SIGBUS, SignalCode.BUS_ADRERR, resolvedAddress);
        return Stop.EXCEPTION;
    }

    @Override
    public void interrupt() {
        interruptRequested = true;
        var on = cpu;
        if (on != null) {
            on.kick(pool.kick()); // perhaps another context's by now, which does not mind
        }
    }

    boolean isInterruptRequested() {
        return interruptRequested;
    }

    // ---- What the stop was about

    @Override
    public long syscallNumber() {
        return syscallNumber;
    }

    @Override
    public long syscallArgument(int index) {
        switch (index) {
            case 0:
                return registers.rdi();
            case 1:
                return registers.rsi();
            case 2:
                return registers.rdx();
            case 3:
                return registers.r10();
            case 4:
                return registers.r8();
            case 5:
                return registers.r9();
            default:
                throw new IndexOutOfBoundsException(index);
        }
    }

    @Override
    public void setSyscallResult(long result) {
        registers.rax(result);
    }

    @Override
    public long faultAddress() {
        return faultAddress;
    }

    @Override
    public int faultAccess() {
        return faultAccess;
    }

    @Override
    public int exceptionSignal() {
        return exception.signal;
    }

    @Override
    public int exceptionCode() {
        return exception.code;
    }

    @Override
    public long exceptionAddress() {
        return exception.address;
    }

    @Override
    public Registers registers() {
        return registers;
    }

    // ---- FPU

    @Override
    public int fpuStateBytes() {
        return platform.fpuBytes();
    }

    @Override
    public void readFpuState(byte[] xsaveArea) {
        fetchFpu();
        NativeMemory.copyToArray(fpu, xsaveArea, 0, fpuStateBytes());
    }

    @Override
    public boolean writeFpuState(byte[] xsaveArea) {
        if (xsaveArea.length < fpuStateBytes()) {
            return false;
        }
        forgetFpuOnCpu();
        allocateFpu();
        NativeMemory.copy(platform.initialFpu(), fpu, Kvm.XSAVE_BYTES);
        NativeMemory.copyFromArray(xsaveArea, 0, fpu, fpuStateBytes());
        FpuState.sanitise(fpu, platform.fpuFeatures(), platform.initialFpu());
        return true;
    }

    @Override
    public void resetFpuState() {
        forgetFpuOnCpu();
        if (fpu != 0) {
            NativeMemory.copy(platform.initialFpu(), fpu, Kvm.XSAVE_BYTES);
        }
    }

    /** Makes {@link #fpu} the one state there is, which nobody else will write. */
    private void forgetFpuOnCpu() {
        var mine = cpu;
        if (mine != null && mine.parkedFor.compareAndSet(this, null)) {
            isFpuOnCpu = false;
            mine.parkedFor.set(this);
        } else if (mine != null) {
            pool.awaitTakeover();
        }
    }

    private void allocateFpu() {
        if (fpu == 0) {
            fpu = NativeMemory.allocate(Kvm.XSAVE_BYTES);
            NativeMemory.copy(platform.initialFpu(), fpu, Kvm.XSAVE_BYTES);
        }
    }

    /** Brings a copy of the FPU state into {@link #fpu}. */
    private void fetchFpu() {
        allocateFpu();
        var mine = cpu;
        if (mine == null) {
            return;
        }
        if (mine.parkedFor.compareAndSet(this, null)) {
            try {
                if (isFpuOnCpu) {
                    mine.readFpu(fpu);
                }
            } finally {
                mine.parkedFor.set(this);
            }
        } else {
            pool.awaitTakeover(); // who took the virtual CPU saves the state before it lets the monitor go
        }
    }

    /** Called by the pool, under its monitor, which takes {@code from} away. */
    void saveFrom(VirtualCpu from) {
        if (isFpuOnCpu) {
            allocateFpu();
            from.readFpu(fpu);
            isFpuOnCpu = false;
        }
        if (segments == 0) {
            segments = NativeMemory.allocate(VirtualCpu.SEGMENTS_BYTES);
        }
        from.readSegments(segments);
    }

    @Override
    public void copyStateFrom(GuestContext other) {
        var parent = (KvmContext) other;
        registers.copyFrom(parent.registers);
        parent.fetchFpu();
        forgetFpuOnCpu();
        allocateFpu();
        NativeMemory.copy(parent.fpu, fpu, Kvm.XSAVE_BYTES);
    }

    // ---- Accounts and end

    @Override
    public long cpuTimeNanos() {
        return clock.nanos();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        var mine = cpu;
        cpu = null;
        if (mine != null && mine.parkedFor.compareAndSet(this, null)) {
            pool.release(mine);
        } else if (mine != null) {
            pool.awaitTakeover();
        }
        clock.close();
        NativeMemory.free(registers.address());
        NativeMemory.free(scratch);
        if (fpu != 0) {
            NativeMemory.free(fpu);
        }
        if (segments != 0) {
            NativeMemory.free(segments);
        }
    }
}
