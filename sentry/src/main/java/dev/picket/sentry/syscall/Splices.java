package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Poll.READABLE;
import static dev.picket.platform.linux.Poll.WRITABLE;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.NativeBuffer;
import dev.picket.sentry.vfs.OpenFile;

/** Moving data between pipes and other files: splice(2). */
final class Splices {
    /** What one call moves at most: what was taken from a pipe must find room at once, and a short count is allowed. */
    private static final int CHUNK_BYTES = 4096;

    private static final int SPLICE_F_NONBLOCK = 2;
    private static final int SPLICE_FLAGS = 0xf;

    private Splices() {}

    /** splice(2): at least one of the two is a pipe. */
    static long splice(Task task, SyscallArguments args) throws ErrnoException {
        int inDescriptor = args.asInt(0);
        long inOffsetAddress = args.asAddress(1);
        int outDescriptor = args.asInt(2);
        long outOffsetAddress = args.asAddress(3);
        long length = args.asSize(4);
        int flags = args.asInt(5);
        if ((flags & ~SPLICE_FLAGS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        if (length == 0) {
            return 0;
        }
        OpenFile in = ReadWrite.readable(task, inDescriptor);
        OpenFile out = ReadWrite.writable(task, outDescriptor);
        boolean fromPipe = in.inode().type() == FileMode.S_IFIFO;
        boolean toPipe = out.inode().type() == FileMode.S_IFIFO;
        if (!fromPipe && !toPipe) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (fromPipe && inOffsetAddress != 0 || toPipe && outOffsetAddress != 0) {
            throw ErrnoException.of(Errno.ESPIPE);
        }
        boolean inBlocks = fromPipe && (in.readiness() & READABLE) == 0;
        boolean outBlocks = toPipe && (out.readiness() & WRITABLE) == 0;
        if ((flags & SPLICE_F_NONBLOCK) != 0 && (inBlocks || outBlocks)) {
            throw ErrnoException.of(Errno.EAGAIN);
        }

        int wanted = (int) (Long.compareUnsigned(length, CHUNK_BYTES) < 0 ? length : CHUNK_BYTES);
        long memory = NativeMemory.allocate(CHUNK_BYTES);
        try {
            return move(task, in, inOffsetAddress, out, outOffsetAddress, memory, wanted);
        } finally {
            NativeMemory.free(memory);
        }
    }

    private static long move(
            Task task, OpenFile in, long inOffsetAddress, OpenFile out, long outOffsetAddress, long memory, int wanted)
            throws ErrnoException {
        long from = inOffsetAddress == 0 ? 0 : offset(task, inOffsetAddress);
        long to = outOffsetAddress == 0 ? 0 : offset(task, outOffsetAddress);

        var taken = new NativeBuffer(memory, wanted);
        long read = inOffsetAddress == 0 ? ReadWrite.read(task, in, taken) : ReadWrite.readAt(task, in, taken, from);
        if (read <= 0) {
            return read;
        }
        var given = new NativeBuffer(memory, read);
        long written =
                outOffsetAddress == 0 ? ReadWrite.write(task, out, given) : ReadWrite.writeAt(task, out, given, to);

        if (inOffsetAddress != 0) {
            task.memory().putLong(inOffsetAddress, from + written);
        }
        if (outOffsetAddress != 0) {
            task.memory().putLong(outOffsetAddress, to + written);
        }
        return written;
    }

    private static long offset(Task task, long address) throws ErrnoException {
        long offset = task.memory().getLong(address);
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return offset;
    }
}
