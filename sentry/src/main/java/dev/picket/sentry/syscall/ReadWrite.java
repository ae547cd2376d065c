package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Poll.READABLE;
import static dev.picket.platform.linux.Poll.WRITABLE;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.OpenFile;

/** Reading and writing what is open: read(2), write(2), their relatives with offsets and vectors, lseek(2). */
final class ReadWrite {
    /** Flags of preadv2(2) and pwritev2(2) that only ask for speed or for what memory always gives. */
    private static final int RWF_HIPRI = 1;

    private static final int RWF_DSYNC = 2;
    private static final int RWF_SYNC = 4;
    private static final int RWF_NOWAIT = 8;
    private static final int RWF_APPEND = 16;
    private static final int RWF_KNOWN = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND;

    private ReadWrite() {}

    /** read(2). */
    static long read(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long address = args.asAddress(1);
        long count = args.asSize(2);

        var file = readable(task, fd);
        var destination = task.buffer(address, count);

        return read(task, file, destination);
    }

    /** write(2). */
    static long write(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long address = args.asAddress(1);
        long count = args.asSize(2);

        var file = writable(task, fd);
        var source = task.buffer(address, count);

        return write(task, file, source);
    }

    /** readv(2). */
    static long readv(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long vectors = args.asAddress(1);
        int count = args.asInt(2);

        var file = readable(task, fd);
        var destination = task.buffers(vectors, count);

        return destination.remaining() == 0 ? 0 : read(task, file, destination);
    }

    /** writev(2). */
    static long writev(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long vectors = args.asAddress(1);
        int count = args.asInt(2);

        var file = writable(task, fd);
        var source = task.buffers(vectors, count);

        return source.remaining() == 0 ? 0 : write(task, file, source);
    }

    /** pread(2). */
    static long pread64(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long address = args.asAddress(1);
        long count = args.asSize(2);
        long offset = checkOffset(args.asLong(3));

        checkPositions(task, fd);
        var file = readable(task, fd);
        var destination = task.buffer(address, count);

        return readAt(task, file, destination, offset);
    }

    /** pwrite(2). */
    static long pwrite64(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long address = args.asAddress(1);
        long count = args.asSize(2);
        long offset = checkOffset(args.asLong(3));

        checkPositions(task, fd);
        var file = writable(task, fd);
        var source = task.buffer(address, count);

        return writeAt(task, file, source, offset);
    }

    /** preadv(2). The upper half of the offset, argument 4, is only there for 32-bit machines. */
    static long preadv(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long vectors = args.asAddress(1);
        int count = args.asInt(2);
        long offset = checkOffset(args.asLong(3));

        checkPositions(task, fd);
        var file = readable(task, fd);
        var destination = task.buffers(vectors, count);

        return readAt(task, file, destination, offset);
    }

    /** pwritev(2). */
    static long pwritev(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long vectors = args.asAddress(1);
        int count = args.asInt(2);
        long offset = checkOffset(args.asLong(3));

        checkPositions(task, fd);
        var file = writable(task, fd);
        var source = task.buffers(vectors, count);

        return writeAt(task, file, source, offset);
    }

    /** preadv2(2). An offset of -1 stands for the file position. */
    static long preadv2(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long vectors = args.asAddress(1);
        int count = args.asInt(2);
        long offset = args.asLong(3);
        int flags = args.asInt(5);
        if ((flags & ~RWF_KNOWN) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }

        if (offset != -1) {
            checkPositions(task, fd);
        }
        var file = readable(task, fd);
        var destination = task.buffers(vectors, count);

        if (offset != -1) {
            return readAt(task, file, destination, checkOffset(offset));
        }
        if ((flags & RWF_NOWAIT) != 0) {
            return accessed(task, file, notBlocked(file.read(destination)));
        }
        return read(task, file, destination);
    }

    /** pwritev2(2). An offset of -1 stands for the file position. */
    static long pwritev2(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long vectors = args.asAddress(1);
        int count = args.asInt(2);
        long offset = args.asLong(3);
        int flags = args.asInt(5);
        if ((flags & ~RWF_KNOWN) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }

        if (offset != -1) {
            checkPositions(task, fd);
        }
        var file = writable(task, fd);
        var source = task.buffers(vectors, count);

        if ((flags & RWF_APPEND) != 0 && file.inode().type() == FileMode.S_IFREG) {
            boolean moves = offset == -1;
            if (!moves) {
                checkOffset(offset);
            }
            long end = file.inode().attributes().sizeBytes();
            var allowed = FileSizeLimit.allowedAt(task, file, source, end);
            return modified(task, file, file.writeAtEnd(allowed, moves));
        }
        if ((flags & RWF_NOWAIT) != 0 && offset == -1) {
            file.beforeWrite(task);
            return modified(task, file, notBlocked(file.write(FileSizeLimit.allowed(task, file, source))));
        }
        return offset == -1 ? write(task, file, source) : writeAt(task, file, source, checkOffset(offset));
    }

