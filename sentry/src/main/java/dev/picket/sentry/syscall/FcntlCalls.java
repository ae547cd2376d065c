package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileLock;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.DirectorySignal;
import dev.picket.sentry.kernel.InputSignal;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.inotify.InotifyFile;
import dev.picket.sentry.vfs.FileLocks;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Permission;

/** fcntl(2) and flock(2). */
final class FcntlCalls {
    /** Status flags that F_SETFL changes at once; O_ASYNC is beside them, others it ignores. */
    private static final int SETTABLE = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;

    /** Mandatory locks of flock(2), which nobody has any more. */
    private static final int LOCK_MAND = 32;

    private FcntlCalls() {}

    /** fcntl(2). */
    static long fcntl(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int command = args.asInt(1);
        int argument = args.asInt(2);
        long address = args.asAddress(2);

        OpenFile file = task.fileOrPath(fd);
        if ((file.flags() & O_PATH) != 0 && !worksOnPaths(command)) {
            throw ErrnoException.of(Errno.EBADF);
        }

        switch (command) {
            case F_DUPFD:
            case F_DUPFD_CLOEXEC:
                return duplicate(task, fd, argument, command == F_DUPFD_CLOEXEC);
            case F_DUPFD_QUERY:
                return task.fileOrPath(argument) == file ? 1 : 0;
            case F_GETFD:
                return task.files().isCloseOnExec(fd) ? FD_CLOEXEC : 0;
            case F_SETFD:
                task.files().setCloseOnExec(fd, (argument & FD_CLOEXEC) != 0);
                return 0;
            case F_GETFL:
                return file.flags();
            case F_SETFL:
                return setFlags(task, fd, file, argument);
            case F_GETLK:
            case F_OFD_GETLK:
                return queryLock(task, file, command == F_OFD_GETLK, address);
            case F_SETLK:
            case F_OFD_SETLK:
                return setLock(task, file, command == F_OFD_SETLK, false, address);
            case F_SETLKW:
            case F_OFD_SETLKW:
                return setLock(task, file, command == F_OFD_SETLKW, true, address);
            case F_GETPIPE_SZ:
                return Pipes.capacity(file);
            case F_SETPIPE_SZ:
                return Pipes.setCapacity(file, argument);
            case F_GET_SEALS:
                return file.inode().seals();
            case F_ADD_SEALS:
                if (!file.isWritable()) {
                    throw ErrnoException.of(Errno.EPERM);
                }
                file.inode().addSeals(argument);
                return 0;
            case F_NOTIFY:
                return notify(task, fd, file, argument);
            case F_GETLEASE:
                return F_UNLCK; // nobody can take a lease
            default:
                return owner(task, file, command, argument, address);
        }
    }

    private static boolean worksOnPaths(int command) {
        return switch (command) {
            case F_DUPFD, F_DUPFD_CLOEXEC, F_DUPFD_QUERY, F_GETFD, F_SETFD, F_GETFL -> true;
            default -> false;
        };
    }

