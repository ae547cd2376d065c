package dev.picket.sentry.fs.host;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileClock;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A symbolic link that the configuration asks for, as /bin to usr/bin. */
final class SyntheticLink extends Inode {
    private final HostFileSystem fileSystem;
    private final long number;
    private final String target;
    private final long madeNanos = FileClock.nowNanos();

    SyntheticLink(HostFileSystem fileSystem, long number, String target) {
        this.fileSystem = fileSystem;
        this.number = number;
        this.target = target;
    }

    @Override
    public Attributes attributes() {
        int mode = FileMode.S_IFLNK | FileMode.S_IRWXUGO;
        long device = fileSystem.device();
        long size = target.length();
        return new Attributes(device, number, mode, 1, 0, 0, 0, size, 4096, 0, madeNanos, madeNanos, madeNanos);
    }

    @Override
    public int type() {
        return FileMode.S_IFLNK;
    }

    @Override
    public String readLink(Caller caller) {
        return target;
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ELOOP);
    }

    @Override
    public FileSystem fileSystem() {
        return fileSystem;
    }
}
