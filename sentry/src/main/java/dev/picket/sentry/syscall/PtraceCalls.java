package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Ptrace.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.SigInfo;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.Tracing;
import dev.picket.sentry.kernel.signal.SignalInfo;
import java.util.List;

/** Tracing another task: ptrace(2). Registers are in {@link PtraceRegisters}. */
final class PtraceCalls {
    private static final int WORD_BYTES = 8;

    // struct ptrace_peeksiginfo_args: 0 offset, 8 flags, 12 count
    private static final int PEEK_FLAGS = 8;
    private static final int PEEK_COUNT = 12;

    private PtraceCalls() {}

    /** ptrace(2). */
    static long ptrace(Task task, SyscallArguments args) throws ErrnoException {
        long request = args.asLong(0);
        int id = args.asInt(1);
        long address = args.asAddress(2);
        long data = args.asLong(3);

        if (request == PTRACE_TRACEME) {
            task.tracing().traceByParent();
            return 0;
        }
        Task target = task.kernel().processes().task(id);
        if (target == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        if (request == PTRACE_ATTACH || request == PTRACE_SEIZE) {
            return attach(task, target, request == PTRACE_SEIZE, address, data);
        }
        if (request == PTRACE_KILL) {
            return kill(task, target);
        }
        if (request == PTRACE_INTERRUPT) {
            target.tracing().interrupt(task);
            return 0;
        }
        target.tracing().inStop(task, () -> 0); // ESRCH before anything else
        return request == (int) request ? carryOut(task, target, (int) request, address, data) : unknown();
    }

    private static long unknown() throws ErrnoException {
        throw ErrnoException.of(Errno.EIO);
    }

    private static long attach(Task task, Task target, boolean seize, long address, long options)
            throws ErrnoException {
        if (seize && (address != 0 || (options & ~(long) PTRACE_O_MASK) != 0)) {
            throw ErrnoException.of(Errno.EIO);
        }
        if (seize) {
            checkOptions(task, options);
        }
        if (target.group() == task.group()) {
            throw ErrnoException.of(Errno.EPERM);
        }
        ProcessAccess.check(task, target);
        target.tracing().attach(task, seize, seize ? (int) options : 0);
        return 0;
    }

    /** EINVAL for options that Linux does not know; EPERM without the privileges that suspending filters takes. */
    private static void checkOptions(Task task, long options) throws ErrnoException {
        if ((options & ~(long) PTRACE_O_MASK) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((options & PTRACE_O_SUSPEND_SECCOMP) != 0 && !task.credentials().has(Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    private static long kill(Task task, Task target) throws ErrnoException {
        if (target.tracing().tracer() != task) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        target.send(SignalInfo.ofKernel(Signal.SIGKILL));
        return 0;
    }

    private static long carryOut(Task task, Task target, int request, long address, long data) throws ErrnoException {
        var tracing = target.tracing();
        switch (request) {
            case PTRACE_PEEKTEXT, PTRACE_PEEKDATA -> task.memory().putLong(data, peek(target, address));
            case PTRACE_POKETEXT, PTRACE_POKEDATA -> poke(target, address, data);
            case PTRACE_CONT -> tracing.resume(task, Tracing.Mode.RUN, signal(data));
            case PTRACE_SYSCALL -> tracing.resume(task, Tracing.Mode.CALLS, signal(data));
            case PTRACE_SINGLESTEP -> tracing.resume(task, Tracing.Mode.STEP, signal(data));
            case PTRACE_SYSEMU -> tracing.resume(task, Tracing.Mode.EMULATE, signal(data));
            case PTRACE_SYSEMU_SINGLESTEP -> tracing.resume(task, Tracing.Mode.EMULATE_STEP, signal(data));
            case PTRACE_DETACH -> tracing.detach(task, signal(data));
            case PTRACE_LISTEN -> tracing.listen(task);
            case PTRACE_SETOPTIONS -> {
                checkOptions(task, data);
                tracing.setOptions(task, (int) data);
            }
            case PTRACE_GETEVENTMSG -> task.memory().putLong(data, tracing.inStop(task, tracing::message));
            case PTRACE_GETSIGINFO -> task.memory().copyOut(data, info(task, tracing), 0, SigInfo.BYTES);
            case PTRACE_SETSIGINFO -> setInfo(task, tracing, data);
            case PTRACE_PEEKSIGINFO -> {
                return peekInfo(task, tracing, address, data);
            }
            case PTRACE_GETSIGMASK -> {
                checkMaskSize(address);
                long mask = tracing.inStop(task, () -> target.signals().ownMask());
                task.memory().putLong(data, mask);
            }
            case PTRACE_SETSIGMASK -> {
                checkMaskSize(address);
                long mask = task.memory().getLong(data);
                tracing.inStop(task, () -> {
                    target.signals().setMaskInStop(mask);
                    return 0;
                });
            }
            case PTRACE_GET_SYSCALL_INFO -> {
                return PtraceRegisters.syscallInfo(task, target, address, data);
            }
            default -> {
                return PtraceRegisters.carryOut(task, target, request, address, data);
            }
        }
        return 0;
    }

    /** A signal to go on with; EIO if it is none. */
    private static int signal(long data) throws ErrnoException {
        if (data < 0 || data > Signal.SIGRTMAX) {
            throw ErrnoException.of(Errno.EIO);
        }
        return (int) data;
    }

    private static void checkMaskSize(long size) throws ErrnoException {
        if (size != SIGMASK_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** A word of the tracee's memory; EIO if it is not all there. */
    private static long peek(Task target, long address) throws ErrnoException {
        byte[] word = new byte[WORD_BYTES];
        transfer(target, address, word, false);
        return dev.picket.platform.linux.Bytes.getLong(word, 0);
    }

    private static void poke(Task target, long address, long value) throws ErrnoException {
        byte[] word = new byte[WORD_BYTES];
        dev.picket.platform.linux.Bytes.putLong(word, 0, value);
        transfer(target, address, word, true);
    }

    private static void transfer(Task target, long address, byte[] word, boolean write) throws ErrnoException {
        var memory = target.memory();
        if (!memory.tryRetain()) {
            throw ErrnoException.of(Errno.EIO);
        }
        try {
            int copied =
                    write ? memory.patch(address, word, 0, word.length) : memory.inspect(address, word, 0, word.length);
            if (copied != word.length) {
                throw ErrnoException.of(Errno.EIO);
            }
        } finally {
            memory.release();
        }
    }

    /** The siginfo_t of the stop: EINVAL if it has none, as a group stop. */
    private static byte[] info(Task task, Tracing tracing) throws ErrnoException {
        return tracing.inStop(task, () -> {
            if (tracing.info() == null) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            return tracing.info().toBytes();
        });
    }

    private static void setInfo(Task task, Tracing tracing, long address) throws ErrnoException {
        byte[] bytes = new byte[SigInfo.BYTES];
        task.memory().copyIn(address, bytes, 0, bytes.length);
        int signal = dev.picket.platform.linux.Bytes.getInt(bytes, SigInfo.SI_SIGNO);
        tracing.inStop(task, () -> {
            if (tracing.info() == null) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            tracing.setInfo(SignalInfo.ofGuest(signal, bytes));
            return 0;
        });
    }

    private static long peekInfo(Task task, Tracing tracing, long address, long data) throws ErrnoException {
        long offset = task.memory().getLong(address);
        int flags = task.memory().getInt(address + PEEK_FLAGS);
        int count = task.memory().getInt(address + PEEK_COUNT);
        if ((flags & ~PTRACE_PEEKSIGINFO_SHARED) != 0 || count < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        List<SignalInfo> queued = tracing.queued(task, (flags & PTRACE_PEEKSIGINFO_SHARED) != 0);
        int copied = 0;
        while (copied < count && offset >= 0 && offset + copied < queued.size()) {
            byte[] bytes = queued.get((int) offset + copied).toBytes();
            try {
                task.memory().copyOut(data + (long) copied * SigInfo.BYTES, bytes, 0, bytes.length);
            } catch (ErrnoException e) {
                if (copied > 0) {
                    return copied; // partial progress beats an error
                }
                throw e;
            }
            copied++;
        }
        return copied;
    }
}
