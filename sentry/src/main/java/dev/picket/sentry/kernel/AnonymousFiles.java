package dev.picket.sentry.kernel;

import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.kernel.epoll.EpollGraph;
import dev.picket.sentry.pipe.Fifos;
import dev.picket.sentry.pipe.PipeBudget;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.AnonymousInode;

/**
 * What the pipes, sockets, eventfds and epoll instances of one sandbox share: the file systems that give them inodes, and
 * their bounds. One per {@link Kernel}.
 */
public final class AnonymousFiles {
    /** What all pipes may buffer together; fs.pipe-user-pages-soft gives each user 64 MiB. */
    private static final long PIPE_BYTES = 64L * 1024 * 1024;

    // Device numbers 0:N, as Linux gives to file systems without a device; other file systems use larger N.
    private static final long SOCKETS_DEVICE = 8;
    private static final long PIPES_DEVICE = 14;
    private static final long OTHERS_DEVICE = 15;
    private static final long NAMESPACES_DEVICE = 4;

    private final AnonymousFileSystem pipes =
            new AnonymousFileSystem("pipefs", PIPES_DEVICE, FileSystemMagic.PIPEFS_MAGIC);
    private final AnonymousFileSystem sockets =
            new AnonymousFileSystem("sockfs", SOCKETS_DEVICE, FileSystemMagic.SOCKFS_MAGIC);
    private final AnonymousFileSystem others =
            new AnonymousFileSystem("anon_inodefs", OTHERS_DEVICE, FileSystemMagic.ANON_INODE_FS_MAGIC);
    private final AnonymousFileSystem namespaces =
            new AnonymousFileSystem("nsfs", NAMESPACES_DEVICE, FileSystemMagic.NSFS_MAGIC);
    private final PipeBudget pipeBudget = new PipeBudget(PIPE_BYTES);
    private final Fifos fifos = new Fifos(pipeBudget);
    private final EpollGraph epollGraph = new EpollGraph();

    /** Home of pipes. */
    public AnonymousFileSystem pipes() {
        return pipes;
    }

    /** Home of sockets. */
    public AnonymousFileSystem sockets() {
        return sockets;
    }

    /** Home of namespaces. */
    AnonymousFileSystem namespaces() {
        return namespaces;
    }

    /** An inode for an eventfd, an epoll instance and the like; {@code name} as in {@code anon_inode:[eventfd]}. */
    public AnonymousInode inode(Credentials owner, String name) {
        return new AnonymousInode(others, 0600, owner, "anon_inode:" + name);
    }

    public PipeBudget pipeBudget() {
        return pipeBudget;
    }

    /** Opens FIFOs. */
    public Fifos fifos() {
        return fifos;
    }

    public EpollGraph epollGraph() {
        return epollGraph;
    }
}
