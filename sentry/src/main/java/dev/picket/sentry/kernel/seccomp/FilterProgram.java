package dev.picket.sentry.kernel.seccomp;

import static dev.picket.platform.linux.ClassicBpf.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Seccomp;
import dev.picket.sentry.errno.ErrnoException;
import java.util.Arrays;

/**
 * A program of classic BPF that says what becomes of a system call; see seccomp(2). It is checked before it is run, as
 * bpf_check_classic() and seccomp_check_filter() of Linux do: jumps go forward and stay inside, so that every run ends.
 */
public final class FilterProgram {
    private static final int ALL_WORDS = (1 << BPF_MEMWORDS) - 1;
    private static final int WORD_BITS = 32;

    private final int[] codes;
    private final int[] whenTrue;
    private final int[] whenFalse;
    private final int[] constants;

    /**
     * Checks a program.
     *
     * @param bytes array of struct sock_filter
     * @throws ErrnoException EINVAL if it is not one that Linux would take
     */
    public FilterProgram(byte[] bytes) throws ErrnoException {
        int length = bytes.length / FILTER_BYTES;
        require(length > 0 && length <= BPF_MAXINSNS && bytes.length % FILTER_BYTES == 0);
        codes = new int[length];
        whenTrue = new int[length];
        whenFalse = new int[length];
        constants = new int[length];
        for (int i = 0; i < length; i++) {
            int at = i * FILTER_BYTES;
            codes[i] = Bytes.getShort(bytes, at) & 0xffff;
            whenTrue[i] = bytes[at + 2] & 0xff;
            whenFalse[i] = bytes[at + 3] & 0xff;
            constants[i] = Bytes.getInt(bytes, at + 4);
        }
        for (int i = 0; i < length; i++) {
            check(i);
        }
        require(codes[length - 1] == BPF_RET_K || codes[length - 1] == BPF_RET_A);
        checkScratchMemory();
    }

    /** How many instructions it has. */
    public int length() {
        return codes.length;
    }

