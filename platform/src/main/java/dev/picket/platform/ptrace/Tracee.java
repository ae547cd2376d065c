package dev.picket.platform.ptrace;

import dev.picket.platform.PlatformException;
import dev.picket.platform.amd64.Registers;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.CloneFlags;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ptrace;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.linux.Wait;

/**
 * A stub thread that the current Java thread traces; see ptrace(2). Only that thread may use it, since the kernel accepts
 * requests from the thread that attached and from no other.
 *
 * <p>Between calls the stub thread is stopped. It is left parked: waiting in the stub's park loop, not traced.
 */
final class Tracee implements AutoCloseable {
    /** For a new stub process: a child of the worker like its maker, so that the worker can reap it. */
    static final int CLONE_PROCESS_FLAGS = CloneFlags.CLONE_PARENT | Signal.SIGCHLD;

    /** For a new thread of a stub process. */
    static final int CLONE_THREAD_FLAGS = CloneFlags.CLONE_VM
            | CloneFlags.CLONE_FS
            | CloneFlags.CLONE_FILES
            | CloneFlags.CLONE_SIGHAND
            | CloneFlags.CLONE_THREAD
            | CloneFlags.CLONE_SYSVSEM;

    /** The signal that stops a running stub thread. Its default action is to be ignored, so a late one does no harm. */
    static final int KICK_SIGNAL = Signal.SIGURG;

    /** Status of {@link #await} if the thread is gone and somebody else reaped it. */
    static final int GONE = Signal.SIGKILL;

    /** {@code rflags} with interrupts enabled and nothing else. */
    private static final long PLAIN_FLAGS = 0x202;

    /** How many bytes of struct user_regs_struct come before fs_base, whose value the kernel may refuse. */
    private static final int CHECKED_REGISTERS_BYTES = 168;

    private static final int STATUS = 0;
    private static final int IOVEC = 16;
    private static final int SIGNAL_INFORMATION = 32;
    private static final int REGISTERS = 160;
    private static final int MEMORY_BYTES = REGISTERS + Registers.BYTES;

    private final StubImage image;
    private final int processId;
    private final int threadId;
    private final long memory;
    private final Registers injected;

    /**
     * Whether the thread was last seen in a code segment other than that of 64-bit programs. PTRACE_SETREGSET then takes
     * the registers in the layout of 32-bit programs; PTRACE_SETREGS goes by the tracer.
     */
    private boolean isForeignCode;

    private Tracee(StubImage image, int processId, int threadId) {
        this.image = image;
        this.processId = processId;
        this.threadId = threadId;
        this.memory = NativeMemory.allocate(MEMORY_BYTES);
        this.injected = new Registers(memory + REGISTERS);
    }

    /**
     * Attaches to a parked thread and stops it.
     *
     * @throws StubLostException if it is gone
     * @throws PlatformException if the host refuses
     */
    static Tracee attach(StubImage image, int processId, int threadId) throws StubLostException {
        var tracee = new Tracee(image, processId, threadId);
        try {
            // EXITKILL: if this Java thread ends, so does the stub, which it can no longer control.
            int options = Ptrace.PTRACE_O_TRACESYSGOOD | Ptrace.PTRACE_O_EXITKILL;
            tracee.request(Ptrace.PTRACE_SEIZE, 0, options);
            tracee.request(Ptrace.PTRACE_INTERRUPT, 0, 0);
            while (true) {
                int status = tracee.await();
                if (!isStopped(status)) {
                    throw new StubLostException();
                }
                if (status >> 16 == Ptrace.PTRACE_EVENT_STOP) {
                    return tracee;
                }
                tracee.request(Ptrace.PTRACE_CONT, 0, 0); // a stray signal came first: the stop is still to come
            }
        } catch (StubLostException | PlatformException e) {
            tracee.close();
            throw e;
        }
    }

    int processId() {
        return processId;
    }

    int threadId() {
        return threadId;
    }

    static boolean isStopped(int status) {
        return (status & 0xff) == 0x7f;
    }

    // ---- Running guest code

    /** Lets the thread run until its next system call, signal, or end. */
    void resume() throws StubLostException {
        request(Ptrace.PTRACE_SYSEMU, 0, 0);
    }

    /** Waits until the thread stops or ends, and returns its status as waitpid(2) gives it. */
    int await() {
        int result;
        do {
            result = Host.waitpid(threadId, memory + STATUS, Wait.__WALL);
        } while (result == -Errno.EINTR);
        return result < 0 ? GONE : NativeMemory.getInt(memory + STATUS);
    }

    void readRegisters(Registers registers) throws StubLostException {
        request(Ptrace.PTRACE_GETREGS, 0, registers.address());
        isForeignCode = registers.cs() != PtraceContext.USER_CODE_SEGMENT;
    }

    /**
     * Writes all registers but the data segments and the bases; the segments of code and stack must be those of 64-bit
     * programs. Not for a thread that was last seen in other code: that takes {@link #writeAllRegisters}.
     */
    void writeRegisters(Registers registers) throws StubLostException {
        iovec(registers.address(), CHECKED_REGISTERS_BYTES);
        request(Ptrace.PTRACE_SETREGSET, Ptrace.NT_PRSTATUS, memory + IOVEC);
    }

    /** Writes all registers; the caller has checked the bases and the segments. */
    void writeAllRegisters(Registers registers) throws StubLostException {
        request(Ptrace.PTRACE_SETREGS, 0, registers.address());
        isForeignCode = false;
    }

