package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Seccomp.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.ClassicBpf;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.FilterListener;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.seccomp.FilterChain;
import dev.picket.sentry.kernel.seccomp.FilterProgram;

/** Filters of system calls: seccomp(2), PR_SET_SECCOMP of prctl(2). */
final class SeccompCalls {
    // struct sock_fprog: 0 length (2 bytes), 8 address
    private static final int PROGRAM_ADDRESS = 8;

    // struct seccomp_notif_sizes: 0 request, 2 answer, 4 data
    private static final int SIZES_BYTES = 6;

    private static final int KNOWN_FLAGS = SECCOMP_FILTER_FLAG_TSYNC
            | SECCOMP_FILTER_FLAG_LOG
            | SECCOMP_FILTER_FLAG_SPEC_ALLOW
            | SECCOMP_FILTER_FLAG_NEW_LISTENER
            | SECCOMP_FILTER_FLAG_TSYNC_ESRCH
            | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

    private SeccompCalls() {}

    /** seccomp(2). */
    static long seccomp(Task task, SyscallArguments args) throws ErrnoException {
        int operation = args.asInt(0);
        int flags = args.asInt(1);
        long address = args.asAddress(2);
        switch (operation) {
            case SECCOMP_SET_MODE_STRICT -> {
                require(flags == 0 && address == 0);
                task.filters().setStrict();
                return 0;
            }
            case SECCOMP_SET_MODE_FILTER -> {
                return addFilter(task, flags, address);
            }
            case SECCOMP_GET_ACTION_AVAIL -> {
                require(flags == 0);
                checkAction(task.memory().getInt(address));
                return 0;
            }
            case SECCOMP_GET_NOTIF_SIZES -> {
                require(flags == 0);
                byte[] sizes = new byte[SIZES_BYTES];
                Bytes.putShort(sizes, 0, NOTIF_BYTES);
                Bytes.putShort(sizes, 2, NOTIF_RESP_BYTES);
                Bytes.putShort(sizes, 4, DATA_BYTES);
                task.memory().copyOut(address, sizes, 0, sizes.length);
                return 0;
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** PR_SET_SECCOMP. */
    static long setMode(Task task, long mode, long address) throws ErrnoException {
        if (mode == SECCOMP_MODE_STRICT) {
            task.filters().setStrict();
            return 0;
        }
        require(mode == SECCOMP_MODE_FILTER);
        return addFilter(task, 0, address);
    }

    private static void require(boolean holds) throws ErrnoException {
        if (!holds) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static void checkAction(int action) throws ErrnoException {
        switch (action) {
            case SECCOMP_RET_KILL_PROCESS,
                    SECCOMP_RET_KILL_THREAD,
                    SECCOMP_RET_TRAP,
                    SECCOMP_RET_ERRNO,
                    SECCOMP_RET_USER_NOTIF,
                    SECCOMP_RET_TRACE,
                    SECCOMP_RET_LOG,
                    SECCOMP_RET_ALLOW -> {}
            default -> throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
    }

    private static long addFilter(Task task, int flags, long address) throws ErrnoException {
        boolean allThreads = (flags & SECCOMP_FILTER_FLAG_TSYNC) != 0;
        boolean listens = (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
        boolean plainError = (flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH) != 0;
        require((flags & ~KNOWN_FLAGS) == 0);
        require(!allThreads || !listens || plainError); // one result cannot be an id and a descriptor
        require((flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) == 0 || listens);
        var program = readProgram(task, address);
        if (!listens) {
            int stranger = task.filters().add(allThreads, older -> new FilterChain<>(program, older, null));
            return answer(stranger, plainError, 0);
        }

        var listener = new FilterListener(task);
        int descriptor;
        try {
            descriptor = task.files().install(listener, 0, true);
        } catch (ErrnoException e) {
            listener.release();
            throw e;
        }
        try {
            int stranger = task.filters().add(allThreads, older -> new FilterChain<>(program, older, listener));
            return answer(stranger, plainError, descriptor);
        } catch (ErrnoException e) {
            task.files().close(descriptor);
            throw e;
        }
    }

    private static long answer(int stranger, boolean plainError, int result) throws ErrnoException {
        if (stranger != 0 && plainError) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        return stranger != 0 ? stranger : result;
    }

    private static FilterProgram readProgram(Task task, long address) throws ErrnoException {
        int length = task.memory().getShort(address) & 0xffff;
        long instructions = task.memory().getLong(address + PROGRAM_ADDRESS);
        require(length != 0 && length <= ClassicBpf.BPF_MAXINSNS);
        if (!task.privileges().noNewPrivileges() && !task.credentials().holds(Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EACCES); // else it could fool a set-user-ID program
        }
        byte[] bytes = new byte[length * ClassicBpf.FILTER_BYTES];
        task.memory().copyIn(instructions, bytes, 0, bytes.length);
        return new FilterProgram(bytes);
    }
}
