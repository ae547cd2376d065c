package dev.picket.platform.seccomp;

import static dev.picket.platform.amd64.Register.R10;
import static dev.picket.platform.amd64.Register.R12;
import static dev.picket.platform.amd64.Register.R14;
import static dev.picket.platform.amd64.Register.R15;
import static dev.picket.platform.amd64.Register.R8;
import static dev.picket.platform.amd64.Register.R9;
import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBP;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSI;
import static dev.picket.platform.amd64.Register.RSP;

import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.amd64.Register;
import dev.picket.platform.linux.CloneFlags;
import dev.picket.platform.linux.Mman;
import dev.picket.platform.linux.Prctl;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.stub.FilterProgram;
import dev.picket.platform.stub.StubExecutable;
import java.util.List;

/**
 * The program of a stub. It uses no stack but that of signals, and no memory that a guest could write, save for the bases
 * of the thread's own segments: what it works on is in registers and in pages that only the worker writes.
 *
 * <pre>
 * setup    runs once, where it was loaded: moves the text to its place, gives up all it can, goes on as a process
 * process  makes the mapper, goes on as the mother
 * mother   waits on the control pipe and makes threads and processes, as the worker tells it
 * mapper   makes the system calls that the worker has listed, rings its bell with what came of them, again and again
 * thread   installs its filters, hands its listener over, and rings the bell for its first registers
 * handler  the handler of all signals: notes the bases of segments, rings the bell, goes back to where the signal came
 * </pre>
 */
final class StubImage {
    /** For a new stub process: a child of the worker like its maker, so that the worker can reap it. */
    static final int CLONE_PROCESS_FLAGS = CloneFlags.CLONE_PARENT | Signal.SIGCHLD;

    /** For a new thread of a stub process. */
    static final int CLONE_THREAD_FLAGS = CloneFlags.CLONE_VM
            | CloneFlags.CLONE_FS
            | CloneFlags.CLONE_FILES
            | CloneFlags.CLONE_SIGHAND
            | CloneFlags.CLONE_THREAD
            | CloneFlags.CLONE_SYSVSEM;

    /** The signal that stops a running guest thread. */
    static final int KICK_SIGNAL = Signal.SIGURG;

    /** What the bell is answered with to have the guest go on. */
    static final int GO_ON = 0;

    /** What the bell is answered with to have the thread end. */
    static final int END_THREAD = 1;

    private static final List<Integer> HANDLED = List.of(
            Signal.SIGILL, Signal.SIGTRAP, Signal.SIGBUS, Signal.SIGFPE, Signal.SIGSEGV, Signal.SIGSYS, KICK_SIGNAL);

    private static final int LISTENER_FLAGS =
            Seccomp.SECCOMP_FILTER_FLAG_NEW_LISTENER | Seccomp.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

    private static final int CAPABILITY_VERSION_3 = 0x2008_0522;
    private static final int LAST_CAPABILITY = 63;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int SHARED_FIXED = Mman.MAP_SHARED | Mman.MAP_FIXED | Mman.MAP_NORESERVE;
    private static final int SIGNAL_SET_BYTES = 8;
    private static final int STEP_SHIFT = 8;

    private final Assembler a = new Assembler();
    private final byte[] code;
    private int steps;

    // Where calls are made, as the kernel sees it: behind the instruction
    private int bell;
    private int mapperBell;
    private int signalReturn;
    private int threadExit;
    private final int[] handOverCalls = new int[3];

    private final Assembler.Label begin = a.label();
    private final Assembler.Label process = a.label();
    private final Assembler.Label mother = a.label();
    private final Assembler.Label mapper = a.label();
    private final Assembler.Label thread = a.label();
    private final Assembler.Label ring = a.label();
    private final Assembler.Label handler = a.label();
    private final Assembler.Label endThread = a.label();
    private final Assembler.Label endProcess = a.label();
    private final Assembler.Label reportFailure = a.label();

    private final Assembler.Label baseFilter = a.label();
    private final Assembler.Label mapperFilter = a.label();
    private final Assembler.Label guestFilter = a.label();
    private final Assembler.Label lockFilter = a.label();
    private Assembler.Label name;
    private Assembler.Label noCoreLimit;
    private Assembler.Label descriptorLimit;
    private Assembler.Label capabilityHeader;
    private Assembler.Label capabilityData;
    private Assembler.Label allSignals;
    private Assembler.Label handledAction;
    private Assembler.Label ignoredAction;

