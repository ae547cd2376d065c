package dev.picket.platform.ptrace;

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
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.platform.stub.CpuAccount;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A guest thread: its registers, and the stub thread that runs it, if it has run.
 *
 * <p>Registers are fetched from the stub thread when they are first asked for after a stop, and written back before it
 * runs again if they may have changed. The FPU state stays in the stub thread until somebody asks for it.
 */
final class PtraceContext implements GuestContext {
    static final long USER_CODE_SEGMENT = 0x33;
    static final long USER_STACK_SEGMENT = 0x2b;

    /** Status of a stop at a system call, with PTRACE_O_TRACESYSGOOD. */
    private static final int SYSCALL_STATUS = (Signal.SIGTRAP | 0x80) << 8 | 0x7f;

    /** Both {@code int 0x80} and {@code sysenter} have two bytes. */
    private static final int LEGACY_CALL_BYTES = 2;

    private final PtracePlatform platform;
    private final Registers registers = new Registers(NativeMemory.allocate(Registers.BYTES));
    private final Object kickLock = new Object();

    private Thread owner;
    private volatile StubProcess process;
    private Tracee tracee;
    private StubProcess reservedIn;
    private int cpu = -1;
    private boolean closed;

    /** Whether {@link #registers} holds the guest's, or else the stub thread does. */
    private boolean registersFetched = true;

    /** Whether {@link #registers} must be written before the thread runs. */
    private boolean registersDirty = true;

    /** Whether the stub thread has never had this context's segment bases. */
    private boolean basesDirty = true;

    /** What the stub thread has in its segment bases. */
    private long stubFsBase;

    private long stubGsBase;

    /** The FPU state in native memory, allocated when first needed; the initial state if it is 0. */
    private long fpu;

    /** Whether the stub thread holds the FPU state, or else {@link #fpu} does. */
    private boolean isFpuInStub;

    private long faultAddress;
    private int faultAccess;
    private int exceptionSignal;
    private int exceptionCode;
    private long exceptionAddress;

    private volatile boolean running;
    private volatile boolean interruptRequested;
    private volatile int threadId;

    /** How often it has stopped; its owner counts, the watch reads. */
    private final AtomicLong stops = new AtomicLong();

    private volatile boolean isPinned;

    private final CpuAccount account = new CpuAccount();

    PtraceContext(PtracePlatform platform) {
        this.platform = platform;
    }

    // ---- Running

