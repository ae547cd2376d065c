package dev.picket.platform.amd64;

import java.util.ArrayList;
import java.util.List;

/**
 * A small assembler for 64-bit mode: one method per instruction, its encoding in the method's documentation.
 *
 * <p>It knows what stubs and their tests need, no more. The code is position-independent: jumps are relative to the next
 * instruction, with 32-bit displacements. In encodings, {@code /r} is a ModRM byte of two registers, {@code id} and
 * {@code iq} are little-endian immediates of 4 and 8 bytes, and {@code +r} adds a register's number to the byte.
 */
public final class Assembler {
    /** A place in the code. Jumps to it may be written before it is bound. */
    public static final class Label {
        private int position = -1;
        private final List<Integer> displacements = new ArrayList<>();

        private Label() {}

        /** Offset in the code; only once bound. */
        public int position() {
            if (position < 0) {
                throw new IllegalStateException("label is not bound");
            }
            return position;
        }
    }

    private final List<Label> labels = new ArrayList<>();
    private byte[] code = new byte[256];
    private int length;

    /** Makes a label that is not bound yet. */
    public Label label() {
        var label = new Label();
        labels.add(label);
        return label;
    }

    /** Binds a label to the current position. */
    public void bind(Label label) {
        if (label.position >= 0) {
            throw new IllegalStateException("label is bound already");
        }
        label.position = length;
    }

    /** Makes a label and binds it to the current position. */
    public Label here() {
        var label = label();
        bind(label);
        return label;
    }

    /** Offset of the next byte. */
    public int position() {
        return length;
    }

    /** The code, with all jumps resolved. */
    public byte[] assemble() {
        byte[] bytes = java.util.Arrays.copyOf(code, length);
        for (var label : labels) {
            for (int at : label.displacements) {
                int displacement = label.position() - (at + 4);
                for (int i = 0; i < 4; i++) {
                    bytes[at + i] = (byte) (displacement >> 8 * i);
                }
            }
        }
        return bytes;
    }

    // ---- Data

    /** Bytes as they are. */
    public void data(byte... bytes) {
        for (byte b : bytes) {
            emit(b);
        }
    }

    /** 2 bytes, little-endian. */
    public void data16(int value) {
        little(value, 2);
    }

    /** 4 bytes, little-endian. */
    public void data32(int value) {
        little(value, 4);
    }

    /** 8 bytes, little-endian. */
    public void data64(long value) {
        little(value, 8);
    }

    /** {@code int3} up to the next multiple of {@code alignment}, a power of two. */
    public void align(int alignment) {
        while ((length & alignment - 1) != 0) {
            int3();
        }
    }

    // ---- Moves

    /** {@code mov r32, imm32}, which clears the upper half: [41] B8+r id. */
    public void mov32(Register destination, int value) {
        if (destination.high() == 1) {
            emit(0x41);
        }
        emit(0xB8 + destination.low());
        little(value, 4);
    }

    /** {@code mov r64, imm64}: REX.W B8+r iq. */
    public void mov(Register destination, long value) {
        emit(0x48 | destination.high());
        emit(0xB8 + destination.low());
        little(value, 8);
    }

    /** {@code mov r64, r64}: REX.W 89 /r. */
    public void mov(Register destination, Register source) {
        registers(0x89, source, destination);
    }

    /** {@code mov r64, [r64]}: REX.W 8B /r with a 32-bit displacement of zero. */
    public void load(Register destination, Register base) {
        memory(0x8B, destination, base);
    }

    /** {@code mov [r64], r64}: REX.W 89 /r with a 32-bit displacement of zero. */
    public void store(Register base, Register source) {
        memory(0x89, source, base);
    }

    /** {@code mov r64, [r64 + disp32]}: REX.W 8B /r with mod 10. */
    public void load(Register destination, Register base, int displacement) {
        memory(0x8B, destination, base, displacement);
    }

    /** {@code mov [r64 + disp32], r64}: REX.W 89 /r with mod 10. */
    public void store(Register base, int displacement, Register source) {
        memory(0x89, source, base, displacement);
    }