    private final int entry;

    StubImage() {
        emitProcess();
        emitMother();
        emitMapper();
        emitThread();
        emitHandler();
        emitEnds();
        emitConstants();
        if (a.position() > StubLayout.TEXT_BYTES) {
            throw new IllegalStateException("the stub does not fit into its pages");
        }
        a.align(StubLayout.TEXT_BYTES);
        entry = a.position();
        emitSetup();
        code = a.assemble();
    }

    /** The executable that the first stub is spawned from. */
    byte[] elf() {
        return StubExecutable.elf(code, StubLayout.LOAD_ADDRESS, entry);
    }

    /** The text as it lies at {@link StubLayout#TEXT}. */
    byte[] text() {
        return java.util.Arrays.copyOf(code, StubLayout.TEXT_BYTES);
    }

    /** How much of the text is instructions. */
    int instructionBytes() {
        return name.position();
    }

    long bell() {
        return StubLayout.TEXT + bell;
    }

    long mapperBell() {
        return StubLayout.TEXT + mapperBell;
    }

    long signalReturn() {
        return StubLayout.TEXT + signalReturn;
    }

    long threadExit() {
        return StubLayout.TEXT + threadExit;
    }

    /** The calls by which a new guest thread hands its listener over. */
    long[] handOverCalls() {
        return java.util.Arrays.stream(handOverCalls)
                .mapToLong(position -> StubLayout.TEXT + position)
                .toArray();
    }

    // ---- Process, mother and mapper

    private void emitProcess() {
        // The first process comes here from its setup, and leaves that and all else that was loaded behind.
        a.bind(begin);
        call(SyscallNumber.MUNMAP, 0, StubLayout.LIMIT);
        a.test(RAX, RAX);
        a.js(endProcess);

        a.bind(process);
        a.mov(RBX, StubLayout.COMMANDS + StubLayout.MOTHER);
        call(SyscallNumber.CLONE, CLONE_THREAD_FLAGS, 0, 0, 0, 0, 0);
        a.test(RAX, RAX);
        a.jz(mapper);
        a.js(reportFailure);
        a.jmp(mother);
    }

    private void emitMother() {
        var makeProcess = a.label();
        var child = a.label();
        a.bind(mother);
        call(SyscallNumber.READ, StubLayout.CONTROL_DESCRIPTOR, StubLayout.SCRATCH, 1);
        a.cmp(RAX, 1);
        a.jnz(endProcess); // end of file: the worker is gone
        a.load(RAX, RBX, StubLayout.OPERATION);
        a.cmp(RAX, StubLayout.OPERATION_PROCESS);
        a.jz(makeProcess);

        a.load(R9, RBX, StubLayout.FRAME_OFFSET);
        a.mov32(R8, StubLayout.FRAMES_DESCRIPTOR);
        a.mov32(R10, SHARED_FIXED);
        a.mov32(RDX, Mman.PROT_READ | Mman.PROT_WRITE);
        a.mov32(RSI, StubLayout.FRAME_BYTES);
        a.load(RDI, RBX, StubLayout.FRAME_ADDRESS);
        a.mov32(RAX, SyscallNumber.MMAP);
        a.syscall();
        a.test(RAX, RAX);
        a.js(reportFailure);
        call(SyscallNumber.CLONE, CLONE_THREAD_FLAGS, 0, 0, 0, 0, 0);
        a.test(RAX, RAX);
        a.jz(thread);
        a.js(reportFailure);
        a.jmp(mother);

        a.bind(makeProcess);
        a.load(R12, RBX, StubLayout.CHILD_COMMANDS);
        call(SyscallNumber.CLONE, CLONE_PROCESS_FLAGS, 0, 0, 0, 0, 0);
        a.test(RAX, RAX);
        a.jz(child);
        a.js(reportFailure);
        a.jmp(mother);

        a.bind(child);
        call(SyscallNumber.DUP3, StubLayout.PASSING_DESCRIPTOR, StubLayout.CONTROL_DESCRIPTOR, 0);
        a.test(RAX, RAX);
        a.js(endProcess);
        call(SyscallNumber.CLOSE, StubLayout.PASSING_DESCRIPTOR);
        // The frames are of threads that are not here.
        long framesBytes = (long) StubLayout.MAXIMUM_FRAMES * StubLayout.FRAME_BYTES;
        call(SyscallNumber.MUNMAP, StubLayout.FRAMES, framesBytes);
        a.test(RAX, RAX);
        a.js(endProcess);
        a.mov(R9, R12);
        a.mov32(R8, StubLayout.COMMANDS_DESCRIPTOR);
        a.mov32(R10, SHARED_FIXED);
        a.mov32(RDX, Mman.PROT_READ);
        a.mov32(RSI, StubLayout.COMMANDS_BYTES);
        a.mov(RDI, StubLayout.COMMANDS);
        a.mov32(RAX, SyscallNumber.MMAP);
        a.syscall();
        a.test(RAX, RAX);
        a.js(endProcess);
        a.jmp(process);
    }

