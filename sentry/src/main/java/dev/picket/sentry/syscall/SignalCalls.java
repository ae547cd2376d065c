package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Signal.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.SigInfo;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.SignalReturn;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.signal.SignalAction;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.signal.SignalSet;
import dev.picket.sentry.kernel.signal.SignalStack;

/** What a process does with its signals: sigaction(2), sigprocmask(2), sigsuspend(2), sigaltstack(2) and their kin. */
final class SignalCalls {
    // struct kernel_sigaction of x86-64: 0 handler, 8 flags, 16 restorer, 24 mask.
    private static final int ACTION_FLAGS = 8;
    private static final int ACTION_RESTORER = 16;
    private static final int ACTION_MASK = 24;

    /** The flags Linux knows; others are taken away, so that a program can find out. */
    private static final long KNOWN_FLAGS = (SA_NOCLDSTOP
                    | SA_NOCLDWAIT
                    | SA_SIGINFO
                    | SA_EXPOSE_TAGBITS
                    | SA_RESTORER
                    | SA_ONSTACK
                    | SA_RESTART
                    | SA_NODEFER
                    | SA_RESETHAND)
            & 0xffffffffL;

    // stack_t: 0 base, 8 flags (4 bytes), 16 size.
    private static final int STACK_FLAGS = 8;
    private static final int STACK_SIZE = 16;

    private SignalCalls() {}

    /** sigaction(2). */
    static long rtSigaction(Task task, SyscallArguments args) throws ErrnoException {
        int signal = args.asInt(0);
        long newAddress = args.asAddress(1);
        long oldAddress = args.asAddress(2);
        checkSetSize(args.asSize(3));
        var memory = task.memory();
        SignalAction action = null;
        if (newAddress != 0) {
            long handler = memory.getLong(newAddress);
            long flags = memory.getLong(newAddress + ACTION_FLAGS) & KNOWN_FLAGS;
            long restorer = memory.getLong(newAddress + ACTION_RESTORER);
            long mask = memory.getLong(newAddress + ACTION_MASK) & ~SignalSet.UNBLOCKABLE;
            action = new SignalAction(handler, flags, restorer, mask);
        }
        boolean fixed = signal == SIGKILL || signal == SIGSTOP;
        if (!SignalSet.isSignal(signal) || action != null && fixed) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        var signals = task.group().signals();
        var old = action == null ? signals.actions().get(signal) : signals.setAction(signal, action);
        if (oldAddress != 0) {
            memory.putLong(oldAddress, old.handler());
            memory.putLong(oldAddress + ACTION_FLAGS, old.flags());
            memory.putLong(oldAddress + ACTION_RESTORER, old.restorer());
            memory.putLong(oldAddress + ACTION_MASK, old.mask());
        }
        return 0;
    }

    /** sigprocmask(2). */
    static long rtSigprocmask(Task task, SyscallArguments args) throws ErrnoException {
        int how = args.asInt(0);
        long newAddress = args.asAddress(1);
        long oldAddress = args.asAddress(2);
        checkSetSize(args.asSize(3));

        long old = task.signals().mask();
        if (newAddress != 0) {
            long set = task.memory().getLong(newAddress);
            long mask =
                    switch (how) {
                        case SIG_BLOCK -> old | set;
                        case SIG_UNBLOCK -> old & ~set;
                        case SIG_SETMASK -> set;
                        default -> throw ErrnoException.of(Errno.EINVAL);
                    };
            task.signals().setMask(mask);
        }
        if (oldAddress != 0) {
            task.memory().putLong(oldAddress, old);
        }
        return 0;
    }

