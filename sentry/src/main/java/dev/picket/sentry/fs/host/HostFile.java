package dev.picket.sentry.fs.host;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.ImageFile;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/**
 * A regular file of the host. It is open as long as a guest has it open or mapped, by one descriptor however many do; how
 * many files may be open at once is bounded by the file system.
 */
final class HostFile extends HostInode {
    private static final long BOUNCE_BYTES = HostFileSystem.BOUNCE_BYTES;

    private final Descriptor permanent;
    private ImageFile file;
    private int users;

    HostFile(HostFileSystem fileSystem, HostDirectory parent, String name, HostStat stat) {
        super(fileSystem, parent, name, stat);
        permanent = null;
    }

    /** A file that was handed over; the descriptor is this one's from now on. */
    HostFile(HostFileSystem fileSystem, Descriptor descriptor, HostStat stat) {
        super(fileSystem, null, "", stat);
        permanent = descriptor;
    }

    /** One more user, who may call {@link #image}. ENFILE if too many files are open. */
    synchronized void retain() throws ErrnoException {
        if (users == 0) {
            host().takeOpenFile();
            try {
                file = ImageFile.unmapped(openDescriptor());
            } catch (ErrnoException e) {
                host().returnOpenFile();
                throw e;
            }
        }
        users++;
    }

    /** One more user of those there are. */
    synchronized void retainOpen() {
        if (users == 0) {
            throw new IllegalStateException("the file is not open");
        }
        users++;
    }

    synchronized void release() {
        if (--users == 0) {
            file.close();
            file = null;
            host().returnOpenFile();
        }
    }

    private int openDescriptor() throws ErrnoException {
        int opened;
        if (permanent != null) {
            opened = Descriptor.checkOpened(Host.fcntl(permanent.number(), Fcntl.F_DUPFD_CLOEXEC, 3));
        } else {
            Descriptor directory = parent().open();
            try {
                // Should a FIFO have come in its place meanwhile, opening it must not wait.
                opened = HostOpen.beneath(
                        directory.number(), name(), Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY);
            } finally {
                directory.release();
            }
        }
        try {
            HostStat now = HostStat.of(opened, "");
            if (!now.isSameFile(stat())) {
                throw ErrnoException.of(Errno.ESTALE);
            }
            setStat(now);
            return opened;
        } catch (ErrnoException e) {
            Host.close(opened);
            throw e;
        }
    }

    /** The file; only for users. */
    synchronized ImageFile image() {
        return file;
    }

    @Override
    synchronized void refresh() {
        if (users > 0 && host().isLive()) {
            try {
                setStat(HostStat.of(file.descriptor(), ""));
            } catch (ErrnoException e) {
                throw new IllegalStateException("an open file of the host has no status", e);
            }
        }
    }

    /** Asks the host for the size; only for users. */
    long currentSizeBytes() throws ErrnoException {
        HostStat now = HostStat.of(image().descriptor(), "");
        setStat(now);
        return now.sizeBytes();
    }

    /** Copies to the guest; only for users. */
    long read(GuestBuffer destination, long offset) throws ErrnoException {
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long bounce = host().takeBounce();
        try {
            long done = 0;
            while (destination.remaining() > 0) {
                long wanted = Math.min(destination.remaining(), BOUNCE_BYTES);
                long read = image().read(offset + done, bounce, wanted);
                if (read <= 0) {
                    if (done == 0) {
                        return ErrnoException.check(read);
                    }
                    break;
                }
                long copied;
                try {
                    copied = destination.copyOutNative(bounce, read);
                } catch (ErrnoException e) {
                    if (done > 0) {
                        break;
                    }
                    throw e;
                }
                done += copied;
                if (copied < read || read < wanted) {
                    break;
                }
            }
            return done;
        } finally {
            host().returnBounce(bounce);
        }
    }

    /** What mmap(2) of this file maps; only for users. */
    HostMappable mappable(Path path) {
        return new HostMappable(this, path);
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        if ((flags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY) {
            throw ErrnoException.of(Errno.EROFS);
        }
        retain();
        return new HostOpenFile(this, path, flags);
    }
}
