package dev.picket.sentry.kernel.signal;

import dev.picket.platform.GuestContext;
import dev.picket.platform.amd64.Registers;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalFrameLayout;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MemoryManager;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The frame that a signal handler finds on its stack and that rt_sigreturn(2) restores; {@code setup_rt_frame()} and
 * {@code restore_sigcontext()} of Linux, byte for byte: see {@link SignalFrameLayout}.
 */
public final class SignalFrame {
    private static final long RED_ZONE_BYTES = 128;
    private static final long USER_CS = 0x33;
    private static final long USER_SS = 0x2b;
    private static final long FLAG_TF = 0x100;
    private static final long FLAG_DF = 0x400;
    private static final long FLAG_RF = 0x10000;

    /** The flags that a program may set: AC, RF, OF, DF, TF, SF, ZF, AF, PF, CF; FIX_EFLAGS of Linux. */
    private static final long RESTORED_FLAGS = 0x50dd5;

    private static final int FXSAVE_BYTES = 512;
    private static final int XSAVE_HEADER_BYTES = 64;

    private SignalFrame() {}

    /** The processor exception behind a signal, shown in the frame; all zero if there was none. */
    public static final class Fault {
        private int trap;
        private int errorCode;
        private long address;

        public void set(int trap, int errorCode, long address) {
            this.trap = trap;
            this.errorCode = errorCode;
            this.address = address;
        }
    }

    /** What rt_sigreturn(2) brings back beside the registers. */
    public record Restored(long mask, SignalStack stack) {}

    /**
     * Puts a frame on the stack and makes the context run the handler.
     *
     * @param mask the mask to be restored when the handler returns
     * @return false if there is no room for it where the stack is, or no restorer; then nothing has changed
     */
    public static boolean push(
            GuestContext context,
            MemoryManager memory,
            SignalAction action,
            SignalInfo info,
            long mask,
            SignalStack stack,
            Fault fault) {
        if (!action.has(Signal.SA_RESTORER)) {
            return false; // x86-64 has no other way back
        }
        var registers = context.registers();
        long stackPointer = registers.rsp() - RED_ZONE_BYTES;
        boolean onStack = stack.holds(stackPointer);
        if (action.has(Signal.SA_ONSTACK) && stack.isEnabled() && !onStack) {
            stackPointer = stack.base() + stack.size();
            onStack = true;
        }

        byte[] fpu = new byte[context.fpuStateBytes() + SignalFrameLayout.MAGIC2_BYTES];
        long fpuAddress = stackPointer - fpu.length & ~63L;
        long frame = (fpuAddress - SignalFrameLayout.BYTES & ~15L) - 8;
        if (onStack && !within(stack, frame)) {
            return false;
        }
        readFpu(context, fpu);

        var bytes = ByteBuffer.allocate(SignalFrameLayout.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(SignalFrameLayout.PRETCODE, action.restorer());
        bytes.putLong(SignalFrameLayout.UC_FLAGS, SignalFrameLayout.UC_FLAGS_VALUE);
        bytes.putLong(SignalFrameLayout.UC_STACK_SP, stack.base());
        bytes.putInt(SignalFrameLayout.UC_STACK_FLAGS, stack.shownFlags(registers.rsp()));
        bytes.putLong(SignalFrameLayout.UC_STACK_SIZE, stack.size());
        putRegisters(bytes, registers);
        bytes.putLong(SignalFrameLayout.SC_ERR, fault.errorCode);
        bytes.putLong(SignalFrameLayout.SC_TRAPNO, fault.trap);
        bytes.putLong(SignalFrameLayout.SC_OLDMASK, mask);
        bytes.putLong(SignalFrameLayout.SC_CR2, fault.address);
        bytes.putLong(SignalFrameLayout.SC_FPSTATE, fpuAddress);
        bytes.putLong(SignalFrameLayout.UC_SIGMASK, mask);
        bytes.position(SignalFrameLayout.INFO);
        bytes.put(info.toBytes());

        try {
            memory.copyOut(fpuAddress, fpu, 0, fpu.length);
            memory.copyOut(frame, bytes.array(), 0, SignalFrameLayout.BYTES);
        } catch (ErrnoException e) {
            return false;
        }

        registers.rdi(info.signal());
        registers.rsi(frame + SignalFrameLayout.INFO);
        registers.rdx(frame + SignalFrameLayout.UC_FLAGS);
        registers.rax(0);
        registers.rip(action.handler());
        registers.rsp(frame);
        registers.cs(USER_CS);
        registers.ss(USER_SS);
        registers.eflags(registers.eflags() & ~(FLAG_DF | FLAG_RF | FLAG_TF));
        context.resetFpuState();
        return true;
    }

    /**
     * Restores what {@link #push} saved, from the frame that the stack pointer leads to; the guest may have put anything
     * there.
     *
     * @throws ErrnoException EFAULT if the frame cannot be read or holds no valid FPU state: SIGSEGV for the task
     */
    public static Restored pop(GuestContext context, MemoryManager memory) throws ErrnoException {
        var registers = context.registers();
        long frame = registers.rsp() - 8; // the handler's ret took the return address off
        byte[] array = new byte[SignalFrameLayout.BYTES];
        memory.copyIn(frame, array, 0, SignalFrameLayout.INFO);
        var bytes = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);

        restoreFpu(context, memory, bytes.getLong(SignalFrameLayout.SC_FPSTATE));
        getRegisters(bytes, registers);
        var stack = new SignalStack(
                bytes.getLong(SignalFrameLayout.UC_STACK_SP),
                bytes.getLong(SignalFrameLayout.UC_STACK_SIZE),
                bytes.getInt(SignalFrameLayout.UC_STACK_FLAGS));
        return new Restored(bytes.getLong(SignalFrameLayout.UC_SIGMASK), stack);
    }

