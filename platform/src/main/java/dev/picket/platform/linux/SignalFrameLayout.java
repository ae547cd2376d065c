package dev.picket.platform.linux;

/**
 * {@code struct rt_sigframe} of x86-64 ({@code arch/x86/include/asm/sigframe.h}): what a signal handler finds on its stack.
 *
 * <pre>
 *   0 return address (sa_restorer)
 *   8 uc_flags   16 uc_link   24 uc_stack: 24 ss_sp 32 ss_flags 40 ss_size
 *  48 sigcontext: 48 r8 56 r9 64 r10 72 r11 80 r12 88 r13 96 r14 104 r15 112 rdi 120 rsi 128 rbp 136 rbx 144 rdx
 *     152 rax 160 rcx 168 rsp 176 rip 184 eflags 192 cs, gs, fs, ss (2 bytes each) 200 err 208 trapno 216 oldmask
 *     224 cr2 232 fpstate 240 reserved (64 bytes)
 * 304 uc_sigmask
 * 312 siginfo (128 bytes)
 * 440 end; the FPU state lies above, aligned to 64: an XSAVE area whose bytes 464 to 511 say
 *     464 magic 1   468 size with magic 2   472 features   480 size; then magic 2 (4 bytes) behind the area
 * </pre>
 */
public final class SignalFrameLayout {
    public static final int PRETCODE = 0;
    public static final int UC_FLAGS = 8;
    public static final int UC_STACK_SP = 24;
    public static final int UC_STACK_FLAGS = 32;
    public static final int UC_STACK_SIZE = 40;
    public static final int SC = 48;
    public static final int SC_ERR = 200;
    public static final int SC_TRAPNO = 208;
    public static final int SC_OLDMASK = 216;
    public static final int SC_CR2 = 224;
    public static final int SC_FPSTATE = 232;
    public static final int UC_SIGMASK = 304;
    public static final int INFO = 312;
    public static final int BYTES = 440;

    /** UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS. */
    public static final long UC_FLAGS_VALUE = 1 | 2 | 4;

    // In the FPU state
    public static final int FX_SW_RESERVED = 464;
    public static final int FX_SW_EXTENDED_SIZE = 468;
    public static final int FX_SW_FEATURES = 472;
    public static final int FX_SW_STATE_SIZE = 480;
    public static final int FP_XSTATE_MAGIC1 = 0x46505853;
    public static final int FP_XSTATE_MAGIC2 = 0x46505845;
    public static final int MAGIC2_BYTES = 4;

    private SignalFrameLayout() {}
}
