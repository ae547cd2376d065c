package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Poll.READABLE;
import static dev.picket.platform.linux.Poll.WRITABLE;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.OpenFile;

/** Copying between open files without the guest's memory: sendfile(2), copy_file_range(2), splice(2). */
final class Transfer {
    /** What is copied in one go: the Sentry's buffer, whatever length the guest asks for. */
    private static final int CHUNK_BYTES = 64 * 1024;

    private static final long MAX_RW_COUNT = 0x7fff_f000L;
    private static final int SPLICE_FLAGS = 0xf;
    private static final int SPLICE_F_NONBLOCK = 2;

    private Transfer() {}

    /** sendfile(2). */
    static long sendfile(Task task, SyscallArguments args) throws ErrnoException {
        int outFd = args.asInt(0);
        int inFd = args.asInt(1);
        long offsetAddress = args.asAddress(2);
        long count = args.asSize(3);

        OpenFile in = ReadWrite.readable(task, inFd);
        OpenFile out = ReadWrite.writable(task, outFd);
        if (in.inode().type() != FileMode.S_IFREG && in.inode().type() != FileMode.S_IFBLK) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((out.flags() & Fcntl.O_APPEND) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return copy(task, in, offsetAddress, out, 0, bounded(count));
    }

    /** copy_file_range(2). */
    static long copyFileRange(Task task, SyscallArguments args) throws ErrnoException {
        int inFd = args.asInt(0);
        long inOffset = args.asAddress(1);
        int outFd = args.asInt(2);
        long outOffset = args.asAddress(3);
        long length = args.asSize(4);
        int flags = args.asInt(5);
        if (flags != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        OpenFile in = ReadWrite.readable(task, inFd);
        OpenFile out = ReadWrite.writable(task, outFd);
        if (in.inode().type() == FileMode.S_IFDIR || out.inode().type() == FileMode.S_IFDIR) {
            throw ErrnoException.of(Errno.EISDIR);
        }
        if (in.inode().type() != FileMode.S_IFREG || out.inode().type() != FileMode.S_IFREG) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((out.flags() & Fcntl.O_APPEND) != 0) {
            throw ErrnoException.of(Errno.EBADF);
        }
        long count = bounded(length);
        if (in.inode() == out.inode()) {
            long from = position(task, in, inOffset);
            long to = position(task, out, outOffset);
            if (from < to + count && to < from + count) {
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
        return copy(task, in, inOffset, out, outOffset, count);
    }

    /** splice(2): at least one of the two is a pipe. */
    static long splice(Task task, SyscallArguments args) throws ErrnoException {
        int inFd = args.asInt(0);
        long inOffset = args.asAddress(1);
        int outFd = args.asInt(2);
        long outOffset = args.asAddress(3);
        long length = args.asSize(4);
        int flags = args.asInt(5);
        if ((flags & ~SPLICE_FLAGS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        OpenFile in = ReadWrite.readable(task, inFd);
        OpenFile out = ReadWrite.writable(task, outFd);
        boolean fromPipe = in.inode().type() == FileMode.S_IFIFO;
        boolean toPipe = out.inode().type() == FileMode.S_IFIFO;
        if (!fromPipe && !toPipe) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (fromPipe && inOffset != 0 || toPipe && outOffset != 0) {
            throw ErrnoException.of(Errno.ESPIPE);
        }
        if ((flags & SPLICE_F_NONBLOCK) != 0) {
            boolean ready = (!fromPipe || (in.readiness() & READABLE) != 0)
                    && (!toPipe || (out.readiness() & WRITABLE) != 0);
            if (!ready) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
        }
        // One chunk at most: what was taken from a pipe must find room, and a short count is allowed.
        return copy(task, in, inOffset, out, outOffset, Math.min(bounded(length), CHUNK_BYTES));
    }

    private static long bounded(long count) {
        return Long.compareUnsigned(count, MAX_RW_COUNT) > 0 ? MAX_RW_COUNT : count;
    }

    private static long position(Task task, OpenFile file, long offsetAddress) throws ErrnoException {
        return offsetAddress != 0 ? task.memory().getLong(offsetAddress) : file.seek(0, Fcntl.SEEK_CUR);
    }

    /**
     * Copies until the end of the input or the first error; what was copied before an error counts. Offsets of address 0
     * stand for the file positions; the others are read once before and stored after.
     */
    private static long copy(Task task, OpenFile in, long inAddress, OpenFile out, long outAddress, long count)
            throws ErrnoException {
        long inOffset = inAddress != 0 ? checked(task.memory().getLong(inAddress)) : -1;
        long outOffset = outAddress != 0 ? checked(task.memory().getLong(outAddress)) : -1;
        byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, Math.max(1, count))];
        long copied = 0;
        try {
            while (copied < count) {
                int wanted = (int) Math.min(chunk.length, count - copied);
                var source = new SentryBuffer(chunk, wanted);
                long read = inOffset >= 0
                        ? in.readAt(source, inOffset + copied)
                        : ReadWrite.read(task, in, source);
                if (read <= 0) {
                    break;
                }
                long written = write(task, out, outOffset < 0 ? -1 : outOffset + copied, chunk, (int) read);
                if (written < read && inOffset < 0 && in.inode().type() == FileMode.S_IFREG) {
                    in.seek(written - read, Fcntl.SEEK_CUR);
                }
                copied += written;
                if (written < read) {
                    break;
                }
            }
        } catch (ErrnoException e) {
            if (copied == 0) {
                throw e;
            }
        }
        if (inAddress != 0) {
            task.memory().putLong(inAddress, inOffset + copied);
        }
        if (outAddress != 0) {
            task.memory().putLong(outAddress, outOffset + copied);
        }
        return copied;
    }

    private static long write(Task task, OpenFile out, long offset, byte[] chunk, int length) throws ErrnoException {
        long written = 0;
        while (written < length) {
            var rest = new SentryBuffer(chunk, (int) written, length);
            long count;
            try {
                count = offset < 0 ? ReadWrite.write(task, out, rest) : out.writeAt(rest, offset + written);
            } catch (ErrnoException e) {
                if (written > 0) {
                    return written;
                }
                throw e;
            }
            if (count <= 0) {
                break;
            }
            written += count;
        }
        return written;
    }

    private static long checked(long offset) throws ErrnoException {
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return offset;
    }
}
