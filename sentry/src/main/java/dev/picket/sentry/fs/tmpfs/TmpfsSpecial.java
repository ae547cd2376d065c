package dev.picket.sentry.fs.tmpfs;

import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.CreateRequest;

/** A FIFO, socket or device in memory: a name for what is elsewhere. */
final class TmpfsSpecial extends TmpfsInode {
    TmpfsSpecial(TmpfsFileSystem fileSystem, CreateRequest request) throws ErrnoException {
        super(fileSystem, request);
    }
}
