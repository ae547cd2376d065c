package dev.picket.sentry.kernel.seccomp;

import static dev.picket.platform.linux.ClassicBpf.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Seccomp;
import dev.picket.sentry.errno.ErrnoException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FilterProgramTest {
    private static final int[] CODES = {
        BPF_LD_W_ABS,
        BPF_LD_W_LEN,
        BPF_LD_IMM,
        BPF_LD_MEM,
        BPF_LDX_W_LEN,
        BPF_LDX_IMM,
        BPF_LDX_MEM,
        BPF_ST,
        BPF_STX,
        BPF_ADD,
        BPF_SUB | BPF_X,
        BPF_MUL,
        BPF_DIV,
        BPF_DIV | BPF_X,
        BPF_LSH,
        BPF_LSH | BPF_X,
        BPF_RSH | BPF_X,
        BPF_NEG,
        BPF_XOR,
        BPF_AND | BPF_X,
        BPF_OR,
        BPF_JA,
        BPF_JEQ,
        BPF_JGT | BPF_X,
        BPF_JGE,
        BPF_JSET,
        BPF_RET_K,
        BPF_RET_A,
        BPF_TAX,
        BPF_TXA,
        0x94,
        0xffff
    };

    private static byte[] program(int[]... instructions) {
        byte[] bytes = new byte[instructions.length * FILTER_BYTES];
        for (int i = 0; i < instructions.length; i++) {
            Bytes.putShort(bytes, i * FILTER_BYTES, instructions[i][0]);
            bytes[i * FILTER_BYTES + 2] = (byte) instructions[i][1];
            bytes[i * FILTER_BYTES + 3] = (byte) instructions[i][2];
            Bytes.putInt(bytes, i * FILTER_BYTES + 4, instructions[i][3]);
        }
        return bytes;
    }

    private static int[] of(int code, int k) {
        return new int[] {code, 0, 0, k};
    }

    private static int[] jump(int code, int k, int whenTrue, int whenFalse) {
        return new int[] {code, whenTrue, whenFalse, k};
    }

    private static void refused(int[]... instructions) {
        var failure = assertThrows(ErrnoException.class, () -> new FilterProgram(program(instructions)));
        assertEquals(Errno.EINVAL, failure.errno());
    }

    @Test
    void comparisons_are_unsigned() throws Exception {
        var filter = new FilterProgram(
                program(of(BPF_LD_W_ABS, 16), jump(BPF_JGT, 5, 0, 1), of(BPF_RET_K, 1), of(BPF_RET_K, 2)));
        byte[] data = new byte[Seccomp.DATA_BYTES];
        Bytes.putInt(data, 16, -1);
        assertEquals(1, filter.run(data));
        Bytes.putInt(data, 16, 5);
        assertEquals(2, filter.run(data));
    }

    @Test
    void division_is_unsigned_and_by_zero_ends_with_zero() throws Exception {
        var filter = new FilterProgram(
                program(of(BPF_LDX_IMM, 2), of(BPF_LD_IMM, -2), of(BPF_DIV | BPF_X, 0), of(BPF_RET_A, 0)));
        assertEquals(0x7fffffff, filter.run(new byte[Seccomp.DATA_BYTES]));
        var zero = new FilterProgram(program(of(BPF_LD_IMM, 7), of(BPF_DIV | BPF_X, 0), of(BPF_RET_K, 9)));
        assertEquals(0, zero.run(new byte[Seccomp.DATA_BYTES]));
    }

    @Test
    void jumps_stay_inside_and_go_forward() {
        refused(of(BPF_JA, 1), of(BPF_RET_K, 0));
        refused(of(BPF_JA, -2), of(BPF_RET_K, 0));
        refused(jump(BPF_JEQ, 0, 1, 0), of(BPF_RET_K, 0));
        refused(of(BPF_LD_IMM, 0));
    }

    @Test
    void scratch_memory_is_written_on_every_way_before_it_is_read() throws Exception {
        refused(jump(BPF_JEQ, 0, 0, 1), of(BPF_ST, 1), of(BPF_LD_MEM, 1), of(BPF_RET_A, 0));
        new FilterProgram(program(
                jump(BPF_JEQ, 0, 0, 2),
                of(BPF_ST, 1),
                of(BPF_JA, 1),
                of(BPF_ST, 1),
                of(BPF_LD_MEM, 1),
                of(BPF_RET_A, 0)));
    }

    @Test
    void only_the_data_of_the_call_can_be_loaded() {
        refused(of(BPF_LD_W_ABS, 64), of(BPF_RET_A, 0));
        refused(of(BPF_LD_W_ABS, -4), of(BPF_RET_A, 0));
        refused(of(BPF_LD_W_ABS, 1), of(BPF_RET_A, 0));
    }

    @Test
    void whatever_is_accepted_runs_to_its_end() {
        var random = new Random(20_240_607);
        int accepted = 0;
        for (int round = 0; round < 100_000; round++) {
            int length = 1 + random.nextInt(12);
            var instructions = new int[length][];
            for (int i = 0; i < length; i++) {
                int code = CODES[random.nextInt(CODES.length)];
                int k = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(16) * (code == BPF_LD_W_ABS ? 4 : 1);
                instructions[i] = jump(code, k, random.nextInt(4), random.nextInt(4));
            }
            instructions[length - 1][0] = BPF_RET_A;
            byte[] data = new byte[Seccomp.DATA_BYTES];
            random.nextBytes(data);
            try {
                new FilterProgram(program(instructions)).run(data);
                accepted++;
            } catch (ErrnoException e) {
                assertEquals(Errno.EINVAL, e.errno());
            }
        }
        assertTrue(accepted > 1_000, "accepted " + accepted);
    }

    @Test
    void filters_together_are_bounded() throws Exception {
        var bytes = new int[BPF_MAXINSNS][];
        java.util.Arrays.fill(bytes, of(BPF_LD_IMM, 0));
        bytes[BPF_MAXINSNS - 1] = of(BPF_RET_K, Seccomp.SECCOMP_RET_ALLOW);
        var program = new FilterProgram(program(bytes));
        FilterChain<Object> chain = null;
        for (int i = 0; i < 7; i++) {
            chain = new FilterChain<>(program, chain, null);
        }
        var full = chain;
        var failure = assertThrows(ErrnoException.class, () -> new FilterChain<>(program, full, null));
        assertEquals(Errno.ENOMEM, failure.errno());
    }

    @Test
    void the_action_with_the_highest_precedence_wins() throws Exception {
        FilterChain<String> chain = null;
        int[] answers = {
            Seccomp.SECCOMP_RET_LOG,
            Seccomp.SECCOMP_RET_ERRNO | 1,
            Seccomp.SECCOMP_RET_TRACE,
            Seccomp.SECCOMP_RET_ERRNO | 2
        };
        for (int answer : answers) {
            chain = new FilterChain<>(new FilterProgram(program(of(BPF_RET_K, answer))), chain, null);
        }
        assertEquals(
                Seccomp.SECCOMP_RET_ERRNO | 2,
                chain.run(new byte[Seccomp.DATA_BYTES]).value());
    }
}
