package dev.picket.platform.seccomp;

import dev.picket.platform.amd64.Registers;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.SigInfo;
import dev.picket.platform.linux.SignalFrameLayout;

/**
 * The signal frame of a stopped guest thread, in its frame area: {@code struct rt_sigframe}, see {@link SignalFrameLayout}.
 *
 * <p>Other threads of the guest can write it at any time. What is read from here is the guest's own word on its own
 * registers; addresses in it are checked against the area before they are followed.
 */
final class SignalFrame {
    private static final long USER_CODE_SEGMENT = 0x33;
    private static final long USER_STACK_SEGMENT = 0x2b;

    private static final int SC_GENERAL = SignalFrameLayout.SC;
    private static final int SC_CS = 192;
    private static final int SC_SS = 198;
    private static final int ALIGNMENT = 64;

    /** Address of the area in this process, and in the stub. */
    private final long area;

    private final long stubArea;

    private int offset = StubLayout.FIRST_FRAME_OFFSET;

    SignalFrame(long area, long stubArea) {
        this.area = area;
        this.stubArea = stubArea;
    }

    /** Makes up a frame for a thread that has not got one from the kernel yet: an FPU in its initial state. */
    void create() {
        offset = StubLayout.FIRST_FRAME_OFFSET;
        NativeMemory.fill(area + offset, SignalFrameLayout.BYTES, (byte) 0);
    }

    /**
     * Goes to the frame at an address in the stub.
     *
     * @return false if it does not lie in the area as the kernel would lay it: the guest has made it up
     */
    boolean locate(long address) {
        long at = address - stubArea;
        if (at < 0 || at > StubLayout.SIGNAL_STACK_BYTES - SignalFrameLayout.BYTES || (at & 7) != 0) {
            return false;
        }
        offset = (int) at;
        return true;
    }

    long firstFrameInStub() {
        return stubArea + StubLayout.FIRST_FRAME_OFFSET;
    }

    long areaInStub() {
        return stubArea;
    }

    void readRegisters(Registers registers) {
        long at = area + offset + SC_GENERAL;
        registers.r8(NativeMemory.getLong(at));
        registers.r9(NativeMemory.getLong(at + 8));
        registers.r10(NativeMemory.getLong(at + 16));
        registers.r11(NativeMemory.getLong(at + 24));
        registers.r12(NativeMemory.getLong(at + 32));
        registers.r13(NativeMemory.getLong(at + 40));
        registers.r14(NativeMemory.getLong(at + 48));
        registers.r15(NativeMemory.getLong(at + 56));
        registers.rdi(NativeMemory.getLong(at + 64));
        registers.rsi(NativeMemory.getLong(at + 72));
        registers.rbp(NativeMemory.getLong(at + 80));
        registers.rbx(NativeMemory.getLong(at + 88));
        registers.rdx(NativeMemory.getLong(at + 96));
        registers.rax(NativeMemory.getLong(at + 104));
        registers.rcx(NativeMemory.getLong(at + 112));
        registers.rsp(NativeMemory.getLong(at + 120));
        registers.rip(NativeMemory.getLong(at + 128));
        registers.eflags(NativeMemory.getLong(at + 136));
        registers.cs(NativeMemory.getShort(area + offset + SC_CS) & 0xffff);
        registers.ss(USER_STACK_SEGMENT);
        registers.fsBase(NativeMemory.getLong(area + StubLayout.FS_BASE));
        registers.gsBase(NativeMemory.getLong(area + StubLayout.GS_BASE));
    }

    /** Writes all registers, and whatever else the return from the signal takes from the frame but the FPU state. */
    void writeRegisters(Registers registers) {
        long at = area + offset + SC_GENERAL;
        NativeMemory.putLong(at, registers.r8());
        NativeMemory.putLong(at + 8, registers.r9());
        NativeMemory.putLong(at + 16, registers.r10());
        NativeMemory.putLong(at + 24, registers.r11());
        NativeMemory.putLong(at + 32, registers.r12());
        NativeMemory.putLong(at + 40, registers.r13());
        NativeMemory.putLong(at + 48, registers.r14());
        NativeMemory.putLong(at + 56, registers.r15());
        NativeMemory.putLong(at + 64, registers.rdi());
        NativeMemory.putLong(at + 72, registers.rsi());
        NativeMemory.putLong(at + 80, registers.rbp());
        NativeMemory.putLong(at + 88, registers.rbx());
        NativeMemory.putLong(at + 96, registers.rdx());
        NativeMemory.putLong(at + 104, registers.rax());
        NativeMemory.putLong(at + 112, registers.rcx());
        NativeMemory.putLong(at + 120, registers.rsp());
        NativeMemory.putLong(at + 128, registers.rip());
        NativeMemory.putLong(at + 136, registers.eflags());
        NativeMemory.putShort(area + offset + SC_CS, (short) USER_CODE_SEGMENT);
        NativeMemory.putShort(area + offset + SC_SS, (short) USER_STACK_SEGMENT);
        NativeMemory.putLong(area + StubLayout.FS_BASE, registers.fsBase());
        NativeMemory.putLong(area + StubLayout.GS_BASE, registers.gsBase());

        long frame = area + offset;
        NativeMemory.putLong(frame + SignalFrameLayout.UC_FLAGS, SignalFrameLayout.UC_FLAGS_VALUE);
        NativeMemory.putLong(frame + SignalFrameLayout.UC_STACK_SP, stubArea);
        NativeMemory.putInt(frame + SignalFrameLayout.UC_STACK_FLAGS, 0);
        NativeMemory.putLong(frame + SignalFrameLayout.UC_STACK_SIZE, StubLayout.SIGNAL_STACK_BYTES);
        NativeMemory.putLong(frame + SignalFrameLayout.UC_SIGMASK, 0);
    }

