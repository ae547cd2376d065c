package dev.picket.platform.stub;

import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.linux.Seccomp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A program of classic BPF for seccomp(2), written top-down: conditions guard what follows in their body, and answers end
 * the program. Conditions test what was loaded last; a body that loads something else leaves that behind.
 */
public final class FilterProgram {
    /** Most instructions that a conditional jump can skip. */
    private static final int LONGEST_JUMP = 255;

    /** One instruction: {@code struct sock_filter}. */
    private record Instruction(int code, int jumpTrue, int jumpFalse, int k) {}

    private final List<Instruction> instructions = new ArrayList<>();

    /** Appends the program to code and returns how many instructions it has. */
    public int emit(Assembler assembler) {
        for (var instruction : instructions) {
            assembler.data16(instruction.code);
            assembler.data((byte) instruction.jumpTrue, (byte) instruction.jumpFalse);
            assembler.data32(instruction.k);
        }
        return instructions.size();
    }

    /** Loads 4 bytes of {@code struct seccomp_data}. */
    public void load(int offset) {
        add(Seccomp.BPF_LD_W_ABS, 0, 0, offset);
    }

    /** Loads the low half of an argument. */
    public void loadArgument(int index) {
        load(Seccomp.DATA_ARGUMENTS + index * Long.BYTES);
    }

    /** Loads the high half of an argument. */
    public void loadArgumentHigh(int index) {
        load(Seccomp.DATA_ARGUMENTS + index * Long.BYTES + Integer.BYTES);
    }

    /** Ends with this action. */
    public void answer(int action) {
        add(Seccomp.BPF_RET_K, 0, 0, action);
    }

    public void ifEqual(int value, Consumer<FilterProgram> body) {
        guard(Seccomp.BPF_JMP_JEQ_K, value, true, body);
    }

    public void ifNotEqual(int value, Consumer<FilterProgram> body) {
        guard(Seccomp.BPF_JMP_JEQ_K, value, false, body);
    }

    /** If it is {@code value} or more, unsigned. */
    public void ifAtLeast(int value, Consumer<FilterProgram> body) {
        guard(Seccomp.BPF_JMP_JGE_K, value, true, body);
    }

    /** If it is less than {@code value}, unsigned. */
    public void ifBelow(int value, Consumer<FilterProgram> body) {
        guard(Seccomp.BPF_JMP_JGE_K, value, false, body);
    }

    /** If any bit is set that is not in {@code mask}. */
    public void ifBitsOutside(int mask, Consumer<FilterProgram> body) {
        guard(Seccomp.BPF_JMP_JSET_K, ~mask, true, body);
    }

    private void guard(int code, int value, boolean expected, Consumer<FilterProgram> body) {
        var guarded = new FilterProgram();
        body.accept(guarded);
        int length = guarded.instructions.size();
        if (length > LONGEST_JUMP) {
            throw new IllegalStateException("a jump over " + length + " instructions");
        }
        add(code, expected ? 0 : length, expected ? length : 0, value);
        instructions.addAll(guarded.instructions);
    }

    private void add(int code, int jumpTrue, int jumpFalse, int k) {
        instructions.add(new Instruction(code, jumpTrue, jumpFalse, k));
    }
}