    /** {@code mov [r64 + disp32], r32}: [REX] 89 /r with mod 10. */
    public void store32(Register base, int displacement, Register source) {
        if ((source.high() | base.high()) != 0) {
            emit(0x40 | source.high() << 2 | base.high());
        }
        address(0x89, source, base, displacement);
    }

    /** {@code lea r64, [rip + disp32]}, relative to the next instruction: REX.W 8D /r with mod 00, rm 101. */
    public void leaRelative(Register destination, int displacement) {
        emit(0x48 | destination.high() << 2);
        emit(0x8D);
        emit(0x05 | destination.low() << 3);
        little(displacement, 4);
    }

    /** {@code lea r64, [rip + label]}: REX.W 8D /r with mod 00, rm 101. */
    public void lea(Register destination, Label label) {
        emit(0x48 | destination.high() << 2);
        emit(0x8D);
        emit(0x05 | destination.low() << 3);
        displacement(label);
    }

    /** {@code push r64}: [41] 50+r. */
    public void push(Register source) {
        if (source.high() == 1) {
            emit(0x41);
        }
        emit(0x50 + source.low());
    }

    /** {@code push imm8}, sign-extended: 6A ib. */
    public void pushByte(int value) {
        emit(0x6A, value);
    }

    /** {@code pop r64}: [41] 58+r. */
    public void pop(Register destination) {
        if (destination.high() == 1) {
            emit(0x41);
        }
        emit(0x58 + destination.low());
    }

    /** {@code pushfq}: 9C. */
    public void pushfq() {
        emit(0x9C);
    }

    /** {@code popfq}: 9D. */
    public void popfq() {
        emit(0x9D);
    }

    // ---- Arithmetic

    /** {@code add r64, imm32}, sign-extended: REX.W 81 /0 id. */
    public void add(Register destination, int value) {
        immediate(0, destination, value);
    }

    /** {@code sub r64, imm32}, sign-extended: REX.W 81 /5 id. */
    public void sub(Register destination, int value) {
        immediate(5, destination, value);
    }

    /** {@code cmp r64, imm32}, sign-extended: REX.W 81 /7 id. */
    public void cmp(Register left, int value) {
        immediate(7, left, value);
    }

    /** {@code test r64, r64}: REX.W 85 /r. */
    public void test(Register left, Register right) {
        registers(0x85, right, left);
    }

    /** {@code and r64, imm32}, sign-extended: REX.W 81 /4 id. */
    public void and(Register destination, int value) {
        immediate(4, destination, value);
    }

    /** {@code neg r64}: REX.W F7 /3. */
    public void neg(Register destination) {
        emit(0x48 | destination.high(), 0xF7, 0xD8 | destination.low());
    }

    /** {@code or r64, r64}: REX.W 09 /r. */
    public void or(Register destination, Register source) {
        registers(0x09, source, destination);
    }

    /** {@code xor r64, r64}: REX.W 31 /r. */
    public void xor(Register destination, Register source) {
        registers(0x31, source, destination);
    }

    /** {@code div r64}, of rdx:rax: REX.W F7 /6. */
    public void div(Register divisor) {
        emit(0x48 | divisor.high());
        emit(0xF7);
        emit(0xF0 | divisor.low());
    }

    /** {@code add r64, r64}: REX.W 01 /r. */
    public void add(Register destination, Register source) {
        registers(0x01, source, destination);
    }

    /** {@code add r64, [r64 + disp32]}: REX.W 03 /r with mod 10. */
    public void add(Register destination, Register base, int displacement) {
        memory(0x03, destination, base, displacement);
    }

    /** {@code sub r64, r64}: REX.W 29 /r. */
    public void sub(Register destination, Register source) {
        registers(0x29, source, destination);
    }

    /** {@code sub r64, [r64 + disp32]}: REX.W 2B /r with mod 10. */
    public void sub(Register destination, Register base, int displacement) {
        memory(0x2B, destination, base, displacement);
    }

    /** {@code cmp r64, [r64 + disp32]}: REX.W 3B /r with mod 10. */
    public void cmp(Register left, Register base, int displacement) {
        memory(0x3B, left, base, displacement);
    }

