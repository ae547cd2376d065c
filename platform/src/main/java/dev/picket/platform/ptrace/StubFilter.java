package dev.picket.platform.ptrace;

import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.SyscallNumber;
import java.util.ArrayList;
import java.util.List;

/**
 * The seccomp filter of stubs: a second wall, behind PTRACE_SYSEMU, which keeps guest code from making any system call.
 *
 * <p>It sees what is injected, the park loop's read, and one thing that PTRACE_SYSEMU does not stop: the kernel's
 * emulation of the vsyscall page, whose three calls it turns into SIGSYS. Every other call kills the stub.
 */
final class StubFilter {
    /** One instruction of classic BPF: {@code struct sock_filter}. */
    private record Instruction(int code, int jumpTrue, int jumpFalse, int k) {}

    private final List<Instruction> instructions = new ArrayList<>();

    private StubFilter() {}

    /** Appends the program to the code and returns how many instructions it has. */
    static int emit(Assembler assembler) {
        var filter = new StubFilter();
        filter.build();
        for (var instruction : filter.instructions) {
            assembler.data16(instruction.code);
            assembler.data((byte) instruction.jumpTrue, (byte) instruction.jumpFalse);
            assembler.data32(instruction.k);
        }
        return filter.instructions.size();
    }

    private void build() {
        load(Seccomp.DATA_ARCH);
        add(Seccomp.BPF_JMP_JEQ_K, 1, 0, Seccomp.AUDIT_ARCH_X86_64);
        answer(Seccomp.SECCOMP_RET_KILL_PROCESS);
        load(Seccomp.DATA_NR);

        int mapFlags = Mman.MAP_SHARED | Mman.MAP_FIXED | Mman.MAP_NORESERVE | Mman.MAP_POPULATE;
        int protections = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC;
        call(SyscallNumber.MMAP, onlyBits(3, mapFlags), onlyBits(2, protections));
        call(SyscallNumber.MUNMAP);
        call(SyscallNumber.MPROTECT, onlyBits(2, protections));
        call(SyscallNumber.READ, equalTo(0, StubImage.LIFELINE_DESCRIPTOR));
        call(SyscallNumber.CLONE, oneOf(0, Tracee.CLONE_PROCESS_FLAGS, Tracee.CLONE_THREAD_FLAGS));
        call(SyscallNumber.RECVMSG, equalTo(0, StubImage.SOCKET_DESCRIPTOR));
        call(SyscallNumber.FCNTL, equalTo(1, Fcntl.F_GETFD));
        call(SyscallNumber.CLOSE, atLeast(0, StubImage.FIRST_FILE_DESCRIPTOR));
        call(SyscallNumber.EXIT);
        call(SyscallNumber.EXIT_GROUP);
        trap(SyscallNumber.GETTIMEOFDAY);
        trap(SyscallNumber.TIME);
        trap(SyscallNumber.GETCPU);
        answer(Seccomp.SECCOMP_RET_KILL_PROCESS);
    }

    /** A condition on the low half of an argument; the accumulator holds it. */
    private record Condition(int argument, List<Instruction> test) {}

    private static Condition onlyBits(int argument, int bits) {
        return new Condition(argument, List.of(new Instruction(Seccomp.BPF_JMP_JSET_K, 1, 0, ~bits)));
    }

    private static Condition equalTo(int argument, int value) {
        return new Condition(argument, List.of(new Instruction(Seccomp.BPF_JMP_JEQ_K, 0, 1, value)));
    }

    private static Condition atLeast(int argument, int value) {
        return new Condition(argument, List.of(new Instruction(Seccomp.BPF_JMP_JGE_K, 0, 1, value)));
    }

    private static Condition oneOf(int argument, int one, int other) {
        return new Condition(
                argument,
                List.of(
                        new Instruction(Seccomp.BPF_JMP_JEQ_K, 1, 0, one),
                        new Instruction(Seccomp.BPF_JMP_JEQ_K, 0, 1, other)));
    }

    /** Allows a call if all conditions hold, and kills if not. Each test skips nothing if it holds, one if it fails. */
    private void call(int number, Condition... conditions) {
        var body = new StubFilter();
        for (var condition : conditions) {
            body.load(Seccomp.DATA_ARGUMENTS + condition.argument * 8);
            body.instructions.addAll(condition.test);
            body.add(Seccomp.BPF_JMP_JEQ_K, 1, 1, 0); // a test that holds comes here, and skips the kill
            body.answer(Seccomp.SECCOMP_RET_KILL_PROCESS);
        }
        body.answer(Seccomp.SECCOMP_RET_ALLOW);
        add(Seccomp.BPF_JMP_JEQ_K, 0, body.instructions.size(), number);
        instructions.addAll(body.instructions);
    }

    private void trap(int number) {
        add(Seccomp.BPF_JMP_JEQ_K, 0, 1, number);
        answer(Seccomp.SECCOMP_RET_TRAP);
    }

    private void load(int offset) {
        add(Seccomp.BPF_LD_W_ABS, 0, 0, offset);
    }

    private void answer(int action) {
        add(Seccomp.BPF_RET_K, 0, 0, action);
    }

    private void add(int code, int jumpTrue, int jumpFalse, int k) {
        instructions.add(new Instruction(code, jumpTrue, jumpFalse, k));
    }
}
