package dev.picket.sentry.fs.erofs;

import static dev.picket.sentry.fs.erofs.SuperBlock.BLOCK_BYTES;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/**
 * A regular file of an image. Mappings of it are mappings of the image; only the last part of a file, if it lies beside the
 * inode, is copied to a page of guest memory first.
 */
final class ErofsRegularFile extends ErofsInode {
    private static final long COPIED_AT_ONCE_BYTES = 1 << 20;

    private int mappings;
    private long tailFrame = -1;

    ErofsRegularFile(ErofsFileSystem fileSystem, InodeRecord inode) {
        super(fileSystem, inode);
    }

    long read(GuestBuffer destination, long offset) throws ErrnoException {
        if (offset < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        InodeRecord inode = inode();
        long done = 0;
        while (destination.remaining() > 0 && offset + done < inode.sizeBytes()) {
            long at = offset + done;
            long end = at < inode.blockBytes() ? inode.blockBytes() : inode.sizeBytes();
            long length = Math.min(Math.min(destination.remaining(), end - at), COPIED_AT_ONCE_BYTES);
            long copied;
            try {
                copied = destination.copyOutNative(erofs().image().address(inode.imageOffset(at), length), length);
            } catch (ErrnoException e) {
                if (done > 0) {
                    break;
                }
                throw e;
            }
            done += copied;
            if (copied < length) {
                break;
            }
        }
        return done;
    }

    synchronized Mappable.Backing translate(long offset, long lengthBytes) throws ErrnoException {
        InodeRecord inode = inode();
        long end = inode.sizeBytes() + BLOCK_BYTES - 1 & -BLOCK_BYTES;
        if (offset < 0 || offset >= end) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        if (offset >= inode.blockBytes()) {
            return new Mappable.Backing(erofs().frames().file(), tail(), BLOCK_BYTES);
        }
        long blocksEnd = inode.blockBytes() + BLOCK_BYTES - 1 & -BLOCK_BYTES;
        long length = Math.min(lengthBytes, blocksEnd - offset);
        return new Mappable.Backing(erofs().image().file(), inode.dataOffset() + offset, length);
    }

    private long tail() throws ErrnoException {
        if (tailFrame < 0) {
            InodeRecord inode = inode();
            long length = inode.sizeBytes() - inode.blockBytes();
            long source = erofs().image().address(inode.inlineOffset(), length);
            long frame = erofs().frames().allocate(BLOCK_BYTES);
            NativeMemory.copy(source, erofs().frames().file().address(frame), length);
            tailFrame = frame;
        }
        return tailFrame;
    }

    synchronized void retainMapping() {
        mappings++;
    }

    synchronized void releaseMapping() {
        if (--mappings == 0 && tailFrame >= 0) {
            erofs().frames().release(tailFrame, BLOCK_BYTES);
            tailFrame = -1;
        }
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        if ((flags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY) {
            throw ErrnoException.of(Errno.EROFS);
        }
        return new ErofsOpenFile(this, path, flags);
    }
}
