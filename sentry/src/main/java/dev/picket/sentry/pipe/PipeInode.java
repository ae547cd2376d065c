package dev.picket.sentry.pipe;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** Inode of a pipe without a name. It can be opened again by /proc/PID/fd/N, which never waits for the other end. */
public final class PipeInode extends AnonymousInode {
    private final Pipe pipe;

    public PipeInode(AnonymousFileSystem fileSystem, Credentials owner, Pipe pipe) {
        super(fileSystem, FileMode.S_IFIFO | 0600, owner, "pipe");
        this.pipe = pipe;
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) {
        return new PipeEnd(pipe, this, path, flags, false);
    }
}