    /** lseek(2). */
    static long lseek(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long offset = args.asLong(1);
        int whence = args.asInt(2);

        var file = task.file(fd);
        if (whence < Fcntl.SEEK_SET || whence > Fcntl.SEEK_HOLE) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (file.inode().type() == 0) {
            return 0; // eventfd(2), epoll(7) and their like: noop_llseek() of Linux
        }

        return file.seek(offset, whence);
    }

    /** A descriptor that may be read; EBADF. */
    static OpenFile readable(Task task, int fd) throws ErrnoException {
        var file = task.file(fd);
        if (!file.isReadable()) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return file;
    }

    /** A descriptor that may be written; EBADF. */
    static OpenFile writable(Task task, int fd) throws ErrnoException {
        var file = task.file(fd);
        if (!file.isWritable()) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return file;
    }

    /** ESPIPE for what has no positions, before Linux looks at how the file was opened, or at the buffers; EBADF. */
    static void checkPositions(Task task, int fd) throws ErrnoException {
        switch (task.file(fd).inode().type()) {
            case FileMode.S_IFIFO, FileMode.S_IFSOCK, 0 -> throw ErrnoException.of(Errno.ESPIPE);
            default -> {}
        }
    }

    private static long checkOffset(long offset) throws ErrnoException {
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return offset;
    }

    /** Reads, and waits if there is nothing yet. */
    static long read(Task task, OpenFile file, GuestBuffer destination) throws ErrnoException {
        if (destination.remaining() == 0) {
            int type = file.inode().type();
            if (type == FileMode.S_IFIFO || type == FileMode.S_IFSOCK) {
                return 0; // pipe(7) and sockets do not even wait
            }
        }
        file.beforeRead(task);
        return accessed(task, file, task.untilReady(file, READABLE, destination, OpenFile::read));
    }

    static long readAt(Task task, OpenFile file, GuestBuffer destination, long offset) throws ErrnoException {
        return accessed(task, file, notBlocked(file.readAt(destination, offset)));
    }

    private static long accessed(Task task, OpenFile file, long count) {
        task.group().ioCounters().countRead(count);
        if (count > 0) {
            file.noteAccess();
        }
        return count;
    }

    private static long modified(Task task, OpenFile file, long count) {
        task.group().ioCounters().countWrite(count);
        if (count > 0) {
            file.noteModification();
        }
        return count;
    }

    /** Writes, and waits if there is no room; EPIPE comes with a SIGPIPE. */
    static long write(Task task, OpenFile file, GuestBuffer source) throws ErrnoException {
        file.beforeWrite(task);
        GuestBuffer allowed = FileSizeLimit.allowed(task, file, source);
        try {
            if (!file.writesWhole() || file.isNonBlocking()) {
                return modified(task, file, task.untilReady(file, WRITABLE, allowed, OpenFile::write));
            }
            return modified(task, file, writeWhole(task, file, allowed));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EPIPE) {
                brokenPipe(task);
            }
            throw e;
        }
    }

    /** Goes on until all is written; what was written before an error or a signal counts. */
    private static long writeWhole(Task task, OpenFile file, GuestBuffer source) throws ErrnoException {
        long written = 0;
        do {
            try {
                long count = task.untilReady(file, WRITABLE, source, OpenFile::write);
                if (count == 0) {
                    return written;
                }
                written += count;
            } catch (InterruptedCallException e) {
                if (written > 0) {
                    return written;
                }
                throw e;
            } catch (ErrnoException e) {
                if (written > 0) {
                    if (e.errno() == Errno.EPIPE) {
                        brokenPipe(task);
                    }
                    return written;
                }
                throw e;
            }
        } while (source.remaining() > 0);
        return written;
    }

    static long writeAt(Task task, OpenFile file, GuestBuffer source, long offset) throws ErrnoException {
        file.beforeWrite(task);
        return modified(
                task, file, notBlocked(file.writeAt(FileSizeLimit.allowedAt(task, file, source, offset), offset)));
    }

    private static long notBlocked(long result) throws ErrnoException {
        if (result == OpenFile.WOULD_BLOCK) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        return result;
    }

    /** Sends the SIGPIPE that comes with EPIPE; see pipe(7). */
    static void brokenPipe(Task task) {
        sendOwn(task, Signal.SIGPIPE);
    }

    /** Sends a signal that a task brings upon itself by a call. */
    static void sendOwn(Task task, int signal) {
        int user = task.credentials().realUser();
        task.send(SignalInfo.ofUser(signal, SignalCode.SI_USER, task.group().id(), user));
    }
}