    private void emitMapper() {
        var again = a.label();
        var next = a.label();
        var done = a.label();
        a.bind(mapper);
        call(SyscallNumber.GETPID);
        a.mov(R14, RAX);
        emitNewListener(mapperFilter, endProcess);
        call(SyscallNumber.SENDMSG, StubLayout.SOCKET_DESCRIPTOR, message(), MSG_NOSIGNAL);
        call(SyscallNumber.CLOSE, StubLayout.PASSING_DESCRIPTOR);
        a.mov(RSI, 0);

        // r14: process id; rsi: what the last call failed with, or 0
        a.bind(again);
        a.mov(RDI, R14);
        a.mov32(RAX, SyscallNumber.GETPID);
        a.syscall();
        mapperBell = a.position();
        a.test(RAX, RAX);
        a.js(endProcess); // nobody listens: the worker is gone
        a.mov(R12, RAX);
        a.mov(RBX, StubLayout.COMMANDS);
        a.bind(next);
        a.mov32(RSI, 0);
        a.test(R12, R12);
        a.jz(again);
        a.load(RAX, RBX, 0);
        a.load(RDI, RBX, 8);
        a.load(RSI, RBX, 16);
        a.load(RDX, RBX, 24);
        a.load(R10, RBX, 32);
        a.load(R8, RBX, 40);
        a.load(R9, RBX, 48);
        a.syscall();
        a.test(RAX, RAX);
        a.js(done);
        a.add(RBX, StubLayout.CALL_BYTES);
        a.sub(R12, 1);
        a.jmp(next);
        a.bind(done);
        a.mov(RSI, RAX);
        a.jmp(again);
    }

    // ---- Guest threads

    private void emitThread() {
        a.bind(thread);
        a.load(R12, RBX, StubLayout.FIRST_FRAME);
        call(SyscallNumber.SIGALTSTACK, StubLayout.COMMANDS + StubLayout.MOTHER + StubLayout.SIGNAL_STACK, 0);
        a.test(RAX, RAX);
        a.js(endThread);
        emitNewListener(guestFilter, endThread);
        handOverCalls[0] = call(SyscallNumber.SENDMSG, StubLayout.SOCKET_DESCRIPTOR, message(), MSG_NOSIGNAL);
        handOverCalls[1] = call(SyscallNumber.CLOSE, StubLayout.PASSING_DESCRIPTOR);
        a.lea(RDX, lockFilter);
        a.mov32(RDI, Seccomp.SECCOMP_SET_MODE_FILTER);
        a.mov32(RSI, 0);
        a.mov32(RAX, SyscallNumber.SECCOMP);
        a.syscall();
        handOverCalls[2] = a.position();
        a.test(RAX, RAX);
        a.js(endThread);
        a.mov(RSP, R12);
        a.mov(RBP, RSP);
        a.and(RBP, -StubLayout.FRAME_BYTES);
        a.mov32(RDI, 0);
        a.jmp(ring);
    }

    /** Installs a filter with a listener, which must get the descriptor that the message names. */
    private void emitNewListener(Assembler.Label filter, Assembler.Label otherwise) {
        a.lea(RDX, filter);
        a.mov32(RDI, Seccomp.SECCOMP_SET_MODE_FILTER);
        a.mov32(RSI, LISTENER_FLAGS);
        a.mov32(RAX, SyscallNumber.SECCOMP);
        a.syscall();
        var failed = a.label();
        var installed = a.label();
        a.test(RAX, RAX);
        a.js(failed);
        a.cmp(RAX, StubLayout.PASSING_DESCRIPTOR);
        a.jz(installed);
        a.jmp(otherwise);
        a.bind(failed);
        emitReport();
        a.jmp(otherwise);
        a.bind(installed);
    }

