package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.pipe.PipeEnd;
import dev.picket.sentry.vfs.OpenFile;

/** pipe(2), pipe2(2), tee(2), vmsplice(2), and what open(2) and fcntl(2) need to know of pipes. */
final class Pipes {
    private static final int SPLICE_F_NONBLOCK = 2;
    private static final int SPLICE_FLAGS = 0xf;
    private static final int TEE_BYTES = 64 * 1024;

    private Pipes() {}

    /** pipe(2). */
    static long pipe(Task task, SyscallArguments args) throws ErrnoException {
        return make(task, args.asAddress(0), 0);
    }

    /** pipe2(2). */
    static long pipe2(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        int flags = args.asInt(1);

        // O_DIRECT (packets) and O_NOTIFICATION_PIPE, which is O_EXCL, are not there.
        if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return make(task, address, flags);
    }

    private static long make(Task task, long address, int flags) throws ErrnoException {
        var files = task.kernel().anonymousFiles();
        var ends = PipeEnd.pair(files.pipeBudget(), files.pipes(), task.credentials(), flags & O_NONBLOCK);

        Descriptors.installPair(task, ends[0], ends[1], (flags & O_CLOEXEC) != 0, address);
        return 0;
    }

    /** tee(2): copies from one pipe to another what stays in the first. */
    static long tee(Task task, SyscallArguments args) throws ErrnoException {
        int inDescriptor = args.asInt(0);
        int outDescriptor = args.asInt(1);
        long length = args.asSize(2);
        int flags = args.asInt(3);
        if ((flags & ~SPLICE_FLAGS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        if (length == 0) {
            return 0;
        }
        var in = ReadWrite.readable(task, inDescriptor);
        var out = ReadWrite.writable(task, outDescriptor);
        if (!(in instanceof PipeEnd source) || !(out instanceof PipeEnd target) || source.pipe() == target.pipe()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (length == 0) {
            return 0;
        }
        var chunk = new byte[(int) (Long.compareUnsigned(length, TEE_BYTES) < 0 ? length : TEE_BYTES)];
        try {
            if ((flags & SPLICE_F_NONBLOCK) != 0) {
                return copy(source, target, chunk);
            }
            // Either end may be what holds it up: first wait for something to copy, then for room.
            task.untilReady(
                    source,
                    Poll.READABLE,
                    source,
                    (file, end) -> end.pipe().available() == 0 && (end.readiness() & Poll.POLLHUP) == 0
                            ? OpenFile.WOULD_BLOCK
                            : 0);
            return task.untilReady(target, Poll.WRITABLE, target, (file, end) -> tryCopy(source, end, chunk));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EPIPE) {
                ReadWrite.brokenPipe(task);
            }
            throw e;
        }
    }

    private static long copy(PipeEnd source, PipeEnd target, byte[] chunk) throws ErrnoException {
        long result = tryCopy(source, target, chunk);
        if (result == OpenFile.WOULD_BLOCK || result == 0 && (source.readiness() & Poll.POLLHUP) == 0) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        return result;
    }

    private static long tryCopy(PipeEnd source, PipeEnd target, byte[] chunk) throws ErrnoException {
        int room = target.pipe().room();
        if (room < 0) {
            throw ErrnoException.of(Errno.EPIPE);
        }
        if (room == 0) {
            return OpenFile.WOULD_BLOCK;
        }
        int peeked = source.pipe().peekBytes(chunk, 0, Math.min(room, chunk.length));
        if (peeked <= 0) {
            return 0;
        }
        int written = target.pipe().writeBytes(chunk, 0, peeked);
        return written == 0 ? OpenFile.WOULD_BLOCK : Math.max(0, written);
    }

    /** vmsplice(2): copies, where Linux could lend pages; nobody can tell but by the time it takes. */
    static long vmsplice(Task task, SyscallArguments args) throws ErrnoException {
        int descriptor = args.asInt(0);
        long vectors = args.asAddress(1);
        int count = args.asInt(2);
        int flags = args.asInt(3);
        if ((flags & ~SPLICE_FLAGS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        var file = task.file(descriptor);
        asPipe(file);
        var buffer = task.buffers(vectors, count);
        boolean waits = (flags & SPLICE_F_NONBLOCK) == 0;
        if (file.isWritable()) {
            return waits ? ReadWrite.write(task, file, buffer) : now(file.write(buffer));
        }
        return waits ? ReadWrite.read(task, file, buffer) : now(file.read(buffer));
    }

    private static long now(long result) throws ErrnoException {
        if (result == OpenFile.WOULD_BLOCK) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        return result;
    }

    /**
     * For open(2): waits, if {@code file} is a FIFO's end, until the other end is open too; see fifo(7).
     *
     * @throws ErrnoException ERESTARTSYS if a signal comes first; the file is still the caller's to release
     */
    static void awaitOpen(Task task, OpenFile file) throws ErrnoException {
        if (file instanceof PipeEnd end && !end.isOpenComplete()) {
            task.block(end.openWaiters(), Poll.READABLE | Poll.WRITABLE, Timeouts.NEVER, end::isOpenComplete);
        }
    }

    /** For fcntl(2): F_GETPIPE_SZ; EBADF if it is no pipe. */
    static long capacity(OpenFile file) throws ErrnoException {
        return asPipe(file).pipe().capacity();
    }

    /** For fcntl(2): F_SETPIPE_SZ; EBADF if it is no pipe. */
    static long setCapacity(OpenFile file, int bytes) throws ErrnoException {
        return asPipe(file).pipe().setCapacity(Integer.toUnsignedLong(bytes));
    }

    private static PipeEnd asPipe(OpenFile file) throws ErrnoException {
        if (file instanceof PipeEnd end) {
            return end;
        }
        throw ErrnoException.of(Errno.EBADF);
    }
}
