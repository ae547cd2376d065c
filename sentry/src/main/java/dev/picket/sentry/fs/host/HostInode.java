package dev.picket.sentry.fs.host;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;

/** A file of the host. Where it is: a name in a directory of the host, or a descriptor that was handed over. */
abstract class HostInode extends Inode {
    private final HostFileSystem fileSystem;
    private final HostDirectory parent;
    private final String name;
    private volatile HostStat stat;

    /** @param parent null if the file is what a descriptor was handed over for */
    HostInode(HostFileSystem fileSystem, HostDirectory parent, String name, HostStat stat) {
        this.fileSystem = fileSystem;
        this.parent = parent;
        this.name = name;
        this.stat = stat;
    }

    final HostFileSystem host() {
        return fileSystem;
    }

    final HostDirectory parent() {
        return parent;
    }

    final String name() {
        return name;
    }

    final HostStat stat() {
        return stat;
    }

    final void setStat(HostStat stat) {
        this.stat = stat;
    }

    /** Asks the host anew, if that can be done and what it said may have changed. */
    void refresh() {}

    @Override
    public final Attributes attributes() {
        refresh();
        HostStat now = stat;
        int mode = now.mode();
        if (now.type() == FileMode.S_IFREG) {
            mode &= ~(FileMode.S_ISUID | FileMode.S_ISGID); // to be trusted so much is for the host's own programs
        }
        return new Attributes(
                fileSystem.device(),
                fileSystem.inodeNumber(now.device(), now.inode()),
                mode,
                now.links(),
                now.user(),
                now.group(),
                0,
                now.sizeBytes(),
                4096,
                now.blocks(),
                now.accessTimeNanos(),
                now.modificationTimeNanos(),
                now.changeTimeNanos());
    }

    @Override
    public final int type() {
        return stat.type();
    }

    @Override
    public final FileSystem fileSystem() {
        return fileSystem;
    }
}