    @Override
    public Stop run(AddressSpace space) {
        var target = (StubProcess) space;
        if (takeInterrupt()) {
            return Stop.INTERRUPTED;
        }
        if (process != target && !enter(target)) {
            return takeInterrupt() ? Stop.INTERRUPTED : Stop.LOST;
        }
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("a context runs on one Java thread only");
        }
        try {
            return run();
        } catch (StubLostException e) {
            // The thread is dead or dying: its end is the only thing that can still come.
            if (tracee != null) {
                reapTracee();
            }
            return Stop.LOST;
        }
    }

    private Stop run() throws StubLostException {
        while (true) {
            // First say so, then look for what others want: whoever wants something does it in the other order.
            running = true;
            if (interruptRequested || process.needsAttention()) {
                stopped();
                if (takeInterrupt()) {
                    return Stop.INTERRUPTED;
                }
                if (!process.settle(this)) {
                    return Stop.LOST;
                }
                continue;
            }
            if (registersDirty && !writeRegisters()) {
                stopped();
                return exception(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
            }
            if (!isFpuInStub) {
                writeFpu();
            }
            boolean isTimed = process.isShared();
            if (isTimed) {
                account.begin();
            }
            tracee.resume();
            int status = tracee.await();
            if (isTimed) {
                account.end();
            }
            stops.lazySet(stops.getPlain() + 1);
            stopped();
            registersFetched = false;
            if (!Tracee.isStopped(status)) {
                process.threadEnded(threadId);
                return Stop.LOST;
            }
            var stop = status == SYSCALL_STATUS ? onSystemCall() : onSignal(status);
            if (stop != null) {
                return stop;
            }
        }
    }

    private void stopped() {
        running = false;
        process.contextStopped();
    }

    private boolean takeInterrupt() {
        if (!interruptRequested) {
            return false;
        }
        interruptRequested = false;
        return true;
    }

    private Stop onSystemCall() throws StubLostException {
        fetchRegisters();
        // The instruction leaves the return address in rcx. A guest that fakes that only makes its call a 64-bit one.
        if (registers.cs() == USER_CODE_SEGMENT && registers.rcx() == registers.rip()) {
            return Stop.SYSCALL;
        }
        registers.rax(registers.origRax());
        if (registers.cs() == USER_CODE_SEGMENT) {
            registers.rip(registers.rip() - LEGACY_CALL_BYTES);
        }
        registersDirty = true;
        return exception(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
    }

    /** Returns null for a signal that is not the guest's doing; it is not delivered. */
    private Stop onSignal(int status) throws StubLostException {
        int signal = status >> 8 & 0xff;
        if (status >> 16 != 0) {
            return null;
        }
        switch (signal) {
            case Tracee.KICK_SIGNAL:
                return takeInterrupt() ? Stop.INTERRUPTED : null;
            case Signal.SIGSEGV:
            case Signal.SIGBUS:
            case Signal.SIGILL:
            case Signal.SIGFPE:
            case Signal.SIGTRAP:
            case Signal.SIGSYS:
                tracee.readSignal();
                return tracee.signalCode() <= 0 ? null : onException(signal, tracee.signalCode());
            default:
                return null;
        }
    }

    private Stop onException(int signal, int code) throws StubLostException {
        fetchRegisters();
        long address = tracee.signalAddress();
        if (registers.cs() != USER_CODE_SEGMENT) {
            registersDirty = true; // back to 64-bit code, whatever it does next
            return exception(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
        }
        switch (signal) {
            case Signal.SIGSEGV:
                if (code == SignalCode.SEGV_MAPERR || code == SignalCode.SEGV_ACCERR) {
                    faultAddress = address;
                    faultAccess = address == registers.rip() ? Access.EXECUTE : Access.NONE;
                    return Stop.FAULT;
                }
                return exception(signal, code, code == SignalCode.SI_KERNEL ? 0 : address);
            case Signal.SIGSYS:
                // The filter turns a call of the vsyscall page into this. rip is back at the caller, rax is the number,
                // and
                // the arguments are where a system call has them.
                registers.origRax(registers.rax());
                registers.rax(-Errno.ENOSYS);
                registersDirty = true;
                return Stop.SYSCALL;
            default:
                return exception(signal, code, code == SignalCode.SI_KERNEL ? 0 : address);
        }
    }

    private Stop exception(int signal, int code, long address) {
        exceptionSignal = signal;
        exceptionCode = code;
        exceptionAddress = address;
        return Stop.EXCEPTION;
    }

    // ---- Registers

    private void fetchRegisters() throws StubLostException {
        if (!registersFetched) {
            tracee.readRegisters(registers);
            stubFsBase = registers.fsBase();
            stubGsBase = registers.gsBase();
            registersFetched = true;
            if (registers.cs() != USER_CODE_SEGMENT) {
                basesDirty = true; // see Tracee: only all registers together can be written now
            }
        }
    }

    /** Returns false, and writes nothing, if the guest must not run with these registers. */
    private boolean writeRegisters() throws StubLostException {
        if (registers.rip() >>> 47 != 0) {
            return false;
        }
        registers.cs(USER_CODE_SEGMENT);
        registers.ss(USER_STACK_SEGMENT);
        registers.origRax(-1); // nothing is ever restarted by the host
        if (basesDirty || registers.fsBase() != stubFsBase || registers.gsBase() != stubGsBase) {
            // The guest can load a base itself that ptrace(2) refuses to write, from the kernel's half; not keep it.
            boolean isValid = isUserBase(registers.fsBase()) && isUserBase(registers.gsBase());
            if (!isValid) {
                registers.fsBase(0);
                registers.gsBase(0);
                return false;
            }
            registers.ds(0);
            registers.es(0);
            registers.fs(0);
            registers.gs(0);
            tracee.writeAllRegisters(registers);
            stubFsBase = registers.fsBase();
            stubGsBase = registers.gsBase();
            basesDirty = false;
        } else {
            tracee.writeRegisters(registers);
        }
        registersDirty = false;
        return true;
    }

    private static boolean isUserBase(long base) {
        return Long.compareUnsigned(base, StubImage.USER_END) < 0;
    }

    @Override
    public Registers registers() {
        try {
            fetchRegisters();
        } catch (StubLostException e) {
            registersFetched = true; // what was known last; the next run says that the thread is lost
        }
        registersDirty = true;
        return registers;
    }

    @Override
    public long syscallNumber() {
        return registers.origRax();
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
        registers().rax(result);
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
        return exceptionSignal;
    }

    @Override
    public int exceptionCode() {
        return exceptionCode;
    }

    @Override
    public long exceptionAddress() {
        return exceptionAddress;
    }

    // ---- FPU

    @Override
    public int fpuStateBytes() {
        return platform.fpuShownBytes();
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
        allocateFpu();
        NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
        NativeMemory.copyFromArray(xsaveArea, 0, fpu, fpuStateBytes());
        FpuState.sanitise(fpu, platform.fpuFeatures(), platform.initialFpu());
        isFpuInStub = false;
        return true;
    }

    @Override
    public void resetFpuState() {
        if (fpu != 0) {
            NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
        }
        isFpuInStub = false;
    }

    private void allocateFpu() {
        if (fpu == 0) {
            fpu = NativeMemory.allocate(platform.fpuBytes());
            NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
        }
    }

    /** Brings the FPU state into {@link #fpu}, where it stays valid until the thread runs. */
    private void fetchFpu() {
        allocateFpu();
        if (isFpuInStub) {
            try {
                tracee.readFpu(fpu, platform.fpuBytes());
            } catch (StubLostException e) {
                NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
            }
        }
    }

    private void writeFpu() throws StubLostException {
        long area = fpu == 0 ? platform.initialFpu() : fpu;
        if (!tracee.writeFpu(area, platform.fpuBytes())) {
            throw new PlatformException("the host refuses an FPU state that was checked");
        }
        isFpuInStub = true;
    }

    @Override
    public void copyStateFrom(GuestContext other) {
        var parent = (PtraceContext) other;
        registers.copyFrom(parent.registers());
        registersFetched = true;
        registersDirty = true;
        basesDirty = true;
        parent.fetchFpu();
        allocateFpu();
        NativeMemory.copy(parent.fpu, fpu, platform.fpuBytes());
        isFpuInStub = false;

        // A thread of the parent's process can only be made while one of its threads is stopped in our hands, as now.
        // If
        // the child is going to run elsewhere, as after a fork, the thread stays parked for the next child.
        boolean isNew = reservedIn == null && process == null;
        if (isNew && parent.isOwnedByCurrentThread() && parent.process.reserve(parent)) {
            reservedIn = parent.process;
        }
    }

    // ---- Where it runs

    /** Attaches to a thread of {@code target}; false if that is gone, or if an interrupt came first. */
    private boolean enter(StubProcess target) {
        if (process != null) {
            fetchState();
            leave();
        }
        boolean hasReservation = reservedIn == target;
        if (reservedIn != null && !hasReservation) {
            reservedIn.cancelReservation();
        }
        reservedIn = null;
        owner = Thread.currentThread();
        if (target.attach(this, hasReservation) == null) {
            return false;
        }
        process = target;
        registersFetched = true;
        registersDirty = true;
        basesDirty = true;
        isFpuInStub = false;
        return true;
    }

    /** Takes everything out of the stub thread that the context needs to go on elsewhere. */
    private void fetchState() {
        if (isFpuInStub) {
            fetchFpu();
            isFpuInStub = false;
        }
        registers();
    }

    private void leave() {
        registers(); // for what it notes of the code that the thread is in
        process.detach(this, tracee);
        tracee.close();
        tracee = null;
        process = null;
    }

    /** Binds the current Java thread, and the parked stub thread that it is about to trace, to one CPU. */
    void pin(int stubThread) {
        var pins = platform.pins();
        if (!pins.isUseful()) {
            return;
        }
        if (cpu < 0) {
            cpu = pins.acquire();
            pins.pin(0, cpu);
        }
        pins.pin(stubThread, cpu);
        isPinned = true;
    }

    /** Lets the stub thread run on any CPU, or binds it to that of its Java thread again. Called by the watch. */
    void setPinned(boolean pinned) {
        synchronized (kickLock) {
            if (threadId == 0 || cpu < 0 || isPinned == pinned) {
                return;
            }
            isPinned = pinned;
            if (pinned) {
                platform.pins().pin(threadId, cpu);
            } else {
                platform.pins().unpin(threadId);
            }
        }
    }

    boolean isPinned() {
        return isPinned;
    }

    long stops() {
        return stops.get();
    }

    private void reapTracee() {
        int ended = threadId;
        while (Tracee.isStopped(tracee.await())) {
            // a stop that came before the end
        }
        stopped();
        process.threadEnded(ended);
    }

    /** Told by the process, under its lock. */
    void attached(Tracee thread) {
        synchronized (kickLock) {
            tracee = thread;
            threadId = thread.threadId();
        }
    }

    /** Told by the process, under its lock. */
    void detached() {
        synchronized (kickLock) {
            threadId = 0;
            isPinned = false;
        }
    }

    /** The tracee, with nothing in its registers that would be lost if a system call is injected. */
    Tracee traceeForInjection() throws StubLostException {
        fetchRegisters();
        registersDirty = true;
        return tracee;
    }

    int threadId() {
        return threadId;
    }

    boolean isRunning() {
        return running;
    }

    boolean isInterruptRequested() {
        return interruptRequested;
    }

    boolean isOwnedByCurrentThread() {
        return process != null && owner == Thread.currentThread();
    }

    @Override
    public void interrupt() {
        interruptRequested = true;
        if (running) {
            kick();
        }
    }

    /** Makes the thread stop if it runs guest code. Any thread may call. */
    void kick() {
        synchronized (kickLock) {
            if (threadId != 0) {
                Host.tgkill(tracee.processId(), threadId, Tracee.KICK_SIGNAL);
            }
        }
    }

    // ---- Accounts, and the end

    CpuAccount account() {
        return account;
    }

    @Override
    public long cpuTimeNanos() {
        var current = process;
        if (current != null) {
            current.settleCpuTime();
        }
        return account.nanos();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (reservedIn != null) {
            reservedIn.cancelReservation();
        }
        if (process != null && owner == Thread.currentThread()) {
            leave();
        } else if (process != null) {
            if (owner.isAlive()) {
                throw new IllegalStateException("a context is closed by its owner, or after that has ended");
            }
            process.ownerEnded(this);
            tracee.close();
            process = null;
        }
        if (cpu >= 0) {
            platform.pins().release(cpu);
        }
        NativeMemory.free(registers.address());
        if (fpu != 0) {
            NativeMemory.free(fpu);
        }
    }
}