    /** {@code cmp r32, imm32}: [41] 81 /7 id. */
    public void cmp32(Register left, int value) {
        immediate32(7, left, value);
    }

    /** {@code and r32, imm32}, which clears the upper half: [41] 81 /4 id. */
    public void and32(Register destination, int value) {
        immediate32(4, destination, value);
    }

    /** {@code test r32, imm32}: [41] F7 /0 id. */
    public void test32(Register left, int value) {
        if (left.high() == 1) {
            emit(0x41);
        }
        emit(0xF7, 0xC0 | left.low());
        little(value, 4);
    }

    /** {@code shl r64, imm8}: REX.W C1 /4 ib. */
    public void shl(Register destination, int bits) {
        emit(0x48 | destination.high(), 0xC1, 0xE0 | destination.low(), bits);
    }

    /** {@code shl r64, cl}: REX.W D3 /4. */
    public void shlByCl(Register destination) {
        emit(0x48 | destination.high(), 0xD3, 0xE0 | destination.low());
    }

    /** {@code shrd r64, r64, imm8}: REX.W 0F AC /r ib. */
    public void shrd(Register destination, Register upper, int bits) {
        emit(0x48 | upper.high() << 2 | destination.high(), 0x0F, 0xAC, 0xC0 | upper.low() << 3 | destination.low());
        emit(bits);
    }

    /** {@code mul qword [r64 + disp32]}, rdx:rax = rax times it: REX.W F7 /4 with mod 10. */
    public void mul(Register base, int displacement) {
        emit(0x48 | base.high());
        address(0xF7, Register.RSP, base, displacement); // 4, the extension, is also the number of rsp
    }

    // ---- Jumps

    /** {@code jmp rel32}: E9 cd. */
    public void jmp(Label target) {
        emit(0xE9);
        displacement(target);
    }

    /** {@code jz rel32}: 0F 84 cd. */
    public void jz(Label target) {
        emit(0x0F, 0x84);
        displacement(target);
    }

    /** {@code jnz rel32}: 0F 85 cd. */
    public void jnz(Label target) {
        emit(0x0F, 0x85);
        displacement(target);
    }

    /** {@code jb rel32}, unsigned less: 0F 82 cd. */
    public void jb(Label target) {
        emit(0x0F, 0x82);
        displacement(target);
    }

    /** {@code ja rel32}, unsigned greater: 0F 87 cd. */
    public void ja(Label target) {
        emit(0x0F, 0x87);
        displacement(target);
    }

    /** {@code ret}: C3. */
    public void ret() {
        emit(0xC3);
    }

    /** {@code js rel32}: 0F 88 cd. */
    public void js(Label target) {
        emit(0x0F, 0x88);
        displacement(target);
    }

    /** {@code jmp r64}: [41] FF /4. */
    public void jmp(Register target) {
        if (target.high() == 1) {
            emit(0x41);
        }
        emit(0xFF, 0xE0 | target.low());
    }

    /** {@code call r64}: [41] FF /2. */
    public void call(Register target) {
        if (target.high() == 1) {
            emit(0x41);
        }
        emit(0xFF, 0xD0 | target.low());
    }

    /** {@code retfq}, which pops rip and cs: 48 CB. */
    public void retfq() {
        emit(0x48, 0xCB);
    }

    // ---- Into the kernel, and exceptions

    /** {@code syscall}: 0F 05. */
    public void syscall() {
        emit(0x0F, 0x05);
    }

    /** {@code sysenter}: 0F 34. */
    public void sysenter() {
        emit(0x0F, 0x34);
    }

    /** {@code int imm8}: CD ib. */
    public void interrupt(int vector) {
        emit(0xCD, vector);
    }

    /** {@code int3}: CC. */
    public void int3() {
        emit(0xCC);
    }

    /** {@code ud2}: 0F 0B. */
    public void ud2() {
        emit(0x0F, 0x0B);
    }

    /** {@code hlt}, a general protection fault in ring 3: F4. */
    public void hlt() {
        emit(0xF4);
    }

    /** {@code nop}: 90. */
    public void nop() {
        emit(0x90);
    }

    /** {@code pause}: F3 90. */
    public void pause() {
        emit(0xF3, 0x90);
    }