    /** sigpending(2): of what is pending, that which is blocked. */
    static long rtSigpending(Task task, SyscallArguments args) throws ErrnoException {
        if (Long.compareUnsigned(args.asSize(1), Long.BYTES) > 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long pending = task.signals().available() & task.signals().mask();
        byte[] bytes = java.nio.ByteBuffer.allocate(Long.BYTES)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putLong(pending)
                .array();
        task.memory().copyOut(args.asAddress(0), bytes, 0, (int) args.asSize(1));
        return 0;
    }

    /** sigsuspend(2). */
    static long rtSigsuspend(Task task, SyscallArguments args) throws ErrnoException {
        checkSetSize(args.asSize(1));
        long mask = task.memory().getLong(args.asAddress(0));
        task.signals().beginTemporaryMask(mask);
        return untilSignal(task);
    }

    /** pause(2). */
    static long pause(Task task, SyscallArguments args) throws ErrnoException {
        return untilSignal(task);
    }

    private static long untilSignal(Task task) throws ErrnoException {
        try {
            task.blockUntil(Long.MAX_VALUE, () -> false);
        } catch (InterruptedCallException e) {
            throw InterruptedCallException.NOHAND; // a signal without handler lets the call begin anew
        }
        throw new IllegalStateException("a wait without condition and deadline came to an end");
    }

    /** sigtimedwait(2). */
    static long rtSigtimedwait(Task task, SyscallArguments args) throws ErrnoException {
        long setAddress = args.asAddress(0);
        long infoAddress = args.asAddress(1);
        long timeoutAddress = args.asAddress(2);
        checkSetSize(args.asSize(3));
        long set = task.memory().getLong(setAddress) & ~SignalSet.UNBLOCKABLE;
        long timeout = timeoutAddress == 0 ? Timeouts.NEVER : Timeouts.readTimespec(task.memory(), timeoutAddress);

        SignalInfo info;
        try {
            info = task.signals().await(set, Timeouts.deadline(timeout));
        } catch (InterruptedCallException e) {
            throw ErrnoException.of(Errno.EINTR); // never restarted: its timeout would begin anew
        }
        if (info == null) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        if (infoAddress != 0) {
            task.memory().copyOut(infoAddress, info.toBytes(), 0, SigInfo.BYTES);
        }
        return info.signal();
    }

    /** sigreturn(2). */
    static long rtSigreturn(Task task, SyscallArguments args) {
        SignalReturn.begin(task);
        return 0;
    }

    /** sigaltstack(2). */
    static long sigaltstack(Task task, SyscallArguments args) throws ErrnoException {
        long newAddress = args.asAddress(0);
        long oldAddress = args.asAddress(1);
        var memory = task.memory();
        var old = task.signals().stack();
        int oldFlags = old.shownFlags(task.context().registers().rsp());
        if (newAddress != 0) {
            long base = memory.getLong(newAddress);
            int flags = memory.getInt(newAddress + STACK_FLAGS);
            long size = memory.getLong(newAddress + STACK_SIZE);
            SignalReturn.setStack(task, new SignalStack(base, size, flags));
        }
        if (oldAddress != 0) {
            memory.putLong(oldAddress, old.base());
            memory.putLong(oldAddress + STACK_FLAGS, oldFlags & 0xffffffffL);
            memory.putLong(oldAddress + STACK_SIZE, old.size());
        }
        return 0;
    }

    /** restart_syscall(2): goes on with a call that a signal without handler interrupted. */
    static long restartSyscall(Task task, SyscallArguments args) throws ErrnoException {
        var block = task.restartBlock();
        if (block == null) {
            throw ErrnoException.of(Errno.EINTR);
        }
        return block.restart(task);
    }

    /** The siginfo_t of rt_sigqueueinfo(2) and its kin: EPERM if it pretends to come from the kernel or from kill(2). */
    static SignalInfo readInfo(Task task, int signal, long address, boolean toSelf) throws ErrnoException {
        byte[] bytes = new byte[SigInfo.BYTES];
        task.memory().copyIn(address, bytes, 0, SigInfo.BYTES);
        var info = SignalInfo.ofGuest(signal, bytes);
        if (!toSelf && (info.code() >= 0 || info.code() == SignalCode.SI_TKILL)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        return info;
    }

    private static void checkSetSize(long size) throws ErrnoException {
        if (size != Long.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }
}