    private static boolean within(SignalStack stack, long address) {
        return Long.compareUnsigned(address, stack.base()) > 0
                && Long.compareUnsigned(address - stack.base(), stack.size()) <= 0;
    }

    private static void readFpu(GuestContext context, byte[] area) {
        int size = context.fpuStateBytes();
        byte[] state = new byte[size];
        context.readFpuState(state);
        System.arraycopy(state, 0, area, 0, size);
        if (size <= FXSAVE_BYTES) {
            return;
        }
        var bytes = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN);
        // The host's kernel keeps the mask of enabled states here too (xstate_fx_sw_bytes of PTRACE_GETREGSET).
        long features = bytes.getLong(SignalFrameLayout.FX_SW_RESERVED);
        if (features == 0 || bytes.getInt(SignalFrameLayout.FX_SW_RESERVED) == SignalFrameLayout.FP_XSTATE_MAGIC1) {
            features = bytes.getLong(FXSAVE_BYTES) | 3;
        }
        bytes.putInt(SignalFrameLayout.FX_SW_RESERVED, SignalFrameLayout.FP_XSTATE_MAGIC1);
        bytes.putInt(SignalFrameLayout.FX_SW_EXTENDED_SIZE, area.length);
        bytes.putLong(SignalFrameLayout.FX_SW_FEATURES, features);
        bytes.putInt(SignalFrameLayout.FX_SW_STATE_SIZE, size);
        for (int offset = SignalFrameLayout.FX_SW_STATE_SIZE + 4; offset < FXSAVE_BYTES; offset += 4) {
            bytes.putInt(offset, 0);
        }
        bytes.putInt(size, SignalFrameLayout.FP_XSTATE_MAGIC2);
    }

    private static void restoreFpu(GuestContext context, MemoryManager memory, long address) throws ErrnoException {
        if (address == 0) {
            context.resetFpuState();
            return;
        }
        int size = context.fpuStateBytes();
        byte[] state = new byte[size];
        var bytes = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
        memory.copyIn(address, state, 0, FXSAVE_BYTES);
        int claimed = bytes.getInt(SignalFrameLayout.FX_SW_STATE_SIZE);
        long features = bytes.getLong(SignalFrameLayout.FX_SW_FEATURES);
        boolean extended = size > FXSAVE_BYTES
                && bytes.getInt(SignalFrameLayout.FX_SW_RESERVED) == SignalFrameLayout.FP_XSTATE_MAGIC1
                && claimed >= FXSAVE_BYTES + XSAVE_HEADER_BYTES
                && claimed <= size
                && memory.getInt(address + claimed) == SignalFrameLayout.FP_XSTATE_MAGIC2;
        if (extended) {
            memory.copyIn(address + FXSAVE_BYTES, state, FXSAVE_BYTES, claimed - FXSAVE_BYTES);
            bytes.putLong(FXSAVE_BYTES, bytes.getLong(FXSAVE_BYTES) & features);
        } else if (size > FXSAVE_BYTES) {
            bytes.putLong(FXSAVE_BYTES, 3); // x87 and SSE come from the old area, the rest begins anew
        }
        if (!context.writeFpuState(state)) {
            throw ErrnoException.of(dev.picket.platform.linux.Errno.EFAULT);
        }
    }

    private static void putRegisters(ByteBuffer bytes, Registers registers) {
        bytes.position(SignalFrameLayout.SC);
        bytes.putLong(registers.r8())
                .putLong(registers.r9())
                .putLong(registers.r10())
                .putLong(registers.r11());
        bytes.putLong(registers.r12())
                .putLong(registers.r13())
                .putLong(registers.r14())
                .putLong(registers.r15());
        bytes.putLong(registers.rdi())
                .putLong(registers.rsi())
                .putLong(registers.rbp())
                .putLong(registers.rbx());
        bytes.putLong(registers.rdx())
                .putLong(registers.rax())
                .putLong(registers.rcx())
                .putLong(registers.rsp());
        bytes.putLong(registers.rip()).putLong(registers.eflags());
        bytes.putShort((short) USER_CS).putShort((short) 0).putShort((short) 0).putShort((short) USER_SS);
    }

    private static void getRegisters(ByteBuffer bytes, Registers registers) {
        bytes.position(SignalFrameLayout.SC);
        registers.r8(bytes.getLong());
        registers.r9(bytes.getLong());
        registers.r10(bytes.getLong());
        registers.r11(bytes.getLong());
        registers.r12(bytes.getLong());
        registers.r13(bytes.getLong());
        registers.r14(bytes.getLong());
        registers.r15(bytes.getLong());
        registers.rdi(bytes.getLong());
        registers.rsi(bytes.getLong());
        registers.rbp(bytes.getLong());
        registers.rbx(bytes.getLong());
        registers.rdx(bytes.getLong());
        registers.rax(bytes.getLong());
        registers.rcx(bytes.getLong());
        registers.rsp(bytes.getLong());
        registers.rip(bytes.getLong());
        long flags = bytes.getLong();
        registers.eflags(registers.eflags() & ~RESTORED_FLAGS | flags & RESTORED_FLAGS);
        registers.cs(USER_CS);
        registers.ss(USER_SS);
    }
}
