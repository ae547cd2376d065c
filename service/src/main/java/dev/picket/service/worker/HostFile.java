package dev.picket.service.worker;

import dev.picket.service.failure.Failure;
import java.nio.file.Path;
import jnr.constants.platform.OpenFlags;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/** A file or directory of the host, open for reading, to be handed to a worker. */
public final class HostFile implements AutoCloseable {
    private static final int O_CLOEXEC = 0x8_0000;
    private static final int O_NONBLOCK = OpenFlags.O_NONBLOCK.intValue();

    private final POSIX posix;
    private final int descriptor;
    private boolean closed;

    private HostFile(POSIX posix, int descriptor) {
        this.posix = posix;
        this.descriptor = descriptor;
    }

    /**
     * Opens a path of the service's own choice, never one that came with a request.
     *
     * @throws Failure.Internal if it cannot be opened
     */
    public static HostFile open(Path path) {
        POSIX posix = POSIXFactory.getNativePOSIX();
        // Non-blocking, should it be a pipe or device: opening must not hang.
        int descriptor = posix.open(path.toString(), O_CLOEXEC | O_NONBLOCK, 0);
        if (descriptor < 0) {
            throw new Failure.Internal("cannot open " + path + " (errno " + posix.errno() + ")");
        }
        return new HostFile(posix, descriptor);
    }

    int descriptor() {
        return descriptor;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            posix.close(descriptor);
        }
    }
}
