package dev.picket.platform.kvm;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;

/** What Linux makes of an exception of the processor; arch/x86/kernel/traps.c. One object per context, used again. */
final class GuestException {
    // Vectors
    static final int DIVIDE = 0;
    static final int DEBUG = 1;
    static final int BREAKPOINT = 3;
    static final int INVALID_OPCODE = 6;
    static final int SEGMENT_NOT_PRESENT = 11;
    static final int STACK = 12;
    static final int PAGE_FAULT = 14;
    static final int FLOATING_POINT = 16;
    static final int ALIGNMENT = 17;
    static final int SIMD = 19;

    private static final long TRAP_FLAG = 0x100;

    /** First byte of {@code int imm8}. */
    private static final int INTERRUPT_OPCODE = 0xcd;

    // In an XSAVE area
    private static final int FPU_CONTROL = 0;
    private static final int FPU_STATUS = 2;
    private static final int MXCSR = 24;

    int signal;
    int code;
    long address;

    /** A general protection fault and the like. */
    void set(int newSignal, int newCode, long newAddress) {
        signal = newSignal;
        code = newCode;
        address = newAddress;
    }

    /**
     * Decodes any vector but those that need more than registers.
     *
     * @param opcode the byte at {@code rip}, or -1
     */
    void decode(int vector, long rip, long flags, int opcode) {
        switch (vector) {
            case DIVIDE:
                set(Signal.SIGFPE, SignalCode.FPE_INTDIV, rip);
                break;
            case DEBUG:
                // Without the trap flag it was int1, for guests have no debug registers.
                set(Signal.SIGTRAP, (flags & TRAP_FLAG) != 0 ? SignalCode.TRAP_TRACE : SignalCode.TRAP_BRKPT, rip);
                break;
            case BREAKPOINT:
                set(Signal.SIGTRAP, SignalCode.SI_KERNEL, 0);
                break;
            case INVALID_OPCODE:
                if (opcode == INTERRUPT_OPCODE) {
                    // PVM says this of int n, where processors say general protection fault.
                    set(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
                } else {
                    set(Signal.SIGILL, SignalCode.ILL_ILLOPN, rip);
                }
                break;
            case SEGMENT_NOT_PRESENT:
            case STACK:
                set(Signal.SIGBUS, SignalCode.SI_KERNEL, 0);
                break;
            case ALIGNMENT:
                set(Signal.SIGBUS, SignalCode.BUS_ADRALN, 0);
                break;
            default:
                set(Signal.SIGSEGV, SignalCode.SI_KERNEL, 0);
        }
    }

    /**
     * Decodes an exception of floating point, whose kind is in the FPU state; fpu__exception_code() in the kernel.
     *
     * @return false if there is none after all
     */
    boolean decodeFloatingPoint(int vector, long rip, long fpu) {
        int raised;
        if (vector == FLOATING_POINT) {
            raised = NativeMemory.getShort(fpu + FPU_STATUS) & ~NativeMemory.getShort(fpu + FPU_CONTROL);
        } else {
            int mxcsr = NativeMemory.getInt(fpu + MXCSR);
            raised = mxcsr & ~(mxcsr >> 7);
        }
        if ((raised & 0x01) != 0) {
            set(Signal.SIGFPE, SignalCode.FPE_FLTINV, rip);
        } else if ((raised & 0x04) != 0) {
            set(Signal.SIGFPE, SignalCode.FPE_FLTDIV, rip);
        } else if ((raised & 0x08) != 0) {
            set(Signal.SIGFPE, SignalCode.FPE_FLTOVF, rip);
        } else if ((raised & 0x12) != 0) {
            set(Signal.SIGFPE, SignalCode.FPE_FLTUND, rip);
        } else if ((raised & 0x20) != 0) {
            set(Signal.SIGFPE, SignalCode.FPE_FLTRES, rip);
        } else {
            return false;
        }
        return true;
    }
}
