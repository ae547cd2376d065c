package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Ptrace.*;

import dev.picket.platform.amd64.Registers;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.Tracing;

/** Registers of a tracee: the part of ptrace(2) that depends on the machine. */
final class PtraceRegisters {
    /** struct user: the general registers come first, debug registers last. */
    private static final int USER_BYTES = 912;

    private static final int DEBUG_REGISTERS = 848;
    private static final int DEBUG_CONTROL = 7;
    private static final int ORIG_RAX = 120;
    private static final int CS = 136;
    private static final int EFLAGS = 144;
    private static final int SS = 160;
    private static final int FS_BASE = 168;
    private static final int GS_BASE = 176;
    private static final int DS = 184;
    private static final int GS = 208;
    private static final int FXSAVE_BYTES = 512;

    /** CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF, AC: what a tracer may change of the flags. */
    private static final long CHANGEABLE_FLAGS = 0x54dd5;

    // struct iovec
    private static final int IOV_LEN = 8;

    private static final int SYSCALL_INFO_BYTES = 88;
    private static final int INFO_ARCH = 4;
    private static final int INFO_IP = 8;
    private static final int INFO_SP = 16;
    private static final int INFO_NUMBER = 24;
    private static final int INFO_ARGUMENTS = 32;
    private static final int INFO_IS_ERROR = 32;
    private static final int INFO_DATA = 80;
    private static final int INFO_NONE_END = 24;
    private static final int INFO_ENTRY_END = 80;
    private static final int INFO_EXIT_END = 33;
    private static final int INFO_SECCOMP_END = 84;
    private static final int MAX_ERRNO = 4095;

    private PtraceRegisters() {}

    static long carryOut(Task task, Task target, int request, long address, long data) throws ErrnoException {
        var tracing = target.tracing();
        switch (request) {
            case PTRACE_PEEKUSER -> task.memory().putLong(data, peekUser(task, tracing, address));
            case PTRACE_POKEUSER -> pokeUser(task, target, address, data);
            case PTRACE_GETREGS -> task.memory().copyOut(data, general(task, tracing), 0, Registers.BYTES);
            case PTRACE_SETREGS -> {
                byte[] bytes = new byte[Registers.BYTES];
                task.memory().copyIn(data, bytes, 0, bytes.length);
                setGeneral(task, target, bytes);
            }
            case PTRACE_GETFPREGS -> task.memory().copyOut(data, floating(task, target), 0, FXSAVE_BYTES);
            case PTRACE_SETFPREGS -> {
                byte[] bytes = floating(task, target);
                task.memory().copyIn(data, bytes, 0, FXSAVE_BYTES);
                setFloating(task, target, bytes);
            }
            case PTRACE_GETREGSET -> getSet(task, target, address, data);
            case PTRACE_SETREGSET -> setSet(task, target, address, data);
            case PTRACE_ARCH_PRCTL -> archPrctl(task, target, (int) data, address);
            default -> throw ErrnoException.of(Errno.EIO);
        }
        return 0;
    }

    // ---- General registers

    private static byte[] general(Task task, Tracing tracing) throws ErrnoException {
        return tracing.inStop(task, () -> {
            byte[] bytes = new byte[Registers.BYTES];
            NativeMemory.copyToArray(tracing.registers().address(), bytes, 0, Registers.BYTES);
            Bytes.putLong(bytes, ORIG_RAX, tracing.shownCall());
            return bytes;
        });
    }

    /** Checks all of it first: nothing changes if something is wrong. */
    private static void setGeneral(Task task, Task target, byte[] bytes) throws ErrnoException {
        for (int offset = 0; offset < Registers.BYTES; offset += Long.BYTES) {
            check(task, offset, Bytes.getLong(bytes, offset));
        }
        var tracing = target.tracing();
        tracing.inStop(task, () -> {
            for (int offset = 0; offset < Registers.BYTES; offset += Long.BYTES) {
                put(tracing, offset, Bytes.getLong(bytes, offset));
            }
            return 0;
        });
    }

