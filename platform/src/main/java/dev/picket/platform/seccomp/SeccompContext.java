package dev.picket.platform.seccomp;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.FpuState;
import dev.picket.platform.amd64.Registers;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.stub.CpuAccount;

/**
 * A guest thread: its registers, and the stub thread that runs it, if it has run.
 *
 * <p>A stopped stub thread waits either in a system call of the guest, with nothing known but number and arguments, or at
 * its bell, with all registers in its signal frame. Who asks for registers in the first case has the thread <em>brought to
 * the bell</em>: it is kicked and its call answered, so that the handler of the kick runs right behind the call.
 */
final class SeccompContext implements GuestContext {
    private static final long USER_CODE_SEGMENT = 0x33;

    /** {@code int 0x80} has two bytes. */
    private static final int LEGACY_CALL_BYTES = 2;

    private static final long VSYSCALL_PAGE = 0xffff_ffff_ff60_0000L;
    private static final long PAGE_MASK = 4095;
    private static final int PAGE_FAULT = 14;
    private static final int ERROR_WRITE = 2;
    private static final int ERROR_FETCH = 16;

    /** Results that the host's kernel would take for its own request to restart a call. */
    private static final long FIRST_RESTART_CODE = -516;

    private static final long LAST_RESTART_CODE = -512;

    private final SeccompPlatform platform;
    private final Registers registers = new Registers(NativeMemory.allocate(Registers.BYTES));

    /** Arguments of the call that the thread waits in. */
    private final long[] arguments = new long[6];

    private final CpuAccount account = new CpuAccount();
    private final Object kickLock = new Object();

    private Thread owner;
    private volatile StubProcess process;
    private StubThread thread;
    private boolean closed;

    /** Whether the thread waits in a system call of the guest, or else at its bell. */
    private boolean isInCall;

    private long callNumber;

    /** What the call is to return, as long as the thread waits in it. */
    private long callResult;

    /** Whether {@link #registers} must be written to the frame before the thread runs. */
    private boolean registersDirty = true;

    /** The FPU state in native memory, allocated when first needed; the initial state if it is 0. */
    private long fpu;

    /** Whether the frame holds the FPU state, or else {@link #fpu} does. */
    private boolean isFpuInFrame;

    private long faultAddress;
    private int faultAccess;
    private int exceptionSignal;
    private int exceptionCode;
    private long exceptionAddress;

    private volatile boolean running;
    private volatile boolean interruptRequested;

    /** When the running thread was kicked, by the clock; 0 if it has not been, or has answered. */
    private volatile long kickedNanos;

    SeccompContext(SeccompPlatform platform) {
        this.platform = platform;
    }

    // ---- Running

    @Override
    public Stop run(AddressSpace space) {
        var target = (StubProcess) space;
        if (takeInterrupt()) {
            return Stop.INTERRUPTED;
        }
        try {
            if (process != target && !enter(target)) {
                return Stop.LOST;
            }
            if (Thread.currentThread() != owner) {
                throw new IllegalStateException("a context runs on one Java thread only");
            }
            return run();
        } catch (StubLostException e) {
            running = false;
            if (process != null) {
                process.close();
            }
            return Stop.LOST;
        }
    }

    private Stop run() throws StubLostException {
        while (true) {
            // First say so, then look for what others want: whoever wants something does it in the other order.
            kickedNanos = 0;
            running = true;
            if (interruptRequested) {
                running = false;
                interruptRequested = false;
                return Stop.INTERRUPTED;
            }
            if (process.needsAttention() && !process.settle()) {
                running = false;
                return Stop.LOST;
            }
            if (!isInCall && registersDirty && !areRegistersValid()) {
                running = false;
                return exception(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
            }
            boolean isTimed = process.isShared();
            if (isTimed) {
                account.begin();
            }
            resume();
            thread.listener().receive();
            running = false;
            if (isTimed) {
                account.end();
            }
            var stop = stopped();
            if (stop != null) {
                return stop;
            }
        }
    }

    /** Whether the guest may run with its registers; bases that no thread can have are cleared. */
    private boolean areRegistersValid() {
        if (isCanonical(registers.fsBase()) && isCanonical(registers.gsBase())) {
            return registers.rip() >>> 47 == 0;
        }
        registers.fsBase(0);
        registers.gsBase(0);
        return false;
    }

    private static boolean isCanonical(long address) {
        return address << 16 >> 16 == address;
    }

    private boolean takeInterrupt() {
        if (!interruptRequested) {
            return false;
        }
        interruptRequested = false;
        return true;
    }

    /** Lets the thread go on: with the result of its call, or with what is in its frame. */
    private void resume() throws StubLostException {
        if (isInCall) {
            if (callResult <= LAST_RESTART_CODE && callResult >= FIRST_RESTART_CODE) {
                bringToBell();
            } else {
                thread.listener().answer(callResult);
                return;
            }
        }
        if (registersDirty) {
            thread.frame().writeRegisters(registers);
            registersDirty = false;
        }
        if (!isFpuInFrame) {
            writeFpuToFrame();
        }
        thread.listener().answer(StubImage.GO_ON);
    }

    /** Finds out why the thread has stopped; null if that is nobody's business. */
    private Stop stopped() throws StubLostException {
        var listener = thread.listener();
        int number = listener.number();
        if (number == SyscallNumber.GETPID
                && listener.instructionPointer() == platform.image().bell()) {
            return onBell();
        }
        isInCall = true;
        callNumber = number;
        callResult = -Errno.ENOSYS;
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = listener.argument(i);
        }
        return Stop.SYSCALL;
    }

