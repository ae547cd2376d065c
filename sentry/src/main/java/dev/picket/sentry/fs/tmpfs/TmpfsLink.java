package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A symbolic link in memory. */
final class TmpfsLink extends TmpfsInode {
    private final String target;

    TmpfsLink(TmpfsFileSystem fileSystem, CreateRequest request) throws ErrnoException {
        super(fileSystem, request);
        this.target = request.linkTarget();
        try {
            fileSystem.budget().takeHeap(target.length());
        } catch (ErrnoException e) {
            fileSystem.budget().returnInode();
            throw e;
        }
    }

    @Override
    long sizeBytes() {
        return target.length();
    }

    @Override
    public String readLink(Caller caller) {
        return target;
    }

    @Override
    public OpenFile openAs(Inode shown, Caller caller, Path path, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ELOOP);
    }

    @Override
    void reclaim() {
        super.reclaim();
        tmpfs().budget().returnHeap(target.length());
    }
}