    private void emitHandler() {
        var again = a.label();
        var goOn = a.label();
        a.bind(handler);
        a.mov(RBP, RSP);
        a.and(RBP, -StubLayout.FRAME_BYTES);
        a.rdfsbase(RAX);
        a.store(RBP, StubLayout.FS_BASE, RAX);
        a.rdgsbase(RAX);
        a.store(RBP, StubLayout.GS_BASE, RAX);

        // rdi: the signal, or 0 from a new thread; rsp: the frame
        a.bind(ring);
        a.mov(RSI, RSP);
        a.bind(again);
        a.mov32(RAX, SyscallNumber.GETPID);
        a.syscall();
        bell = a.position();
        a.test(RAX, RAX);
        a.jz(goOn);
        a.cmp(RAX, END_THREAD);
        a.jz(endThread);
        a.jmp(again); // nobody listens: the mother is about to end the process

        a.bind(goOn);
        a.load(RAX, RBP, StubLayout.FS_BASE);
        a.wrfsbase(RAX);
        a.load(RAX, RBP, StubLayout.GS_BASE);
        a.wrgsbase(RAX);
        a.add(RSP, 8); // past the return address, where rt_sigreturn(2) wants it
        signalReturn = call(SyscallNumber.RT_SIGRETURN);
        a.ud2();
    }

    private void emitEnds() {
        a.bind(endThread);
        threadExit = call(SyscallNumber.EXIT, 0);
        a.ud2();
        a.bind(endProcess);
        call(SyscallNumber.EXIT_GROUP, 0);
        a.ud2();
        a.bind(reportFailure);
        emitReport();
        a.jmp(mother);
    }

    /** Sends as many bytes as the error number in rax says. */
    private void emitReport() {
        a.neg(RAX);
        a.mov(RDX, RAX);
        a.mov32(RDI, StubLayout.SOCKET_DESCRIPTOR);
        a.mov(RSI, StubLayout.TEXT);
        a.mov32(R10, MSG_NOSIGNAL);
        a.mov32(R8, 0);
        a.mov32(R9, 0);
        a.mov32(RAX, SyscallNumber.SENDTO);
        a.syscall();
    }

    // ---- Constants

