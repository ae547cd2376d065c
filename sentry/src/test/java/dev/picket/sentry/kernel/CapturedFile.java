package dev.picket.sentry.kernel;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A standard stream for tests: keeps what is written to it, and has nothing to read. */
final class CapturedFile extends OpenFile {
    private static final int O_RDWR = 2;

    private final Inode inode;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    CapturedFile(Kernel kernel) {
        super(null, O_RDWR);
        inode = kernel.anonymousFiles().inode(Credentials.initial(0, 0, new int[0], 0), "[captured]");
    }

    synchronized String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    @Override
    public Inode inode() {
        return inode;
    }

    @Override
    public long read(GuestBuffer destination) {
        return 0;
    }

    @Override
    public long write(GuestBuffer source) throws ErrnoException {
        byte[] bytes = new byte[8192];
        long total = 0;
        while (source.remaining() > 0) {
            int count = source.copyIn(bytes, 0, (int) Math.min(bytes.length, source.remaining()));
            synchronized (this) {
                written.write(bytes, 0, count);
            }
            total += count;
        }
        return total;
    }
}