    // ---- What the signal is about

    int signalCode() {
        return info(SigInfo.SI_CODE_OFFSET);
    }

    long signalAddress() {
        return NativeMemory.getLong(area + offset + SignalFrameLayout.INFO + SigInfo.SI_ADDR);
    }

    /** The {@code si_arch} of SIGSYS. */
    int callArchitecture() {
        return info(28);
    }

    private int info(int field) {
        return NativeMemory.getInt(area + offset + SignalFrameLayout.INFO + field);
    }

    /** The exception's vector. */
    long trapNumber() {
        return NativeMemory.getLong(area + offset + SignalFrameLayout.SC_TRAPNO);
    }

    /** The exception's error code. */
    long errorCode() {
        return NativeMemory.getLong(area + offset + SignalFrameLayout.SC_ERR);
    }

    // ---- FPU

    /** Size of the FPU state in this frame, or 0 if there is none. */
    int fpuBytes() {
        long pointer = NativeMemory.getLong(area + offset + SignalFrameLayout.SC_FPSTATE) - stubArea;
        if (pointer < 0 || pointer > StubLayout.SIGNAL_STACK_BYTES - SignalFrameLayout.FX_SW_STATE_SIZE - 4) {
            return 0;
        }
        int bytes = NativeMemory.getInt(area + pointer + SignalFrameLayout.FX_SW_STATE_SIZE);
        return bytes >= 576 && fits(pointer, bytes) ? bytes : 0;
    }

    private boolean fits(long pointer, int bytes) {
        return pointer >= 0
                && pointer + bytes + SignalFrameLayout.MAGIC2_BYTES <= StubLayout.SIGNAL_STACK_BYTES
                && (pointer & ALIGNMENT - 1) == 0;
    }

    /** The mask of features that the frame's FPU state has. */
    long fpuFeatures() {
        long pointer = NativeMemory.getLong(area + offset + SignalFrameLayout.SC_FPSTATE) - stubArea;
        return fits(pointer, 576) ? NativeMemory.getLong(area + pointer + SignalFrameLayout.FX_SW_FEATURES) : 0;
    }

    /** Copies the FPU state out; false, and nothing done, if the frame has none of that size. */
    boolean readFpu(long destination, int bytes) {
        long pointer = NativeMemory.getLong(area + offset + SignalFrameLayout.SC_FPSTATE) - stubArea;
        if (!fits(pointer, bytes)) {
            return false;
        }
        NativeMemory.copy(area + pointer, destination, bytes);
        return true;
    }

    /** Puts an FPU state where the kernel puts it: at the top of the signal stack. */
    void writeFpu(long source, int bytes, long features) {
        int room = StubLayout.SIGNAL_STACK_BYTES - bytes - SignalFrameLayout.MAGIC2_BYTES;
        long pointer = room & -ALIGNMENT;
        long state = area + pointer;
        NativeMemory.copy(source, state, bytes);
        NativeMemory.fill(state + SignalFrameLayout.FX_SW_RESERVED, 48, (byte) 0);
        NativeMemory.putInt(state + SignalFrameLayout.FX_SW_RESERVED, SignalFrameLayout.FP_XSTATE_MAGIC1);
        NativeMemory.putInt(state + SignalFrameLayout.FX_SW_EXTENDED_SIZE, bytes + SignalFrameLayout.MAGIC2_BYTES);
        NativeMemory.putLong(state + SignalFrameLayout.FX_SW_FEATURES, features);
        NativeMemory.putInt(state + SignalFrameLayout.FX_SW_STATE_SIZE, bytes);
        NativeMemory.putInt(state + bytes, SignalFrameLayout.FP_XSTATE_MAGIC2);
        NativeMemory.putLong(area + offset + SignalFrameLayout.SC_FPSTATE, stubArea + pointer);
    }
}
