package dev.picket.sentry.fs.host;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.nio.charset.StandardCharsets;

/** A symbolic link of the host. Its target is text: the guest's walk follows it among the guest's files. */
final class HostLink extends HostInode {
    HostLink(HostFileSystem fileSystem, HostDirectory parent, String name, HostStat stat) {
        super(fileSystem, parent, name, stat);
    }

    @Override
    public String readLink(Caller caller) throws ErrnoException {
        Descriptor directory = parent().open();
        long nameAddress = NativeMemory.allocateString(name());
        long buffer = NativeMemory.allocate(Fcntl.PATH_MAX);
        try {
            long length =
                    ErrnoException.check(Host.readlinkat(directory.number(), nameAddress, buffer, Fcntl.PATH_MAX));
            byte[] target = new byte[(int) length];
            NativeMemory.copyToArray(buffer, target, 0, target.length);
            return new String(target, StandardCharsets.ISO_8859_1);
        } finally {
            NativeMemory.free(buffer);
            NativeMemory.free(nameAddress);
            directory.release();
        }
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ELOOP);
    }
}
