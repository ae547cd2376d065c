package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.DirectoryFile;
import dev.picket.sentry.vfs.DirectorySink;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A directory of an image. Positions are block number times 4,096 plus the index in the block, from 2 on. */
final class ErofsDirectory extends ErofsInode {
    ErofsDirectory(ErofsFileSystem fileSystem, InodeRecord inode) {
        super(fileSystem, inode);
    }

    private long blocks() {
        return (inode().sizeBytes() + SuperBlock.BLOCK_BYTES - 1) / SuperBlock.BLOCK_BYTES;
    }

    private DirectoryBlock block(long index) throws ErrnoException {
        long start = index * SuperBlock.BLOCK_BYTES;
        int length = (int) Math.min(SuperBlock.BLOCK_BYTES, inode().sizeBytes() - start);
        return new DirectoryBlock(erofs().image(), inode().imageOffset(start), length);
    }

    @Override
    public Inode lookup(Caller caller, String name) throws ErrnoException {
        if (name.equals(".") || name.equals("..")) {
            return null; // these are the walk's business
        }
        long low = 0;
        long high = blocks() - 1;
        while (low <= high) {
            long middle = low + high >>> 1;
            DirectoryBlock block = block(middle);
            int found = block.find(name);
            if (found >= 0) {
                return erofs().inode(block.number(found));
            }
            if (found == -1) { // before the first of this block
                high = middle - 1;
            } else if (-1 - found == block.count()) {
                low = middle + 1;
            } else {
                return null;
            }
        }
        return null;
    }

    @Override
    public void entries(Caller caller, long position, DirectorySink sink) throws ErrnoException {
        long from = position - DirectoryFile.FIRST;
        long blocks = blocks();
        int index = (int) (from & SuperBlock.BLOCK_BYTES - 1);
        for (long number = from >> SuperBlock.BLOCK_BITS; number >= 0 && number < blocks; number++, index = 0) {
            DirectoryBlock block = block(number);
            for (; index < block.count(); index++) {
                String name = block.name(index);
                if (!isShown(name)) {
                    continue;
                }
                long next = DirectoryFile.FIRST + (number << SuperBlock.BLOCK_BITS) + index + 1;
                if (!sink.accept(name, block.number(index), block.type(index), next)) {
                    return;
                }
            }
        }
    }

    /** Whether the name is one that a walk could find: an image may hold anything. */
    private static boolean isShown(String name) {
        return !name.isEmpty()
                && !name.equals(".")
                && !name.equals("..")
                && name.length() <= Fcntl.NAME_MAX
                && name.indexOf('/') < 0
                && name.indexOf('\0') < 0;
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) {
        return new DirectoryFile(path, flags);
    }
}
