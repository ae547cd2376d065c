package dev.picket.sentry.vfs;

import dev.picket.sentry.errno.ErrnoException;

/**
 * Opens what only has its name in a file system and lives elsewhere: FIFOs and devices. A mount namespace has one ({@link
 * MountNamespace#setSpecialFiles}), since what a device number stands for is the sandbox's business, not the file
 * system's.
 */
@FunctionalInterface
public interface SpecialFiles {
    /**
     * Opens a FIFO, a character or a block device; see {@link Inode#open}.
     *
     * @throws ErrnoException ENXIO if there is no such device
     */
    OpenFile open(Inode inode, Caller caller, Path path, int flags) throws ErrnoException;
}