    private static void check(Task task, int offset, long value) throws ErrnoException {
        boolean valid =
                switch (offset) {
                    case CS, SS -> (value & 3) == 3;
                    case DS, DS + 8, DS + 16, GS -> (value & 0xffff) == 0 || (value & 3) == 3;
                    case FS_BASE, GS_BASE -> Long.compareUnsigned(
                                    value, task.kernel().platform().addressLimit())
                            < 0;
                    default -> true;
                };
        if (!valid) {
            throw ErrnoException.of(Errno.EIO);
        }
    }

    /** Sets one register, which was checked. With the tracee in a stop. */
    private static void put(Tracing tracing, int offset, long value) {
        var registers = tracing.registers();
        switch (offset) {
            case ORIG_RAX -> tracing.setShownCall(value);
            case EFLAGS -> registers.eflags(registers.eflags() & ~CHANGEABLE_FLAGS | value & CHANGEABLE_FLAGS);
            case CS, SS, DS, DS + 8, DS + 16, GS -> {} // guest code is 64-bit code, with flat segments
            default -> NativeMemory.putLong(registers.address() + offset, value);
        }
    }

    // ---- struct user

    private static void checkUser(long offset) throws ErrnoException {
        if ((offset & 7) != 0 || Long.compareUnsigned(offset, USER_BYTES) >= 0) {
            throw ErrnoException.of(Errno.EIO);
        }
    }

    private static long peekUser(Task task, Tracing tracing, long offset) throws ErrnoException {
        checkUser(offset);
        if (offset < Registers.BYTES) {
            return Bytes.getLong(general(task, tracing), (int) offset);
        }
        return 0; // of the rest only the debug registers are kept in Linux too, and none is ever set here
    }

    private static void pokeUser(Task task, Task target, long offset, long value) throws ErrnoException {
        checkUser(offset);
        if (offset < Registers.BYTES) {
            check(task, (int) offset, value);
            var tracing = target.tracing();
            tracing.inStop(task, () -> {
                put(tracing, (int) offset, value);
                return 0;
            });
            return;
        }
        if (offset < DEBUG_REGISTERS) {
            throw ErrnoException.of(Errno.EIO);
        }
        if ((offset - DEBUG_REGISTERS) / Long.BYTES == DEBUG_CONTROL && (value & 0xff) != 0) {
            throw ErrnoException.of(Errno.ENOSPC); // as when others use all hardware breakpoints
        }
    }

    // ---- FPU

    private static byte[] floating(Task task, Task target) throws ErrnoException {
        var context = target.context();
        byte[] bytes = new byte[context.fpuStateBytes()];
        target.tracing().errand(task, () -> context.readFpuState(bytes));
        return bytes;
    }

