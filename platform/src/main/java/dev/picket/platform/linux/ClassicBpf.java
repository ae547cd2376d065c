package dev.picket.platform.linux;

/** Instructions of classic BPF, as seccomp(2) takes them; see linux/bpf_common.h. */
public final class ClassicBpf {
    /** The longest program. */
    public static final int BPF_MAXINSNS = 4096;

    /** Words of scratch memory. */
    public static final int BPF_MEMWORDS = 16;

    // struct sock_filter: 0 code, 2 jump if true, 3 jump if false, 4 k
    public static final int FILTER_BYTES = 8;

    public static final int BPF_LD_W_ABS = 0x20;
    public static final int BPF_LD_W_LEN = 0x80;
    public static final int BPF_LD_IMM = 0x00;
    public static final int BPF_LD_MEM = 0x60;
    public static final int BPF_LDX_W_LEN = 0x81;
    public static final int BPF_LDX_IMM = 0x01;
    public static final int BPF_LDX_MEM = 0x61;
    public static final int BPF_ST = 0x02;
    public static final int BPF_STX = 0x03;

    // Arithmetic with the constant; BPF_X makes it the index register
    public static final int BPF_X = 0x08;
    public static final int BPF_ADD = 0x04;
    public static final int BPF_SUB = 0x14;
    public static final int BPF_MUL = 0x24;
    public static final int BPF_DIV = 0x34;
    public static final int BPF_OR = 0x44;
    public static final int BPF_AND = 0x54;
    public static final int BPF_LSH = 0x64;
    public static final int BPF_RSH = 0x74;
    public static final int BPF_NEG = 0x84;
    public static final int BPF_XOR = 0xa4;

    // Jumps
    public static final int BPF_JA = 0x05;
    public static final int BPF_JEQ = 0x15;
    public static final int BPF_JGT = 0x25;
    public static final int BPF_JGE = 0x35;
    public static final int BPF_JSET = 0x45;

    public static final int BPF_RET_K = 0x06;
    public static final int BPF_RET_A = 0x16;
    public static final int BPF_TAX = 0x07;
    public static final int BPF_TXA = 0x87;

    private ClassicBpf() {}
}