    private void emitConstants() {
        a.align(16);
        name = a.here();
        a.data("picket-stub\0".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        a.align(8);
        noCoreLimit = a.here(); // struct rlimit: 0 current  8 maximum
        a.data64(0);
        a.data64(0);
        descriptorLimit = a.here();
        a.data64(StubLayout.DESCRIPTOR_LIMIT);
        a.data64(StubLayout.DESCRIPTOR_LIMIT);
        capabilityHeader = a.here(); // struct __user_cap_header_struct: 0 version  4 pid
        a.data32(CAPABILITY_VERSION_3);
        a.data32(0);
        capabilityData = a.here(); // two times effective, permitted, inheritable
        a.data(new byte[24]);
        allSignals = a.here();
        a.data64(-1);
        handledAction = a.here(); // struct kernel_sigaction: 0 handler  8 flags  16 restorer  24 mask
        a.data64(StubLayout.TEXT + handler.position());
        a.data64(Signal.SA_SIGINFO | Signal.SA_ONSTACK | Signal.SA_RESTART | Signal.SA_RESTORER);
        a.data64(StubLayout.TEXT + handler.position());
        a.data64(-1);
        ignoredAction = a.here();
        a.data64(Signal.SIG_IGN);
        a.data64(0);
        a.data64(0);
        a.data64(0);
        emitFilter(baseFilter, StubFilters.base());
        emitFilter(mapperFilter, StubFilters.mapper(this));
        emitFilter(guestFilter, StubFilters.guest(this));
        emitFilter(lockFilter, StubFilters.lock(this));
    }

    /** {@code struct sock_fprog}: 0 len (2 bytes)  8 filter; the filter stands before it. */
    private void emitFilter(Assembler.Label label, FilterProgram program) {
        a.align(8);
        long at = StubLayout.TEXT + a.position();
        int instructions = program.emit(a);
        a.bind(label);
        a.data64(instructions);
        a.data64(at);
    }

    // ---- Setup

    private void emitSetup() {
        var failed = a.label();
        long limit = StubLayout.LIMIT;
        step(failed, SyscallNumber.MUNMAP, limit, StubLayout.USER_END - limit);
        step(
                failed,
                SyscallNumber.MREMAP,
                StubLayout.LOAD_ADDRESS,
                StubLayout.TEXT_BYTES,
                StubLayout.TEXT_BYTES,
                Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED,
                StubLayout.TEXT);
        step(
                failed,
                SyscallNumber.MMAP,
                StubLayout.COMMANDS,
                StubLayout.COMMANDS_BYTES,
                Mman.PROT_READ,
                SHARED_FIXED,
                StubLayout.COMMANDS_DESCRIPTOR,
                0);
        step(
                failed,
                SyscallNumber.MMAP,
                StubLayout.SCRATCH,
                StubLayout.PAGE_BYTES,
                Mman.PROT_READ | Mman.PROT_WRITE,
                Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED,
                -1,
                0);
        step(failed, SyscallNumber.CLOSE_RANGE, StubLayout.PASSING_DESCRIPTOR, 0xffff_ffffL, 0);
        step(failed, SyscallNumber.SETRLIMIT, Resource.RLIMIT_CORE, at(noCoreLimit));
        step(failed, SyscallNumber.SETRLIMIT, Resource.RLIMIT_NOFILE, at(descriptorLimit));
        step(failed, SyscallNumber.PRCTL, Prctl.PR_SET_NAME, at(name));
        for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
            // EPERM if the worker is not privileged, EINVAL behind the last capability: nothing to drop either way.
            call(SyscallNumber.PRCTL, Prctl.PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
        step(failed, SyscallNumber.CAPSET, at(capabilityHeader), at(capabilityData));
        step(failed, SyscallNumber.PRCTL, Prctl.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        step(failed, SyscallNumber.RT_SIGPROCMASK, Signal.SIG_SETMASK, at(allSignals), 0, SIGNAL_SET_BYTES);
        for (int signal = 1; signal <= Signal.SIGRTMAX; signal++) {
            long action = HANDLED.contains(signal) ? at(handledAction) : at(ignoredAction);
            call(SyscallNumber.RT_SIGACTION, signal, action, 0, SIGNAL_SET_BYTES); // EINVAL for SIGKILL and SIGSTOP
        }
        step(failed, SyscallNumber.SECCOMP, Seccomp.SECCOMP_SET_MODE_FILTER, 0, at(baseFilter));
        a.mov(RBX, at(begin));
        a.jmp(RBX);

        a.bind(failed);
        a.neg(RAX);
        a.or(RAX, R15);
        a.mov(RDX, RAX);
        a.mov32(RDI, StubLayout.SOCKET_DESCRIPTOR);
        a.mov(RSI, StubLayout.LOAD_ADDRESS + entry);
        a.mov32(R10, MSG_NOSIGNAL);
        a.mov32(R8, 0);
        a.mov32(R9, 0);
        a.mov32(RAX, SyscallNumber.SENDTO);
        a.syscall();
        call(SyscallNumber.EXIT_GROUP, 1);
        a.ud2();
    }

    /** A call of the setup that must not fail. */
    private void step(Assembler.Label failed, int number, long... arguments) {
        steps++;
        a.mov32(R15, steps << STEP_SHIFT);
        call(number, arguments);
        a.test(RAX, RAX);
        a.js(failed);
    }

    /** Makes a system call with constant arguments, and returns the position behind it. */
    private int call(int number, long... arguments) {
        Register[] registers = {RDI, RSI, RDX, R10, R8, R9};
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] >>> 32 == 0) {
                a.mov32(registers[i], (int) arguments[i]);
            } else {
                a.mov(registers[i], arguments[i]);
            }
        }
        a.mov32(RAX, number);
        a.syscall();
        return a.position();
    }

    private static long message() {
        return StubLayout.COMMANDS + StubLayout.MOTHER + StubLayout.MESSAGE;
    }

    private long at(Assembler.Label label) {
        return StubLayout.TEXT + label.position();
    }
}