    private static void setFloating(Task task, Task target, byte[] bytes) throws ErrnoException {
        var context = target.context();
        var done = new boolean[1];
        target.tracing().errand(task, () -> done[0] = context.writeFpuState(bytes));
        if (!done[0]) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    // ---- Register sets

    private static void getSet(Task task, Task target, long set, long vector) throws ErrnoException {
        long base = task.memory().getLong(vector);
        long length = task.memory().getLong(vector + IOV_LEN);
        byte[] bytes =
                switch ((int) set) {
                    case NT_PRSTATUS -> general(task, target.tracing());
                    case NT_PRFPREG -> java.util.Arrays.copyOf(floating(task, target), FXSAVE_BYTES);
                    case NT_X86_XSTATE -> floating(task, target);
                    default -> throw ErrnoException.of(Errno.EINVAL);
                };
        checkLength(length);
        int count = (int) Long.min(bytes.length, length);
        task.memory().copyOut(base, bytes, 0, count);
        task.memory().putLong(vector + IOV_LEN, count);
    }

    private static void setSet(Task task, Task target, long set, long vector) throws ErrnoException {
        long base = task.memory().getLong(vector);
        long length = task.memory().getLong(vector + IOV_LEN);
        byte[] bytes;
        int size;
        switch ((int) set) {
            case NT_PRSTATUS -> {
                bytes = general(task, target.tracing());
                size = bytes.length;
            }
            case NT_PRFPREG -> {
                bytes = floating(task, target);
                size = FXSAVE_BYTES;
            }
            case NT_X86_XSTATE -> {
                bytes = floating(task, target);
                size = bytes.length;
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        checkLength(length);
        int count = (int) Long.min(size, length);
        if (set == NT_X86_XSTATE && count < size) {
            throw ErrnoException.of(Errno.EFAULT); // xstateregs_set() of Linux takes all or nothing
        }
        task.memory().copyIn(base, bytes, 0, count);
        if (set == NT_PRSTATUS) {
            setGeneral(task, target, bytes);
        } else {
            setFloating(task, target, bytes);
        }
        task.memory().putLong(vector + IOV_LEN, count);
    }

    private static void checkLength(long length) throws ErrnoException {
        if (length < 0 || length % Long.BYTES != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static void archPrctl(Task task, Task target, int code, long address) throws ErrnoException {
        var tracing = target.tracing();
        switch (code) {
            case ProcessControl.ARCH_SET_FS -> pokeUser(task, target, FS_BASE, address);
            case ProcessControl.ARCH_SET_GS -> pokeUser(task, target, GS_BASE, address);
            case ProcessControl.ARCH_GET_FS -> task.memory().putLong(address, peekUser(task, tracing, FS_BASE));
            case ProcessControl.ARCH_GET_GS -> task.memory().putLong(address, peekUser(task, tracing, GS_BASE));
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
    }

    // ---- PTRACE_GET_SYSCALL_INFO

    /** Answers how much there is to say, and says as much of it as there is room for. */
    static long syscallInfo(Task task, Task target, long size, long address) throws ErrnoException {
        var tracing = target.tracing();
        byte[] bytes = new byte[SYSCALL_INFO_BYTES];
        int length = tracing.inStop(task, () -> fill(tracing, bytes));
        int count = (int) (Long.compareUnsigned(size, length) < 0 ? size : length);
        task.memory().copyOut(address, bytes, 0, count);
        return length;
    }

    private static int fill(Tracing tracing, byte[] bytes) {
        var registers = tracing.registers();
        Bytes.putInt(bytes, INFO_ARCH, Seccomp.AUDIT_ARCH_X86_64);
        Bytes.putLong(bytes, INFO_IP, registers.rip());
        Bytes.putLong(bytes, INFO_SP, registers.rsp());
        int code = tracing.info() == null ? 0 : tracing.info().code();
        if (code == (Signal.SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
            bytes[0] = PTRACE_SYSCALL_INFO_SECCOMP;
            putCall(tracing, bytes);
            Bytes.putInt(bytes, INFO_DATA, (int) tracing.message());
            return INFO_SECCOMP_END;
        }
        if (code != (Signal.SIGTRAP | 0x80)) {
            bytes[0] = PTRACE_SYSCALL_INFO_NONE;
            return INFO_NONE_END;
        }
        if (tracing.message() == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
            bytes[0] = PTRACE_SYSCALL_INFO_ENTRY;
            putCall(tracing, bytes);
            return INFO_ENTRY_END;
        }
        bytes[0] = PTRACE_SYSCALL_INFO_EXIT;
        long result = registers.rax();
        Bytes.putLong(bytes, INFO_NUMBER, result);
        bytes[INFO_IS_ERROR] = (byte) (result < 0 && result >= -MAX_ERRNO ? 1 : 0);
        return INFO_EXIT_END;
    }

    private static void putCall(Tracing tracing, byte[] bytes) {
        var registers = tracing.registers();
        long[] arguments = {
            registers.rdi(), registers.rsi(), registers.rdx(), registers.r10(), registers.r8(), registers.r9()
        };
        Bytes.putLong(bytes, INFO_NUMBER, tracing.shownCall());
        for (int i = 0; i < arguments.length; i++) {
            Bytes.putLong(bytes, INFO_ARGUMENTS + i * Long.BYTES, arguments[i]);
        }
    }
}
