package dev.picket.sentry.fs.host;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.FileStatx;
import dev.picket.sentry.errno.ErrnoException;

/** What the host says of a file; statx(2). */
record HostStat(
        long device,
        long inode,
        int mode,
        long links,
        int user,
        int group,
        long sizeBytes,
        long blocks,
        long accessTimeNanos,
        long modificationTimeNanos,
        long changeTimeNanos) {

    /**
     * Asks the host.
     *
     * @param name a name in the directory {@code descriptor}, of which links are not followed; empty for the descriptor's
     *     own file
     */
    static HostStat of(int descriptor, String name) throws ErrnoException {
        int flags = Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_NO_AUTOMOUNT | (name.isEmpty() ? Fcntl.AT_EMPTY_PATH : 0);
        long nameAddress = NativeMemory.allocateString(name);
        long buffer = NativeMemory.allocate(FileStatx.SIZE);
        try {
            ErrnoException.check(Host.statx(descriptor, nameAddress, flags, FileStatx.STATX_BASIC_STATS, buffer));
            byte[] bytes = new byte[FileStatx.SIZE];
            NativeMemory.copyToArray(buffer, bytes, 0, bytes.length);
            return new HostStat(
                    FileStatx.device(bytes),
                    FileStatx.inode(bytes),
                    FileStatx.mode(bytes),
                    FileStatx.links(bytes),
                    FileStatx.user(bytes),
                    FileStatx.group(bytes),
                    FileStatx.size(bytes),
                    FileStatx.blocks(bytes),
                    FileStatx.accessTimeNanos(bytes),
                    FileStatx.modificationTimeNanos(bytes),
                    FileStatx.changeTimeNanos(bytes));
        } finally {
            NativeMemory.free(buffer);
            NativeMemory.free(nameAddress);
        }
    }

    int type() {
        return mode & FileMode.S_IFMT;
    }

    /** Whether guests see files of this type at all. */
    boolean isShown() {
        return type() == FileMode.S_IFREG || type() == FileMode.S_IFDIR || type() == FileMode.S_IFLNK;
    }

    boolean isSameFile(HostStat other) {
        return device == other.device && inode == other.inode && type() == other.type();
    }
}
