package dev.picket.sentry.fs.generated;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.nio.charset.StandardCharsets;

/**
 * An open generated file. The contents are made at the first read and again whenever the beginning is read, so that a
 * reader who goes on piece by piece sees one state, and one who rewinds sees news; as Linux's seq_file does.
 */
public final class GeneratedOpenFile extends OpenFile {
    /** More than so much in one write is refused; nothing that is written to /proc is as long as a page. */
    public static final int WRITE_LIMIT_BYTES = 4096;

    private final GeneratedFile file;
    private final Caller opener;
    private byte[] contents;
    private long position;

    GeneratedOpenFile(GeneratedFile file, Caller opener, Path path, int flags) {
        super(path, flags);
        this.file = file;
        this.opener = opener;
    }

    @Override
    public Inode inode() {
        return file;
    }

    @Override
    public synchronized long read(GuestBuffer destination) throws ErrnoException {
        long count = readAt(destination, position);
        position += count;
        return count;
    }

    @Override
    public synchronized long readAt(GuestBuffer destination, long offset) throws ErrnoException {
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (contents == null || offset == 0) {
            contents = file.contentsFor(opener).getBytes(StandardCharsets.ISO_8859_1);
        }
        if (offset >= contents.length || destination.remaining() == 0) {
            return 0;
        }
        int count = (int) Math.min(contents.length - offset, destination.remaining());
        return destination.copyOut(contents, (int) offset, count);
    }

    @Override
    public synchronized long write(GuestBuffer source) throws ErrnoException {
        if (source.remaining() > WRITE_LIMIT_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        byte[] bytes = new byte[(int) source.remaining()];
        int count = bytes.length == 0 ? 0 : source.copyIn(bytes, 0, bytes.length);
        file.store(opener, new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
        position += count;
        return count;
    }

    @Override
    public long writeAt(GuestBuffer source, long offset) throws ErrnoException {
        return write(source);
    }

    @Override
    public synchronized long seek(long offset, int whence) throws ErrnoException {
        long target =
                switch (whence) {
                    case Fcntl.SEEK_SET -> offset;
                    case Fcntl.SEEK_CUR -> position + offset;
                        // A generated file has no size, and no end that one could count from.
                    default -> -1;
                };
        if (target < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        position = target;
        return target;
    }
}
