package dev.picket.platform.ptrace;

import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.stub.FilterProgram;
import java.util.function.Consumer;

/**
 * The seccomp filter of stubs: a second wall, behind PTRACE_SYSEMU, which keeps guest code from making any system call.
 *
 * <p>It sees what is injected, the park loop's read, and one thing that PTRACE_SYSEMU does not stop: the kernel's
 * emulation of the vsyscall page, whose three calls it turns into SIGSYS. Every other call kills the stub.
 */
final class StubFilter {
    private static final int MAP_FLAGS = Mman.MAP_SHARED | Mman.MAP_FIXED | Mman.MAP_NORESERVE | Mman.MAP_POPULATE;
    private static final int PROTECTIONS = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC;

    private StubFilter() {}

    static FilterProgram program() {
        var filter = new FilterProgram();
        filter.load(Seccomp.DATA_ARCH);
        filter.ifNotEqual(Seccomp.AUDIT_ARCH_X86_64, StubFilter::kill);
        filter.load(Seccomp.DATA_NR);

        allow(filter, SyscallNumber.MMAP, call -> {
            call.loadArgument(3);
            call.ifBitsOutside(MAP_FLAGS, StubFilter::kill);
            call.loadArgument(2);
            call.ifBitsOutside(PROTECTIONS, StubFilter::kill);
        });
        allow(filter, SyscallNumber.MUNMAP, call -> {});
        allow(filter, SyscallNumber.MPROTECT, call -> {
            call.loadArgument(2);
            call.ifBitsOutside(PROTECTIONS, StubFilter::kill);
        });
        allow(filter, SyscallNumber.READ, call -> {
            call.loadArgument(0);
            call.ifNotEqual(StubImage.LIFELINE_DESCRIPTOR, StubFilter::kill);
        });
        allow(filter, SyscallNumber.CLONE, call -> {
            call.loadArgument(0);
            call.ifNotEqual(
                    Tracee.CLONE_PROCESS_FLAGS, other -> other.ifNotEqual(Tracee.CLONE_THREAD_FLAGS, StubFilter::kill));
        });
        allow(filter, SyscallNumber.RECVMSG, call -> {
            call.loadArgument(0);
            call.ifNotEqual(StubImage.SOCKET_DESCRIPTOR, StubFilter::kill);
        });
        allow(filter, SyscallNumber.FCNTL, call -> {
            call.loadArgument(1);
            call.ifNotEqual(Fcntl.F_GETFD, StubFilter::kill);
        });
        allow(filter, SyscallNumber.CLOSE, call -> {
            call.loadArgument(0);
            call.ifBelow(StubImage.FIRST_FILE_DESCRIPTOR, StubFilter::kill);
        });
        allow(filter, SyscallNumber.EXIT, call -> {});
        allow(filter, SyscallNumber.EXIT_GROUP, call -> {});
        for (int number : new int[] {SyscallNumber.GETTIMEOFDAY, SyscallNumber.TIME, SyscallNumber.GETCPU}) {
            filter.ifEqual(number, call -> call.answer(Seccomp.SECCOMP_RET_TRAP));
        }
        kill(filter);
        return filter;
    }

    /** Allows a call unless a check of its arguments has ended the program. */
    private static void allow(FilterProgram filter, int number, Consumer<FilterProgram> checks) {
        filter.ifEqual(number, call -> {
            checks.accept(call);
            call.answer(Seccomp.SECCOMP_RET_ALLOW);
        });
    }

    private static void kill(FilterProgram filter) {
        filter.answer(Seccomp.SECCOMP_RET_KILL_PROCESS);
    }
}
