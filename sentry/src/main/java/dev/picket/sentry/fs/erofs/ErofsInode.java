package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.util.Map;

/** A file of an image, of any type; those with contents extend it. */
class ErofsInode extends Inode {
    private final ErofsFileSystem fileSystem;
    private final InodeRecord inode;

    ErofsInode(ErofsFileSystem fileSystem, InodeRecord inode) {
        this.fileSystem = fileSystem;
        this.inode = inode;
    }

    final ErofsFileSystem erofs() {
        return fileSystem;
    }

    final InodeRecord inode() {
        return inode;
    }

    @Override
    public final Attributes attributes() {
        long time = inode.modificationTimeNanos();
        return new Attributes(
                fileSystem.device(),
                inode.number(),
                inode.mode(),
                inode.links(),
                inode.user(),
                inode.group(),
                inode.deviceNumber(),
                inode.sizeBytes(),
                SuperBlock.BLOCK_BYTES,
                (inode.sizeBytes() + 511) / 512,
                time,
                time,
                time);
    }

    @Override
    public final int type() {
        return inode.type();
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ENXIO); // FIFOs and devices are opened by others, sockets by nobody
    }

    @Override
    public final FileSystem fileSystem() {
        return fileSystem;
    }

    @Override
    public final byte[] extendedAttribute(String name) throws ErrnoException {
        byte[] value = attributeValues().get(name);
        if (value == null) {
            throw ErrnoException.of(Errno.ENODATA);
        }
        return value;
    }

    @Override
    public final String[] extendedAttributeNames() throws ErrnoException {
        return attributeValues().keySet().toArray(String[]::new);
    }

    private Map<String, byte[]> attributeValues() throws ErrnoException {
        return InlineAttributes.read(fileSystem.image(), fileSystem.superBlock(), inode);
    }
}
