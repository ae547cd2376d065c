package dev.picket.sentry.pipe;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Path;
import java.util.Map;
import java.util.WeakHashMap;

/** Finds the pipe behind the inode of a FIFO: all who open the inode share it. See fifo(7). */
public final class Fifos {
    private final PipeBudget budget;

    // An inode that nobody knows any more has no open ends either, so its pipe may go with it.
    private final Map<Inode, Pipe> pipes = new WeakHashMap<>();

    public Fifos(PipeBudget budget) {
        this.budget = budget;
    }

    /**
     * Opens a FIFO. The answer may have to wait for the other end: the system call does so, until {@link
     * PipeEnd#isOpenComplete()}.
     *
     * @throws ErrnoException ENXIO for O_WRONLY with O_NONBLOCK if nobody reads
     */
    public PipeEnd open(Inode inode, Path path, int flags) throws ErrnoException {
        // Opens of one FIFO must not miss each other between looking for the other end and counting themselves.
        synchronized (pipes) {
            var pipe = pipes.computeIfAbsent(inode, key -> new Pipe(budget));
            if ((flags & O_ACCMODE) == O_WRONLY && (flags & O_NONBLOCK) != 0 && pipe.readers() == 0) {
                throw ErrnoException.of(Errno.ENXIO);
            }
            return new PipeEnd(pipe, inode, path, flags, true);
        }
    }
}
