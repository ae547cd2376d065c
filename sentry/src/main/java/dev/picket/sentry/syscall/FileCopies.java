package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.NativeBuffer;
import dev.picket.sentry.vfs.OpenFile;

/** Copying from file to file without the guest's memory: sendfile(2), copy_file_range(2). */
final class FileCopies {
    private static final int CHUNK_BYTES = 64 << 10;

    /** As much as one call moves; read(2). */
    private static final long MAX_RW_COUNT = 0x7fff_f000;

    private FileCopies() {}

    /** sendfile(2). */
    static long sendfile(Task task, SyscallArguments args) throws ErrnoException {
        int outDescriptor = args.asInt(0);
        int inDescriptor = args.asInt(1);
        long offsetAddress = args.asAddress(2);
        long count = limit(args.asSize(3));

        OpenFile in = ReadWrite.readable(task, inDescriptor);
        if (offsetAddress != 0) {
            ReadWrite.checkPositions(task, inDescriptor);
        }
        OpenFile out = ReadWrite.writable(task, outDescriptor);
        if (!isMappable(in) || (out.flags() & O_APPEND) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long offset = offsetAddress == 0 ? in.seek(0, SEEK_CUR) : task.memory().getLong(offsetAddress);
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        long done = copy(task, in, offset, count, (buffer, position) -> ReadWrite.write(task, out, buffer));
        noteAccess(in, done);
        if (offsetAddress == 0) {
            in.seek(offset + done, SEEK_SET);
        } else {
            task.memory().putLong(offsetAddress, offset + done);
        }
        return done;
    }

    /** copy_file_range(2). */
    static long copyFileRange(Task task, SyscallArguments args) throws ErrnoException {
        int inDescriptor = args.asInt(0);
        long inOffsetAddress = args.asAddress(1);
        int outDescriptor = args.asInt(2);
        long outOffsetAddress = args.asAddress(3);
        long count = limit(args.asSize(4));
        int flags = args.asInt(5);

        task.file(inDescriptor);
        task.file(outDescriptor);
        if (inOffsetAddress != 0) {
            task.memory().getLong(inOffsetAddress);
        }
        if (outOffsetAddress != 0) {
            task.memory().getLong(outOffsetAddress);
        }
        if (flags != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        checkRegular(task.file(inDescriptor));
        checkRegular(task.file(outDescriptor));
        OpenFile in = ReadWrite.readable(task, inDescriptor);
        OpenFile out = ReadWrite.writable(task, outDescriptor);
        if ((out.flags() & O_APPEND) != 0) {
            throw ErrnoException.of(Errno.EBADF);
        }
        long from = inOffsetAddress == 0 ? in.seek(0, SEEK_CUR) : task.memory().getLong(inOffsetAddress);
        long to = outOffsetAddress == 0 ? out.seek(0, SEEK_CUR) : task.memory().getLong(outOffsetAddress);
        if (from < 0 || to < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (count > Long.MAX_VALUE - from || count > Long.MAX_VALUE - to) {
            throw ErrnoException.of(Errno.EOVERFLOW);
        }
        if (in.inode() == out.inode() && from < to + count && to < from + count) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        long done = copy(
                task,
                in,
                from,
                count,
                (buffer, position) ->
                        out.writeAt(FileSizeLimit.allowedAt(task, out, buffer, to + position), to + position));
        noteAccess(in, done);
        if (done > 0) {
            out.noteModification();
        }
        if (inOffsetAddress == 0) {
            in.seek(from + done, SEEK_SET);
        } else {
            task.memory().putLong(inOffsetAddress, from + done);
        }
        if (outOffsetAddress == 0) {
            out.seek(to + done, SEEK_SET);
        } else {
            task.memory().putLong(outOffsetAddress, to + done);
        }
        return done;
    }

    private static void noteAccess(OpenFile file, long count) {
        if (count > 0) {
            file.noteAccess();
        }
    }

    /** Where a chunk goes. */
    @FunctionalInterface
    private interface Sink {
        /** Writes what is in {@code buffer}, which belongs {@code position} bytes behind the start. */
        long write(NativeBuffer buffer, long position) throws ErrnoException;
    }

    /** Copies until the end of the file, an error, a signal, or a sink that takes no more; what was copied counts. */
    private static long copy(Task task, OpenFile in, long offset, long count, Sink sink) throws ErrnoException {
        long memory = NativeMemory.allocate(CHUNK_BYTES);
        try {
            long done = 0;
            while (done < count) {
                long wanted = Math.min(CHUNK_BYTES, count - done);
                try {
                    long read = in.readAt(new NativeBuffer(memory, wanted), offset + done);
                    if (read <= 0) {
                        break;
                    }
                    long written = sink.write(new NativeBuffer(memory, read), done);
                    done += written;
                    if (written < read) {
                        break;
                    }
                } catch (ErrnoException e) {
                    if (done > 0) {
                        break;
                    }
                    throw e;
                }
                if (task.hasPendingSignal()) {
                    break;
                }
            }
            return done;
        } finally {
            NativeMemory.free(memory);
        }
    }

    private static long limit(long count) {
        return Long.compareUnsigned(count, MAX_RW_COUNT) > 0 ? MAX_RW_COUNT : count;
    }

    /** Whether sendfile(2) takes it as input: what has positions, which pipes and sockets have not. */
    private static boolean isMappable(OpenFile file) throws ErrnoException {
        int type = file.inode().type();
        return type == FileMode.S_IFREG || type == FileMode.S_IFBLK;
    }

    private static void checkRegular(OpenFile file) throws ErrnoException {
        int type = file.inode().type();
        if (type != FileMode.S_IFREG) {
            throw ErrnoException.of(type == FileMode.S_IFDIR ? Errno.EISDIR : Errno.EINVAL);
        }
    }
}
