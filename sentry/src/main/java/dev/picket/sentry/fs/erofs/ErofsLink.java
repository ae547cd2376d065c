package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.nio.charset.StandardCharsets;

/** A symbolic link of an image. */
final class ErofsLink extends ErofsInode {
    ErofsLink(ErofsFileSystem fileSystem, InodeRecord inode) {
        super(fileSystem, inode);
    }

    @Override
    public String readLink(Caller caller) throws ErrnoException {
        long size = inode().sizeBytes();
        // Longer than a block, a target would be in two places; Linux takes none that long either.
        if (size == 0 || size >= Fcntl.PATH_MAX) {
            throw ErofsImage.corrupt();
        }
        byte[] target = erofs().image().getBytes(inode().imageOffset(0), (int) size);
        String text = new String(target, StandardCharsets.ISO_8859_1);
        int nul = text.indexOf('\0');
        return nul < 0 ? text : text.substring(0, nul);
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ELOOP);
    }
}