    /** Reads the FPU state, and returns how many bytes it has. */
    int readFpu(long area, int areaBytes) throws StubLostException {
        iovec(area, areaBytes);
        request(Ptrace.PTRACE_GETREGSET, Ptrace.NT_X86_XSTATE, memory + IOVEC);
        return (int) NativeMemory.getLong(memory + IOVEC + 8);
    }

    /** Writes the FPU state; false if the host finds it invalid. */
    boolean writeFpu(long area, int areaBytes) throws StubLostException {
        iovec(area, areaBytes);
        long result = Host.ptrace(Ptrace.PTRACE_SETREGSET, threadId, Ptrace.NT_X86_XSTATE, memory + IOVEC);
        if (result == -Errno.ESRCH) {
            throw new StubLostException();
        }
        return result == 0;
    }

    /** Fetches what is known about the signal that the thread stopped for: signalCode and signalAddress. */
    void readSignal() throws StubLostException {
        request(Ptrace.PTRACE_GETSIGINFO, 0, memory + SIGNAL_INFORMATION);
    }

    /** {@code si_code} of the last {@link #readSignal}. */
    int signalCode() {
        return NativeMemory.getInt(memory + SIGNAL_INFORMATION + 8);
    }

    /** {@code si_addr} of the last {@link #readSignal}. */
    long signalAddress() {
        return NativeMemory.getLong(memory + SIGNAL_INFORMATION + 16);
    }

    // ---- Injected system calls; they change the thread's registers

    /** Makes the thread do a system call, and returns its result or a negated errno. */
    long inject(int number, long a, long b, long c, long d, long e, long f) throws StubLostException {
        return inject(image.inject(), Signal.SIGTRAP, number, a, b, c, d, e, f);
    }

    long inject(int number, long a, long b, long c) throws StubLostException {
        return inject(number, a, b, c, 0, 0, 0);
    }

    /** As {@link #inject}, for the calls before the stub is in its place, and the one that moves it there. */
    long injectWhereLoaded(int number, long a, long b, long c, long d, long e) throws StubLostException {
        // When the code has moved away, the fetch of the int3 behind the system call is a SIGSEGV.
        return inject(image.injectWhereLoaded(), Signal.SIGSEGV, number, a, b, c, d, e, 0);
    }

    /** Makes a parked thread in a new process or in this one, and returns its id. */
    int cloneParked(int flags) throws StubLostException {
        long result = inject(image.cloneGadget(), Signal.SIGTRAP, SyscallNumber.CLONE, flags, 0, 0, 0, 0, 0);
        if (result < 0) {
            throw new PlatformException("clone of a stub failed", (int) -result);
        }
        return (int) result;
    }

    private long inject(long gadget, int stopSignal, int number, long a, long b, long c, long d, long e, long f)
            throws StubLostException {
        NativeMemory.fill(injected.address(), Registers.BYTES, (byte) 0);
        injected.rax(number);
        injected.rdi(a);
        injected.rsi(b);
        injected.rdx(c);
        injected.r10(d);
        injected.r8(e);
        injected.r9(f);
        start(gadget);
        request(Ptrace.PTRACE_CONT, 0, 0);
        while (true) {
            int status = await();
            if (!isStopped(status)) {
                throw new StubLostException();
            }
            int signal = status >> 8 & 0xff;
            if (signal == stopSignal && status >> 16 == 0) {
                break;
            }
            if (signal == Signal.SIGSYS || signal == Signal.SIGSEGV || signal == Signal.SIGBUS) {
                throw new PlatformException("injected system call " + number + " ended in signal " + signal);
            }
            request(Ptrace.PTRACE_CONT, 0, 0); // a kick, or a stray signal: not passed on
        }
        readRegisters(injected);
        return injected.rax();
    }

    /** Writes 8 bytes into the stub's memory. */
    void poke(long address, long value) throws StubLostException {
        request(Ptrace.PTRACE_POKEDATA, address, value);
    }

    // ---- Leaving

    /** Sends the thread back to the park loop and stops tracing it. */
    void park() throws StubLostException {
        leaveAt(image.park());
    }

    /** Ends the thread, which must not be the first of its process, and stops tracing it. */
    void exit() throws StubLostException {
        leaveAt(image.exit());
    }

    private void leaveAt(long address) throws StubLostException {
        NativeMemory.fill(injected.address(), Registers.BYTES, (byte) 0);
        start(address);
        request(Ptrace.PTRACE_DETACH, 0, 0);
    }

    private void start(long address) throws StubLostException {
        injected.rip(address);
        injected.eflags(PLAIN_FLAGS);
        injected.origRax(-1);
        injected.cs(PtraceContext.USER_CODE_SEGMENT);
        injected.ss(PtraceContext.USER_STACK_SEGMENT);
        if (isForeignCode) {
            writeAllRegisters(injected); // the context writes its bases anew after this
        } else {
            writeRegisters(injected);
        }
    }

    /** Frees memory of this process; the stub thread must be parked or gone by now. */
    @Override
    public void close() {
        NativeMemory.free(memory);
    }

    private void iovec(long address, long length) {
        NativeMemory.putLong(memory + IOVEC, address);
        NativeMemory.putLong(memory + IOVEC + 8, length);
    }

    private void request(int request, long address, long data) throws StubLostException {
        long result = Host.ptrace(request, threadId, address, data);
        if (result == -Errno.ESRCH) {
            throw new StubLostException();
        }
        if (result < 0) {
            throw new PlatformException("ptrace request " + request + " failed", (int) -result);
        }
    }
}