    private static long duplicate(Task task, int fd, int lowest, boolean closeOnExec) throws ErrnoException {
        if (lowest < 0 || lowest >= task.group().limits().bound(Resource.RLIMIT_NOFILE)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return task.files().duplicate(fd, lowest, closeOnExec);
    }

    private static long setFlags(Task task, int fd, OpenFile file, int wanted) throws ErrnoException {
        boolean newlyWithoutTimes = (wanted & O_NOATIME) != 0 && (file.flags() & O_NOATIME) == 0;
        if (newlyWithoutTimes
                && !Permission.owns(task.credentials(), file.inode().attributes())) {
            throw ErrnoException.of(Errno.EPERM);
        }
        if (((file.flags() ^ wanted) & O_ASYNC) != 0) {
            setAsynchronous(task, fd, file, (wanted & O_ASYNC) != 0);
        }
        file.setFlags(file.flags() & ~SETTABLE | wanted & SETTABLE);
        return 0;
    }

    /** O_ASYNC, also FIOASYNC of ioctl(2); files that never send signals ignore it. */
    static void setAsynchronous(Task task, int fd, OpenFile file, boolean on) {
        boolean sends =
                switch (file.inode().type()) {
                    case FileMode.S_IFIFO, FileMode.S_IFSOCK, FileMode.S_IFCHR -> file.supportsPolling();
                    default -> file instanceof InotifyFile;
                };
        if (sends) {
            InputSignal.set(task.kernel(), file, fd, on);
            file.setFlags(on ? file.flags() | O_ASYNC : file.flags() & ~O_ASYNC);
        }
    }

    /** F_NOTIFY: whoever asks first gets the signals, unless an owner was named. */
    private static long notify(Task task, int fd, OpenFile file, int events) throws ErrnoException {
        DirectorySignal.set(task.kernel(), file, fd, events);
        var owner = file.signalOwner();
        if (owner.id() == 0) {
            var credentials = task.credentials();
            file.setSignalOwner(new OpenFile.SignalOwner(
                    F_OWNER_PID,
                    task.group().id(),
                    owner.signal(),
                    credentials.realUser(),
                    credentials.effectiveUser()));
        }
        return 0;
    }

    // ---- Locks on ranges

    private static FileLocks.Range range(Task task, OpenFile file, boolean ofFile, byte[] lock) throws ErrnoException {
        if (!FileLocks.isType(FileLock.type(lock)) || ofFile && FileLock.process(lock) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long base =
                switch (FileLock.whence(lock)) {
                    case SEEK_SET -> 0;
                    case SEEK_CUR -> file.seek(0, SEEK_CUR);
                    case SEEK_END -> file.inode().attributes().sizeBytes();
                    default -> throw ErrnoException.of(Errno.EINVAL);
                };
        long[] bytes = FileLocks.bytes(base, FileLock.start(lock), FileLock.length(lock));
        boolean exclusive = FileLock.type(lock) == F_WRLCK;
        Object owner = ofFile ? file : task.files();
        int process = ofFile ? -1 : task.group().id();
        return new FileLocks.Range(owner, process, exclusive, bytes[0], bytes[1]);
    }

    private static byte[] fetchLock(Task task, long address) throws ErrnoException {
        byte[] lock = new byte[FileLock.SIZE];
        task.memory().copyIn(address, lock, 0, lock.length);
        return lock;
    }

    private static long queryLock(Task task, OpenFile file, boolean ofFile, long address) throws ErrnoException {
        byte[] lock = fetchLock(task, address);
        if (FileLock.type(lock) == F_UNLCK) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        FileLocks.Range conflict = file.inode().locks().conflict(range(task, file, ofFile, lock));

        if (conflict == null) {
            FileLock.putType(lock, F_UNLCK);
        } else {
            long length = conflict.last() == Long.MAX_VALUE ? 0 : conflict.last() - conflict.start() + 1;
            FileLock.putType(lock, conflict.exclusive() ? F_WRLCK : F_RDLCK);
            FileLock.putRange(lock, conflict.start(), length, conflict.process());
        }
        task.memory().copyOut(address, lock, 0, lock.length);
        return 0;
    }

    private static long setLock(Task task, OpenFile file, boolean ofFile, boolean wait, long address)
            throws ErrnoException {
        byte[] lock = fetchLock(task, address);
        FileLocks.Range range = range(task, file, ofFile, lock);
        FileLocks locks = file.inode().locks();
        if (FileLock.type(lock) == F_UNLCK) {
            locks.unlock(range.owner(), range.start(), range.last());
            return 0;
        }
        if (range.exclusive() ? !file.isWritable() : !file.isReadable()) {
            throw ErrnoException.of(Errno.EBADF);
        }

        if (locks.lock(range)) {
            return 0;
        }
        if (!wait) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        task.block(locks.queue(), FileLocks.RELEASED, Timeouts.NEVER, () -> locks.lock(range));
        return 0;
    }

    // ---- Locks on whole files

    /** flock(2). */
    static long flock(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        int operation = args.asInt(1);

        if ((operation & LOCK_MAND) != 0) {
            return 0; // since Linux 5.18 these are ignored, whatever the descriptor
        }
        int kind = operation & ~LOCK_NB;
        if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN) {
            throw ErrnoException.of(Errno.EINVAL); // before the descriptor is looked at
        }
        OpenFile file = task.file(fd);
        FileLocks locks = file.inode().locks();

        switch (operation & ~LOCK_NB) {
            case LOCK_UN -> locks.unlockWhole(file);
            case LOCK_SH, LOCK_EX -> {
                boolean exclusive = (operation & ~LOCK_NB) == LOCK_EX;
                if (!locks.lockWhole(file, exclusive)) {
                    if ((operation & LOCK_NB) != 0) {
                        throw ErrnoException.of(Errno.EAGAIN);
                    }
                    task.block(
                            locks.queue(), FileLocks.RELEASED, Timeouts.NEVER, () -> locks.lockWhole(file, exclusive));
                }
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
        return 0;
    }

    // ---- Who gets signals

    private static long owner(Task task, OpenFile file, int command, int argument, long address) throws ErrnoException {
        OpenFile.SignalOwner owner = file.signalOwner();
        int user = task.credentials().realUser();
        int effective = task.credentials().effectiveUser();
        switch (command) {
            case F_SETOWN -> {
                if (argument == Integer.MIN_VALUE) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                int type = argument < 0 ? F_OWNER_PGRP : F_OWNER_PID;
                file.setSignalOwner(
                        new OpenFile.SignalOwner(type, Math.abs(argument), owner.signal(), user, effective));
                return 0;
            }
            case F_GETOWN -> {
                return owner.type() == F_OWNER_PGRP ? -owner.id() : owner.id();
            }
            case F_SETOWN_EX -> {
                int type = task.memory().getInt(address);
                int id = task.memory().getInt(address + Integer.BYTES);
                if (type != F_OWNER_TID && type != F_OWNER_PID && type != F_OWNER_PGRP) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                file.setSignalOwner(new OpenFile.SignalOwner(type, id, owner.signal(), user, effective));
                return 0;
            }
            case F_GETOWN_EX -> {
                task.memory().putInt(address, owner.type());
                task.memory().putInt(address + Integer.BYTES, owner.id());
                return 0;
            }
            case F_SETSIG -> {
                if (argument < 0 || argument > Signal.SIGRTMAX) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                file.setSignalOwner(new OpenFile.SignalOwner(
                        owner.type(), owner.id(), argument, owner.user(), owner.effectiveUser()));
                return 0;
            }
            case F_GETSIG -> {
                return owner.signal();
            }
            default -> throw ErrnoException.of(Errno.EINVAL);
        }
    }
}
