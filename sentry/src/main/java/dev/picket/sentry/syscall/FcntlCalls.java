package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.FileLocks;
import dev.picket.sentry.vfs.OpenFile;

/** fcntl(2) and flock(2): descriptors' and open files' flags, locks, and what only some files know. */
final class FcntlCalls {
    /** Status flags that F_SETFL changes. */
    private static final int CHANGEABLE = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK;

    // struct flock: type s16, whence s16, -, start s64 at 8, length s64 at 16, pid s32 at 24.
    private static final int FLOCK_BYTES = 32;
    private static final int WHENCE = 2;
    private static final int START = 8;
    private static final int LENGTH = 16;
    private static final int PID = 24;

    private FcntlCalls() {}

    /** fcntl(2). */
    static long fcntl(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int command = args.asInt(1);
        long argument = args.asLong(2);

        OpenFile file = task.fileOrPath(fd);
        switch (command) {
            case F_DUPFD -> {
                return duplicate(task, fd, argument, false);
            }
            case F_DUPFD_CLOEXEC -> {
                return duplicate(task, fd, argument, true);
            }
            case F_GETFD -> {
                return task.files().isCloseOnExec(fd) ? FD_CLOEXEC : 0;
            }
            case F_SETFD -> {
                task.files().setCloseOnExec(fd, (argument & FD_CLOEXEC) != 0);
                return 0;
            }
            case F_GETFL -> {
                return file.flags();
            }
            default -> {
                return ofOpenFile(task, task.file(fd), command, argument);
            }
        }
    }

    private static long duplicate(Task task, int fd, long lowest, boolean closeOnExec) throws ErrnoException {
        long limit = task.group().limits().soft(dev.picket.platform.linux.Resource.RLIMIT_NOFILE);
        if (lowest < 0 || Long.compareUnsigned(lowest, limit) >= 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return task.files().duplicate(fd, (int) lowest, closeOnExec);
    }

    private static long ofOpenFile(Task task, OpenFile file, int command, long argument) throws ErrnoException {
        switch (command) {
            case F_SETFL -> {
                file.setFlags(file.flags() & ~CHANGEABLE | (int) argument & CHANGEABLE);
                return 0;
            }
            case F_GETLK, F_OFD_GETLK -> {
                return showLock(task, file, argument, command == F_OFD_GETLK);
            }
            case F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW -> {
                boolean waits = command == F_SETLKW || command == F_OFD_SETLKW;
                return setLock(task, file, argument, command == F_OFD_SETLK || command == F_OFD_SETLKW, waits);
            }
            case F_SETOWN -> {
                int id = (int) argument;
                file.setSignalOwner(new OpenFile.SignalOwner(
                        id < 0 ? F_OWNER_PGRP : F_OWNER_PID, Math.abs(id), file.signalOwner().signal()));
                return 0;
            }
            case F_GETOWN -> {
                var owner = file.signalOwner();
                return owner.type() == F_OWNER_PGRP ? -owner.id() : owner.id();
            }
            case F_SETSIG -> {
                if (argument < 0 || argument > Signal.SIGRTMAX) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                var owner = file.signalOwner();
                file.setSignalOwner(new OpenFile.SignalOwner(owner.type(), owner.id(), (int) argument));
                return 0;
            }
            case F_GETSIG -> {
                return file.signalOwner().signal();
            }
            case F_GETPIPE_SZ -> {
                return Pipes.capacity(file);
            }
            case F_SETPIPE_SZ -> {
                return Pipes.setCapacity(file, (int) argument);
            }
            case F_GET_SEALS -> {
                return file.inode().seals();
            }
            case F_ADD_SEALS -> {
                if (!file.isWritable()) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                file.inode().addSeals((int) argument);
                return 0;
            }
            case F_GETLEASE -> {
                return F_UNLCK;
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
    }

    /** The range of bytes that a struct flock names. */
    private static FileLocks.Range range(Task task, OpenFile file, byte[] flock, boolean ofOpenFile)
            throws ErrnoException {
        int type = Bytes.getShort(flock, 0);
        if (!FileLocks.isType(type)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long base = switch (Bytes.getShort(flock, WHENCE)) {
            case SEEK_SET -> 0;
            case SEEK_CUR -> file.seek(0, SEEK_CUR);
            case SEEK_END -> file.inode().attributes().sizeBytes();
            default -> throw ErrnoException.of(Errno.EINVAL);
        };
        long[] bytes = FileLocks.bytes(base, Bytes.getLong(flock, START), Bytes.getLong(flock, LENGTH));
        if (ofOpenFile && Bytes.getInt(flock, PID) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        Object owner = ofOpenFile ? file : task.files();
        int process = ofOpenFile ? -1 : task.group().id();
        return new FileLocks.Range(owner, process, type == F_WRLCK, bytes[0], bytes[1]);
    }

    private static byte[] fetch(Task task, long address) throws ErrnoException {
        byte[] flock = new byte[FLOCK_BYTES];
        task.memory().copyIn(address, flock, 0, flock.length);
        return flock;
    }

    private static long showLock(Task task, OpenFile file, long address, boolean ofOpenFile) throws ErrnoException {
        byte[] flock = fetch(task, address);
        if (Bytes.getShort(flock, 0) == F_UNLCK) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        FileLocks.Range held = file.inode().locks().conflict(range(task, file, flock, ofOpenFile));

        if (held == null) {
            Bytes.putShort(flock, 0, F_UNLCK);
        } else {
            Bytes.putShort(flock, 0, held.exclusive() ? F_WRLCK : F_RDLCK);
            Bytes.putShort(flock, WHENCE, SEEK_SET);
            Bytes.putLong(flock, START, held.start());
            Bytes.putLong(flock, LENGTH, held.last() == Long.MAX_VALUE ? 0 : held.last() - held.start() + 1);
            Bytes.putInt(flock, PID, held.process());
        }
        task.memory().copyOut(address, flock, 0, flock.length);
        return 0;
    }

    private static long setLock(Task task, OpenFile file, long address, boolean ofOpenFile, boolean waits)
            throws ErrnoException {
        byte[] flock = fetch(task, address);
        FileLocks.Range range = range(task, file, flock, ofOpenFile);
        int type = Bytes.getShort(flock, 0);
        FileLocks locks = file.inode().locks();

        if (type == F_UNLCK) {
            locks.unlock(range.owner(), range.start(), range.last());
            return 0;
        }
        if (type == F_RDLCK ? !file.isReadable() : !file.isWritable()) {
            throw ErrnoException.of(Errno.EBADF);
        }
        if (locks.lock(range)) {
            return 0;
        }
        if (!waits) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        task.block(locks.queue(), FileLocks.RELEASED, Timeouts.NEVER, () -> locks.lock(range));
        return 0;
    }

    /** flock(2). */
    static long flock(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int operation = args.asInt(1);

        OpenFile file = task.file(fd);
        FileLocks locks = file.inode().locks();

        switch (operation & ~LOCK_NB) {
            case LOCK_UN -> locks.unlockWhole(file);
            case LOCK_SH, LOCK_EX -> {
                boolean exclusive = (operation & LOCK_EX) != 0;
                if (!locks.lockWhole(file, exclusive)) {
                    if ((operation & LOCK_NB) != 0) {
                        throw ErrnoException.of(Errno.EWOULDBLOCK);
                    }
                    task.block(
                            locks.queue(),
                            FileLocks.RELEASED,
                            Timeouts.NEVER,
                            () -> locks.lockWhole(file, exclusive));
                }
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }
}