    // ---- Time and place

    /** {@code rdtsc}, the counter in edx:eax: 0F 31. */
    public void rdtsc() {
        emit(0x0F, 0x31);
    }

    /** {@code lfence}: 0F AE E8. */
    public void lfence() {
        emit(0x0F, 0xAE, 0xE8);
    }

    /** {@code lsl r32, r32}, the limit of a segment, with ZF if there is one: [REX] 0F 03 /r. */
    public void lsl(Register destination, Register selector) {
        if ((destination.high() | selector.high()) != 0) {
            emit(0x40 | destination.high() << 2 | selector.high());
        }
        emit(0x0F, 0x03, 0xC0 | destination.low() << 3 | selector.low());
    }

    // ---- Segments and SSE

    /** {@code wrfsbase r64}: F3 REX.W 0F AE /2. */
    public void wrfsbase(Register source) {
        emit(0xF3, 0x48 | source.high(), 0x0F, 0xAE, 0xD0 | source.low());
    }

    /** {@code wrgsbase r64}: F3 REX.W 0F AE /3. */
    public void wrgsbase(Register source) {
        emit(0xF3, 0x48 | source.high(), 0x0F, 0xAE, 0xD8 | source.low());
    }

    /** {@code rdfsbase r64}: F3 REX.W 0F AE /0. */
    public void rdfsbase(Register destination) {
        emit(0xF3, 0x48 | destination.high(), 0x0F, 0xAE, 0xC0 | destination.low());
    }

    /** {@code rdgsbase r64}: F3 REX.W 0F AE /1. */
    public void rdgsbase(Register destination) {
        emit(0xF3, 0x48 | destination.high(), 0x0F, 0xAE, 0xC8 | destination.low());
    }

    /** {@code mov ds, r32}: [41] 8E /3. */
    public void movDs(Register source) {
        if (source.high() == 1) {
            emit(0x41);
        }
        emit(0x8E, 0xD8 | source.low());
    }

    /** {@code movq xmm, r64}: 66 REX.W 0F 6E /r. */
    public void movqToXmm(int xmm, Register source) {
        emit(0x66, 0x48 | xmm >> 3 << 2 | source.high(), 0x0F, 0x6E, 0xC0 | (xmm & 7) << 3 | source.low());
    }

    /** {@code movq r64, xmm}: 66 REX.W 0F 7E /r. */
    public void movqFromXmm(Register destination, int xmm) {
        emit(0x66, 0x48 | xmm >> 3 << 2 | destination.high(), 0x0F, 0x7E, 0xC0 | (xmm & 7) << 3 | destination.low());
    }

    private void registers(int opcode, Register reg, Register rm) {
        emit(0x48 | reg.high() << 2 | rm.high(), opcode, 0xC0 | reg.low() << 3 | rm.low());
    }

    private void memory(int opcode, Register reg, Register base) {
        memory(opcode, reg, base, 0);
    }

    private void memory(int opcode, Register reg, Register base, int displacement) {
        emit(0x48 | reg.high() << 2 | base.high());
        address(opcode, reg, base, displacement);
    }

    private void address(int opcode, Register reg, Register base, int displacement) {
        emit(opcode, 0x80 | reg.low() << 3 | base.low());
        if (base.low() == 4) {
            emit(0x24); // rsp and r12 as a base need a SIB byte
        }
        little(displacement, 4);
    }

    private void immediate32(int extension, Register rm, int value) {
        if (rm.high() == 1) {
            emit(0x41);
        }
        emit(0x81, 0xC0 | extension << 3 | rm.low());
        little(value, 4);
    }

    private void immediate(int extension, Register rm, int value) {
        emit(0x48 | rm.high(), 0x81, 0xC0 | extension << 3 | rm.low());
        little(value, 4);
    }

    private void displacement(Label target) {
        target.displacements.add(length);
        little(0, 4);
    }

    private void little(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            emit((int) (value >> 8 * i));
        }
    }

    private void emit(int... bytes) {
        for (int b : bytes) {
            if (length == code.length) {
                code = java.util.Arrays.copyOf(code, length * 2);
            }
            code[length++] = (byte) b;
        }
    }
}