    private Stop onBell() throws StubLostException {
        int signal = (int) thread.listener().argument(0);
        readFrame();
        if (signal == StubImage.KICK_SIGNAL) {
            return takeInterrupt() ? Stop.INTERRUPTED : null;
        }
        var frame = thread.frame();
        int code = frame.signalCode();
        if (code <= 0) {
            return null; // sent by somebody on the host: not the guest's doing
        }
        if (signal == Signal.SIGSYS && code == SignalCode.SYS_SECCOMP) {
            return onTrappedCall(frame.callArchitecture(), frame.signalAddress());
        }
        if (signal == Signal.SIGILL && code == SignalCode.SI_KERNEL) {
            return trappedCall(SyscallNumber.URETPROBE);
        }
        if (registers.cs() != USER_CODE_SEGMENT) {
            registersDirty = true; // back to 64-bit code, whatever it does next
            return exception(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
        }
        boolean isMemory = code == SignalCode.SEGV_MAPERR || code == SignalCode.SEGV_ACCERR;
        if (signal == Signal.SIGSEGV && isMemory && frame.trapNumber() == PAGE_FAULT) {
            faultAddress = frame.signalAddress();
            long error = frame.errorCode();
            faultAccess = (error & ERROR_FETCH) != 0
                    ? Access.EXECUTE
                    : (error & ERROR_WRITE) != 0 ? Access.WRITE : Access.READ;
            return Stop.FAULT;
        }
        return exception(signal, code, code == SignalCode.SI_KERNEL ? 0 : frame.signalAddress());
    }

    private Stop onTrappedCall(int architecture, long callAddress) {
        if ((callAddress & ~PAGE_MASK) == VSYSCALL_PAGE) {
            // rip is back at the caller, rax is the number, and the arguments are where a system call has them.
            return trappedCall(registers.rax());
        }
        if (architecture != Seccomp.AUDIT_ARCH_X86_64) {
            if (registers.cs() == USER_CODE_SEGMENT) {
                registers.rip(registers.rip() - LEGACY_CALL_BYTES);
            }
            registersDirty = true;
            return exception(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
        }
        // A filter's SIGSYS shows the registers as they were before the call.
        return trappedCall(registers.rax());
    }

    private Stop trappedCall(long number) {
        callNumber = number;
        registers.origRax(callNumber);
        registers.rax(-Errno.ENOSYS);
        registersDirty = true;
        return Stop.SYSCALL;
    }

    /** Reads the frame of the bell that has just rung; a frame where there can be none ends the process. */
    private void readFrame() throws StubLostException {
        var frame = thread.frame();
        if (!frame.locate(thread.listener().argument(1))) {
            throw new StubLostException();
        }
        isInCall = false;
        frame.readRegisters(registers);
        registers.origRax(-1);
        registersDirty = false;
        isFpuInFrame = true;
    }

    private Stop exception(int signal, int code, long address) {
        exceptionSignal = signal;
        exceptionCode = code;
        exceptionAddress = address;
        return Stop.EXCEPTION;
    }

    /** Has a thread that waits in a system call answered and stopped right behind it, at its bell. */
    private void bringToBell() throws StubLostException {
        long result = callResult;
        kickedNanos = 0;
        running = true;
        // The signal first: with one pending, nothing of the guest runs between the answer and the handler.
        kick();
        thread.listener().answer(0);
        thread.listener().receive();
        running = false;
        boolean isBell = thread.listener().number() == SyscallNumber.GETPID
                && thread.listener().instructionPointer() == platform.image().bell();
        if (!isBell) {
            throw new StubLostException(); // it has got itself a signal mask that keeps kicks off
        }
        readFrame();
        registers.origRax(callNumber);
        registers.rax(result);
        registersDirty = true;
    }

    // ---- Registers

    @Override
    public Registers registers() {
        if (isInCall) {
            try {
                bringToBell();
            } catch (StubLostException e) {
                running = false;
                // What was known last; the next run says that the thread is lost.
                isInCall = false;
                process.close();
            }
        }
        registersDirty = true;
        return registers;
    }

    @Override
    public long syscallNumber() {
        return callNumber;
    }

    @Override
    public long syscallArgument(int index) {
        if (isInCall) {
            return arguments[index];
        }
        return switch (index) {
            case 0 -> registers.rdi();
            case 1 -> registers.rsi();
            case 2 -> registers.rdx();
            case 3 -> registers.r10();
            case 4 -> registers.r8();
            case 5 -> registers.r9();
            default -> throw new IndexOutOfBoundsException(index);
        };
    }

    @Override
    public void setSyscallResult(long result) {
        if (isInCall) {
            callResult = result;
        } else {
            registers.rax(result);
            registersDirty = true;
        }
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
        registers(); // at the bell, where the frame can take it
        allocateFpu();
        NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
        NativeMemory.copyFromArray(xsaveArea, 0, fpu, fpuStateBytes());
        FpuState.sanitise(fpu, platform.fpuFeatures(), platform.initialFpu());
        isFpuInFrame = false;
        return true;
    }

    @Override
    public void resetFpuState() {
        registers();
        if (fpu != 0) {
            NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
        }
        isFpuInFrame = false;
    }

    private void allocateFpu() {
        if (fpu == 0) {
            fpu = NativeMemory.allocate(FpuState.MAXIMUM_BYTES);
            NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
        }
    }

    /** Brings the FPU state into {@link #fpu}, where it stays valid until the thread runs. */
    private void fetchFpu() {
        registers();
        allocateFpu();
        if (isFpuInFrame && !thread.frame().readFpu(fpu, platform.fpuBytes())) {
            NativeMemory.copy(platform.initialFpu(), fpu, platform.fpuBytes());
        }
    }

    private void writeFpuToFrame() {
        if (platform.fpuBytes() > 0) {
            long area = fpu == 0 ? platform.initialFpu() : fpu;
            thread.frame().writeFpu(area, platform.fpuBytes(), platform.fpuFrameFeatures());
        }
        isFpuInFrame = true;
    }

    /** The frame of the thread, which waits at its bell: for the platform to learn what an FPU state looks like. */
    SignalFrame frame() {
        return thread.frame();
    }

    @Override
    public void copyStateFrom(GuestContext other) {
        var parent = (SeccompContext) other;
        registers.copyFrom(parent.registers());
        registersDirty = true;
        parent.fetchFpu();
        allocateFpu();
        NativeMemory.copy(parent.fpu, fpu, platform.fpuBytes());
        isFpuInFrame = false;
    }

    // ---- Where it runs

    /** Gets a thread of {@code target}; false if that is gone. */
    private boolean enter(StubProcess target) {
        if (process != null) {
            leave();
        }
        owner = Thread.currentThread();
        if (!target.attach(this)) {
            return false;
        }
        isInCall = false;
        registersDirty = true;
        isFpuInFrame = false;
        return true;
    }

    /** Takes everything out of the stub thread that the context needs to go on elsewhere, and gives it back. */
    private void leave() {
        if (isFpuInFrame) {
            fetchFpu();
            isFpuInFrame = false;
        }
        registers();
        process.detach(this, thread);
    }

    /** Told by the process, under its lock. */
    void attached(StubProcess target, StubThread stubThread) {
        synchronized (kickLock) {
            process = target;
            thread = stubThread;
        }
    }

    /** Told by the process, under its lock. */
    void detached() {
        synchronized (kickLock) {
            process = null;
            thread = null;
        }
    }

    boolean isRunning() {
        return running;
    }

    @Override
    public void interrupt() {
        interruptRequested = true;
        if (running) {
            kick();
        }
    }

    /** Makes the thread stop if it runs guest code. Any thread may call. */
    private void kick() {
        synchronized (kickLock) {
            if (thread != null) {
                if (kickedNanos == 0) {
                    kickedNanos = System.nanoTime() | 1;
                }
                Host.tgkill(process.processId(), thread.threadId(), StubImage.KICK_SIGNAL);
            }
        }
        platform.watch().kicked();
    }

    /** How long the thread has been running since it was kicked, in nanoseconds; 0 if it heeds its kicks. */
    long kickedForNanos() {
        long kicked = kickedNanos;
        return kicked != 0 && running ? Math.max(1, System.nanoTime() - kicked) : 0;
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
        if (process != null) {
            if (owner != Thread.currentThread() && owner.isAlive()) {
                throw new IllegalStateException("a context is closed by its owner, or after that has ended");
            }
            if (running) {
                process.close(); // its owner ended in the middle of something
                isInCall = false;
            }
            registers(); // at the bell, for the next context
            process.detach(this, thread);
        }
        NativeMemory.free(registers.address());
        if (fpu != 0) {
            NativeMemory.free(fpu);
        }
    }
}
