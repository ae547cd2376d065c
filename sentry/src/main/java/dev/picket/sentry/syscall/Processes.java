package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.CloneFlags.*;
import static dev.picket.platform.linux.Wait.*;

import dev.picket.platform.linux.CloneArguments;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.SigInfo;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.ChildWait;
import dev.picket.sentry.kernel.Clone;
import dev.picket.sentry.kernel.Execute;
import dev.picket.sentry.kernel.ProcessFile;
import dev.picket.sentry.kernel.Task;
import java.util.ArrayList;
import java.util.List;

/** Making, replacing, ending and awaiting processes: clone(2), execve(2), exit(2), wait(2), and ids of tasks. */
final class Processes {
    private static final int MAX_ARG_STRLEN = 128 * 1024;
    private static final long ARGUMENTS_AT_LEAST = 128 * 1024;
    private static final long ARGUMENTS_AT_MOST = 6L << 20;
    private static final int PAGE_BYTES = 4096;
    private static final int ROBUST_LIST_HEAD_BYTES = 24;
    private static final int INT_MIN = Integer.MIN_VALUE;

    private Processes() {}

    /** fork(2). */
    static long fork(Task task, SyscallArguments args) throws ErrnoException {
        return Clone.clone(task, new Clone.Request(0, 0, 0, 0, 0, 0, Signal.SIGCHLD));
    }

    /** vfork(2). */
    static long vfork(Task task, SyscallArguments args) throws ErrnoException {
        return Clone.clone(task, new Clone.Request(CLONE_VFORK | CLONE_VM, 0, 0, 0, 0, 0, Signal.SIGCHLD));
    }

    /** clone(2). */
    static long clone(Task task, SyscallArguments args) throws ErrnoException {
        long flags = args.asInt(0) & 0xffffffffL & ~CSIGNAL;
        int exitSignal = args.asInt(0) & CSIGNAL;
        long stackPointer = args.asAddress(1);
        long parentId = args.asAddress(2);
        long childId = args.asAddress(3);
        long tls = args.asLong(4);
        if ((flags & CLONE_PIDFD) != 0 && (flags & CLONE_PARENT_SETTID) != 0) {
            throw ErrnoException.of(Errno.EINVAL); // both would be stored at the same place
        }

        int signal = exitSignal > Signal.SIGRTMAX ? 0 : exitSignal;
        return Clone.clone(task, new Clone.Request(flags, stackPointer, parentId, childId, parentId, tls, signal));
    }