    private static void require(boolean holds) throws ErrnoException {
        if (!holds) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private void check(int i) throws ErrnoException {
        int k = constants[i];
        switch (codes[i]) {
            case BPF_LD_W_ABS -> require(Integer.compareUnsigned(k, Seccomp.DATA_BYTES) < 0 && (k & 3) == 0);
            case BPF_LD_MEM, BPF_LDX_MEM, BPF_ST, BPF_STX -> require(Integer.compareUnsigned(k, BPF_MEMWORDS) < 0);
            case BPF_DIV -> require(k != 0);
            case BPF_LSH, BPF_RSH -> require(Integer.compareUnsigned(k, WORD_BITS) < 0);
            case BPF_JA -> require(Integer.compareUnsigned(k, codes.length - i - 1) < 0);
            case BPF_JEQ,
                    BPF_JGT,
                    BPF_JGE,
                    BPF_JSET,
                    BPF_JEQ | BPF_X,
                    BPF_JGT | BPF_X,
                    BPF_JGE | BPF_X,
                    BPF_JSET | BPF_X -> require(
                    i + whenTrue[i] + 1 < codes.length && i + whenFalse[i] + 1 < codes.length);
            case BPF_LD_W_LEN,
                    BPF_LD_IMM,
                    BPF_LDX_W_LEN,
                    BPF_LDX_IMM,
                    BPF_ADD,
                    BPF_SUB,
                    BPF_MUL,
                    BPF_OR,
                    BPF_AND,
                    BPF_XOR,
                    BPF_NEG,
                    BPF_ADD | BPF_X,
                    BPF_SUB | BPF_X,
                    BPF_MUL | BPF_X,
                    BPF_DIV | BPF_X,
                    BPF_OR | BPF_X,
                    BPF_AND | BPF_X,
                    BPF_XOR | BPF_X,
                    BPF_LSH | BPF_X,
                    BPF_RSH | BPF_X,
                    BPF_RET_K,
                    BPF_RET_A,
                    BPF_TAX,
                    BPF_TXA -> {}
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** No word of scratch memory is read that was not written on every way there; check_load_and_stores() of Linux. */
    private void checkScratchMemory() throws ErrnoException {
        int[] written = new int[codes.length];
        Arrays.fill(written, ALL_WORDS);
        int here = 0;
        for (int i = 0; i < codes.length; i++) {
            here &= written[i];
            switch (codes[i]) {
                case BPF_ST, BPF_STX -> here |= 1 << constants[i];
                case BPF_LD_MEM, BPF_LDX_MEM -> require((here & 1 << constants[i]) != 0);
                case BPF_JA -> {
                    written[i + 1 + constants[i]] &= here;
                    here = ALL_WORDS;
                }
                case BPF_JEQ,
                        BPF_JGT,
                        BPF_JGE,
                        BPF_JSET,
                        BPF_JEQ | BPF_X,
                        BPF_JGT | BPF_X,
                        BPF_JGE | BPF_X,
                        BPF_JSET | BPF_X -> {
                    written[i + 1 + whenTrue[i]] &= here;
                    written[i + 1 + whenFalse[i]] &= here;
                    here = ALL_WORDS;
                }
                default -> {}
            }
        }
    }

    /**
     * Runs the program.
     *
     * @param data a struct seccomp_data
     * @return an action, and its data; see {@link Seccomp}
     */
    public int run(byte[] data) {
        int a = 0;
        int x = 0;
        int[] memory = null;
        int i = 0;
        while (true) {
            int code = codes[i];
            int k = constants[i];
            int operand = (code & BPF_X) != 0 ? x : k;
            switch (code) {
                case BPF_LD_W_ABS -> a = Bytes.getInt(data, k);
                case BPF_LD_W_LEN -> a = Seccomp.DATA_BYTES;
                case BPF_LD_IMM -> a = k;
                case BPF_LD_MEM -> a = memory == null ? 0 : memory[k];
                case BPF_LDX_W_LEN -> x = Seccomp.DATA_BYTES;
                case BPF_LDX_IMM -> x = k;
                case BPF_LDX_MEM -> x = memory == null ? 0 : memory[k];
                case BPF_ST, BPF_STX -> {
                    memory = memory == null ? new int[BPF_MEMWORDS] : memory;
                    memory[k] = code == BPF_ST ? a : x;
                }
                case BPF_ADD, BPF_ADD | BPF_X -> a += operand;
                case BPF_SUB, BPF_SUB | BPF_X -> a -= operand;
                case BPF_MUL, BPF_MUL | BPF_X -> a *= operand;
                case BPF_DIV, BPF_DIV | BPF_X -> {
                    if (operand == 0) {
                        return Seccomp.SECCOMP_RET_KILL_THREAD; // the program ends with 0, as on Linux
                    }
                    a = Integer.divideUnsigned(a, operand);
                }
                case BPF_OR, BPF_OR | BPF_X -> a |= operand;
                case BPF_AND, BPF_AND | BPF_X -> a &= operand;
                case BPF_XOR, BPF_XOR | BPF_X -> a ^= operand;
                case BPF_LSH, BPF_LSH | BPF_X -> a <<= operand;
                case BPF_RSH, BPF_RSH | BPF_X -> a >>>= operand;
                case BPF_NEG -> a = -a;
                case BPF_TAX -> x = a;
                case BPF_TXA -> a = x;
                case BPF_RET_K -> {
                    return k;
                }
                case BPF_RET_A -> {
                    return a;
                }
                case BPF_JA -> i += k;
                case BPF_JEQ, BPF_JEQ | BPF_X -> i += a == operand ? whenTrue[i] : whenFalse[i];
                case BPF_JGT, BPF_JGT | BPF_X -> i +=
                        Integer.compareUnsigned(a, operand) > 0 ? whenTrue[i] : whenFalse[i];
                case BPF_JGE, BPF_JGE | BPF_X -> i +=
                        Integer.compareUnsigned(a, operand) >= 0 ? whenTrue[i] : whenFalse[i];
                default -> i += (a & operand) != 0 ? whenTrue[i] : whenFalse[i]; // BPF_JSET: no other was let in
            }
            i++;
        }
    }
}
