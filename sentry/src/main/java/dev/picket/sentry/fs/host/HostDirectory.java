package dev.picket.sentry.fs.host;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.DirectoryFile;
import dev.picket.sentry.vfs.DirectorySink;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.lang.ref.SoftReference;

/** A directory of the host. */
final class HostDirectory extends HostInode {
    private static final int OPEN_FLAGS = Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC;

    private final Descriptor permanent;
    private SoftReference<HostListing> listing = new SoftReference<>(null);

    /** A directory that was found by name. */
    HostDirectory(HostFileSystem fileSystem, HostDirectory parent, String name, HostStat stat) {
        super(fileSystem, parent, name, stat);
        permanent = null;
    }

    /** A directory that was handed over; the descriptor is this one's from now on. */
    HostDirectory(HostFileSystem fileSystem, Descriptor descriptor, HostStat stat) {
        super(fileSystem, null, "", stat);
        permanent = descriptor;
    }

    /**
     * A descriptor of the directory, for calls that take a name in it. The caller releases it.
     *
     * @throws ErrnoException ESTALE if the host has put something else in its place
     */
    Descriptor open() throws ErrnoException {
        if (permanent != null) {
            permanent.retain();
            return permanent;
        }
        Descriptor known = host().directories().get(this);
        if (known != null) {
            return known;
        }
        Descriptor directory = parent().open();
        Descriptor opened;
        try {
            opened = new Descriptor(HostOpen.beneath(directory.number(), name(), OPEN_FLAGS));
        } finally {
            directory.release();
        }
        try {
            if (!HostStat.of(opened.number(), "").isSameFile(stat())) {
                throw ErrnoException.of(Errno.ESTALE);
            }
        } catch (ErrnoException e) {
            opened.release();
            throw e;
        }
        host().directories().keep(this, opened);
        return opened;
    }

    @Override
    public boolean cachesNames() {
        return !host().isLive();
    }

    @Override
    public Inode lookup(Caller caller, String name) throws ErrnoException {
        HostOpen.checkName(name);
        Descriptor directory = open();
        HostStat stat;
        try {
            stat = HostStat.of(directory.number(), name);
        } catch (ErrnoException e) {
            // What the worker may not see is not there.
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EACCES || e.errno() == Errno.EPERM) {
                return null;
            }
            throw e;
        } finally {
            directory.release();
        }
        return stat.isShown() ? host().inode(this, name, stat) : null;
    }

    @Override
    public void entries(Caller caller, long position, DirectorySink sink) throws ErrnoException {
        HostListing entries = listing();
        for (long index = position - DirectoryFile.FIRST; index >= 0 && index < entries.size(); index++) {
            int at = (int) index;
            long inode = host().inodeNumber(stat().device(), entries.inode(at));
            if (!sink.accept(entries.name(at), inode, entries.type(at), index + 1 + DirectoryFile.FIRST)) {
                return;
            }
        }
    }

    private HostListing listing() throws ErrnoException {
        Descriptor directory = open();
        try {
            setStat(HostStat.of(directory.number(), ""));
            long changed = stat().modificationTimeNanos();
            synchronized (this) {
                HostListing known = listing.get();
                if (known == null || known.modificationTimeNanos() != changed) {
                    known = HostListing.read(directory.number(), changed);
                    listing = new SoftReference<>(known);
                }
                return known;
            }
        } finally {
            directory.release();
        }
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) {
        return new DirectoryFile(path, flags);
    }
}