    /** clone3(2). */
    static long clone3(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long size = args.asSize(1);
        if (Long.compareUnsigned(size, PAGE_BYTES) > 0) {
            throw ErrnoException.of(Errno.E2BIG);
        }
        if (size < CloneArguments.SIZE_VERSION_0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = new byte[Math.max((int) size, CloneArguments.SIZE_VERSION_2)];
        task.memory().copyIn(address, bytes, 0, (int) size);
        for (int i = CloneArguments.SIZE_VERSION_2; i < size; i++) {
            if (bytes[i] != 0) {
                throw ErrnoException.of(Errno.E2BIG); // something newer than we know is asked for
            }
        }
        var given = new CloneArguments(bytes);
        validate(given);

        long stackPointer = given.stack() == 0 ? 0 : given.stack() + given.stackSize();
        return Clone.clone(
                task,
                new Clone.Request(
                        given.flags(),
                        stackPointer,
                        given.parentId(),
                        given.childId(),
                        given.pidfd(),
                        given.tls(),
                        (int) given.exitSignal()));
    }

    private static void validate(CloneArguments given) throws ErrnoException {
        long flags = given.flags();
        long known = 0xffffffffL & ~(CSIGNAL & ~CLONE_NEWTIME) | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;
        boolean halfStack = (given.stack() == 0) != (given.stackSize() == 0);
        boolean halfIds = (given.setId() == 0) != (given.setIdCount() == 0);
        if ((flags & ~known) != 0
                || (flags & (CLONE_DETACHED | CLONE_INTO_CGROUP)) != 0
                || (flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && given.exitSignal() != 0
                || Long.compareUnsigned(given.exitSignal(), Signal.SIGRTMAX) > 0
                || halfStack
                || halfIds) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (given.setIdCount() != 0) {
            throw ErrnoException.of(Errno.EPERM); // choosing ids takes CAP_CHECKPOINT_RESTORE
        }
    }

    /** execve(2). */
    static long execve(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        return execute(task, Fcntl.AT_FDCWD, path, args.asAddress(1), args.asAddress(2), 0);
    }

    /** execveat(2). */
    static long execveat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int flags = args.asInt(4);
        if ((flags & ~(Fcntl.AT_EMPTY_PATH | Fcntl.AT_SYMLINK_NOFOLLOW)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return execute(task, directory, path, args.asAddress(2), args.asAddress(3), flags);
    }

    private static long execute(
            Task task, int directory, String path, long argumentsAddress, long environmentAddress, int flags)
            throws ErrnoException {
        if (path.isEmpty() && (flags & Fcntl.AT_EMPTY_PATH) == 0) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        boolean isDescriptor = path.isEmpty() && directory != Fcntl.AT_FDCWD;
        if (isDescriptor && task.fileOrPath(directory).path() == null) {
            throw ErrnoException.of(Errno.EACCES); // a socket, say: no program
        }
        var start = path.startsWith("/") ? task.workingDirectory() : task.directory(directory);
        long stack = task.group().limits().bound(Resource.RLIMIT_STACK);
        long limit = Math.max(ARGUMENTS_AT_LEAST, Math.min(ARGUMENTS_AT_MOST, stack / 4));
        var arguments = new ArrayList<String>();
        long left = readStrings(task, argumentsAddress, arguments, limit);
        var environment = new ArrayList<String>();
        readStrings(task, environmentAddress, environment, left);
        if (arguments.isEmpty()) {
            arguments.add(""); // since Linux 5.18: a program without argv[0] would take its environment for arguments
        }

        Execute.execute(task, start, path, flags, arguments, environment);
        return 0;
    }

    /** Reads a NULL-terminated array of strings, and answers what is left of {@code limit} bytes; E2BIG beyond. */
    private static long readStrings(Task task, long address, List<String> strings, long limit) throws ErrnoException {
        long left = limit;
        if (address == 0) {
            return left;
        }
        for (long slot = address; ; slot += Long.BYTES) {
            long string = task.memory().getLong(slot);
            if (string == 0) {
                return left;
            }
            String value;
            try {
                value = task.memory().copyInString(string, (int) Math.min(MAX_ARG_STRLEN, Math.max(left, 1)));
            } catch (ErrnoException e) {
                throw e.errno() == Errno.ENAMETOOLONG ? ErrnoException.of(Errno.E2BIG) : e;
            }
            left -= value.length() + 1 + Long.BYTES;
            if (left < 0) {
                throw ErrnoException.of(Errno.E2BIG);
            }
            strings.add(value);
        }
    }

    /** _exit(2): of the one task only. */
    static long exit(Task task, SyscallArguments args) {
        task.exit((args.asInt(0) & 0xff) << 8);
        return 0;
    }

    /** exit_group(2). */
    static long exitGroup(Task task, SyscallArguments args) {
        task.exitGroup((args.asInt(0) & 0xff) << 8);
        return 0;
    }

    /** wait4(2). */
    static long wait4(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        long statusAddress = args.asAddress(1);
        int options = args.asInt(2);
        long usageAddress = args.asAddress(3);
        if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (id == INT_MIN) {
            throw ErrnoException.of(Errno.ESRCH);
        }

        int idType = id == -1 ? P_ALL : id > 0 ? P_PID : P_PGID;
        int wanted = id > 0 ? id : id == 0 ? task.processGroup().id() : -id;
        var found = ChildWait.await(task, idType, wanted, options | WEXITED);
        if (found == null) {
            return 0;
        }

        if (statusAddress != 0) {
            task.memory().putInt(statusAddress, found.waitStatus());
        }
        if (usageAddress != 0) {
            Limits.writeUsage(task, usageAddress, found.usage());
        }
        return found.id();
    }

    /** waitid(2). */
    static long waitid(Task task, SyscallArguments args) throws ErrnoException {
        int idType = args.asInt(0);
        int id = args.asInt(1);
        long infoAddress = args.asAddress(2);
        int options = args.asInt(3);
        long usageAddress = args.asAddress(4);
        int events = WEXITED | WSTOPPED | WCONTINUED;
        if ((options & ~(WNOHANG | WNOWAIT | events | __WNOTHREAD | __WCLONE | __WALL)) != 0
                || (options & events) == 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        int flags = options;
        boolean nonBlocking = false;
        switch (idType) {
            case P_ALL -> {}
            case P_PID -> {
                if (id <= 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
            }
            case P_PGID -> {
                if (id < 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                id = id == 0 ? task.processGroup().id() : id;
            }
            case P_PIDFD -> {
                if (id < 0) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                if (!(task.file(id) instanceof ProcessFile file)) {
                    throw ErrnoException.of(Errno.EBADF);
                }
                nonBlocking = file.isNonBlocking() && (options & WNOHANG) == 0;
                flags |= nonBlocking ? WNOHANG : 0;
                idType = P_PID;
                id = file.process().id();
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }

        var found = ChildWait.await(task, idType, id, flags);
        if (found == null && nonBlocking) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        if (found != null && usageAddress != 0) {
            Limits.writeUsage(task, usageAddress, found.usage());
        }
        if (infoAddress != 0) {
            writeInfo(task, infoAddress, found);
        }
        return 0;
    }

    private static void writeInfo(Task task, long address, ChildWait.Found found) throws ErrnoException {
        var memory = task.memory();
        memory.putInt(address + SigInfo.SI_SIGNO, found == null ? 0 : Signal.SIGCHLD);
        memory.putInt(address + SigInfo.SI_ERRNO, 0);
        memory.putInt(address + SigInfo.SI_CODE_OFFSET, found == null ? 0 : found.code());
        memory.putInt(address + SigInfo.SI_PID, found == null ? 0 : found.id());
        memory.putInt(address + SigInfo.SI_UID, found == null ? 0 : found.user());
        memory.putInt(address + SigInfo.SI_STATUS, found == null ? 0 : found.status());
    }

    /** getpid(2). */
    static long getpid(Task task, SyscallArguments args) {
        return task.group().id();
    }

    /** getppid(2). */
    static long getppid(Task task, SyscallArguments args) {
        return task.group().parentId();
    }

    /** gettid(2). */
    static long gettid(Task task, SyscallArguments args) {
        return task.id();
    }

    /** set_tid_address(2). */
    static long setTidAddress(Task task, SyscallArguments args) {
        task.words().setClearChildId(args.asAddress(0));
        return task.id();
    }

    /** set_robust_list(2). */
    static long setRobustList(Task task, SyscallArguments args) throws ErrnoException {
        if (args.asSize(1) != ROBUST_LIST_HEAD_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        task.words().setRobustList(args.asAddress(0));
        return 0;
    }

    /** get_robust_list(2). */
    static long getRobustList(Task task, SyscallArguments args) throws ErrnoException {
        int id = args.asInt(0);
        var other = id == 0 ? task : task.kernel().processes().task(id);
        if (other == null) {
            throw ErrnoException.of(Errno.ESRCH);
        }
        ProcessAccess.check(task, other);
        task.memory().putLong(args.asAddress(2), ROBUST_LIST_HEAD_BYTES);
        task.memory().putLong(args.asAddress(1), other.words().robustList());
        return 0;
    }
}
