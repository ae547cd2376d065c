package dev.picket.platform.amd64;

import dev.picket.platform.host.NativeMemory;

/**
 * The general registers of a guest thread, in native memory, in the layout of {@code struct user_regs_struct}.
 *
 * <pre>
 *   0 r15   8 r14  16 r13  24 r12  32 rbp  40 rbx  48 r11  56 r10  64 r9  72 r8  80 rax  88 rcx  96 rdx 104 rsi
 * 112 rdi 120 orig_rax 128 rip 136 cs 144 eflags 152 rsp 160 ss 168 fs_base 176 gs_base 184 ds 192 es 200 fs 208 gs
 * </pre>
 */
public final class Registers {
    /** Size of the structure. */
    public static final int BYTES = 216;

    private static final int R15 = 0;
    private static final int R14 = 8;
    private static final int R13 = 16;
    private static final int R12 = 24;
    private static final int RBP = 32;
    private static final int RBX = 40;
    private static final int R11 = 48;
    private static final int R10 = 56;
    private static final int R9 = 64;
    private static final int R8 = 72;
    private static final int RAX = 80;
    private static final int RCX = 88;
    private static final int RDX = 96;
    private static final int RSI = 104;
    private static final int RDI = 112;
    private static final int ORIG_RAX = 120;
    private static final int RIP = 128;
    private static final int CS = 136;
    private static final int EFLAGS = 144;
    private static final int RSP = 152;
    private static final int SS = 160;
    private static final int FS_BASE = 168;
    private static final int GS_BASE = 176;
    private static final int DS = 184;
    private static final int ES = 192;
    private static final int FS = 200;
    private static final int GS = 208;

    private final long address;

    /** Registers in {@link #BYTES} bytes of native memory at {@code address}, which the caller keeps and frees. */
    public Registers(long address) {
        this.address = address;
    }

    /** Where the structure is, for ptrace(2) and the like. */
    public long address() {
        return address;
    }

    public void copyFrom(Registers other) {
        NativeMemory.copy(other.address, address, BYTES);
    }

    public long r15() {
        return NativeMemory.getLong(address + R15);
    }

    public void r15(long value) {
        NativeMemory.putLong(address + R15, value);
    }

    public long r14() {
        return NativeMemory.getLong(address + R14);
    }

    public void r14(long value) {
        NativeMemory.putLong(address + R14, value);
    }

    public long r13() {
        return NativeMemory.getLong(address + R13);
    }

    public void r13(long value) {
        NativeMemory.putLong(address + R13, value);
    }

    public long r12() {
        return NativeMemory.getLong(address + R12);
    }

    public void r12(long value) {
        NativeMemory.putLong(address + R12, value);
    }

    public long rbp() {
        return NativeMemory.getLong(address + RBP);
    }

    public void rbp(long value) {
        NativeMemory.putLong(address + RBP, value);
    }

    public long rbx() {
        return NativeMemory.getLong(address + RBX);
    }

    public void rbx(long value) {
        NativeMemory.putLong(address + RBX, value);
    }

    public long r11() {
        return NativeMemory.getLong(address + R11);
    }

    public void r11(long value) {
        NativeMemory.putLong(address + R11, value);
    }

    public long r10() {
        return NativeMemory.getLong(address + R10);
    }

    public void r10(long value) {
        NativeMemory.putLong(address + R10, value);
    }

    public long r9() {
        return NativeMemory.getLong(address + R9);
    }

    public void r9(long value) {
        NativeMemory.putLong(address + R9, value);
    }

    public long r8() {
        return NativeMemory.getLong(address + R8);
    }

    public void r8(long value) {
        NativeMemory.putLong(address + R8, value);
    }

    public long rax() {
        return NativeMemory.getLong(address + RAX);
    }

    public void rax(long value) {
        NativeMemory.putLong(address + RAX, value);
    }

    public long rcx() {
        return NativeMemory.getLong(address + RCX);
    }

    public void rcx(long value) {
        NativeMemory.putLong(address + RCX, value);
    }

    public long rdx() {
        return NativeMemory.getLong(address + RDX);
    }

    public void rdx(long value) {
        NativeMemory.putLong(address + RDX, value);
    }

    public long rsi() {
        return NativeMemory.getLong(address + RSI);
    }

    public void rsi(long value) {
        NativeMemory.putLong(address + RSI, value);
    }

    public long rdi() {
        return NativeMemory.getLong(address + RDI);
    }

    public void rdi(long value) {
        NativeMemory.putLong(address + RDI, value);
    }

    public long origRax() {
        return NativeMemory.getLong(address + ORIG_RAX);
    }

    public void origRax(long value) {
        NativeMemory.putLong(address + ORIG_RAX, value);
    }

    public long rip() {
        return NativeMemory.getLong(address + RIP);
    }

    public void rip(long value) {
        NativeMemory.putLong(address + RIP, value);
    }

    public long cs() {
        return NativeMemory.getLong(address + CS);
    }

    public void cs(long value) {
        NativeMemory.putLong(address + CS, value);
    }

    public long eflags() {
        return NativeMemory.getLong(address + EFLAGS);
    }

    public void eflags(long value) {
        NativeMemory.putLong(address + EFLAGS, value);
    }

    public long rsp() {
        return NativeMemory.getLong(address + RSP);
    }

    public void rsp(long value) {
        NativeMemory.putLong(address + RSP, value);
    }

    public long ss() {
        return NativeMemory.getLong(address + SS);
    }

    public void ss(long value) {
        NativeMemory.putLong(address + SS, value);
    }

    public long fsBase() {
        return NativeMemory.getLong(address + FS_BASE);
    }

    public void fsBase(long value) {
        NativeMemory.putLong(address + FS_BASE, value);
    }

    public long gsBase() {
        return NativeMemory.getLong(address + GS_BASE);
    }

    public void gsBase(long value) {
        NativeMemory.putLong(address + GS_BASE, value);
    }

    public long ds() {
        return NativeMemory.getLong(address + DS);
    }

    public void ds(long value) {
        NativeMemory.putLong(address + DS, value);
    }

    public long es() {
        return NativeMemory.getLong(address + ES);
    }

    public void es(long value) {
        NativeMemory.putLong(address + ES, value);
    }

    public long fs() {
        return NativeMemory.getLong(address + FS);
    }

    public void fs(long value) {
        NativeMemory.putLong(address + FS, value);
    }

    public long gs() {
        return NativeMemory.getLong(address + GS);
    }

    public void gs(long value) {
        NativeMemory.putLong(address + GS, value);
    }
}
