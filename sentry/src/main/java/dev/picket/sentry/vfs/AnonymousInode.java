package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;

/**
 * Inode of a file with no place in the tree: a pipe, a socket, an eventfd, an epoll instance.
 *
 * <p>Pipes extend this to be opened again by /proc/PID/fd/N; the others cannot be.
 */
public class AnonymousInode extends Inode {
    private final AnonymousFileSystem fileSystem;
    private final long number;
    private final int type;
    private final String linkName;
    private Path path;

    private int permissions;
    private int user;
    private int group;
    private long accessTimeNanos = FileClock.nowNanos();
    private long modificationTimeNanos = accessTimeNanos;
    private long changeTimeNanos = accessTimeNanos;

    /**
     * @param mode type and permission bits: S_IFIFO | 0600 for a pipe, S_IFSOCK | 0777 for a socket, 0600 for the others
     * @param owner whose user and group the file gets
     * @param kind what comes before the number in /proc/PID/fd: {@code pipe} makes {@code pipe:[17]}; or, with a bracket
     *     or a colon, the whole name: {@code anon_inode:[eventpoll]}
     */
    public AnonymousInode(AnonymousFileSystem fileSystem, int mode, Credentials owner, String kind) {
        this.fileSystem = fileSystem;
        this.number = fileSystem.nextInodeNumber();
        this.type = mode & FileMode.S_IFMT;
        this.permissions = mode & FileMode.S_IALLUGO;
        // What has no type shares one inode on Linux, which is root's.
        this.user = type == 0 ? 0 : owner.fileSystemUser();
        this.group = type == 0 ? 0 : owner.fileSystemGroup();
        this.linkName = kind.indexOf('[') >= 0 || kind.indexOf(':') >= 0 ? kind : kind + ":[" + number + "]";
    }

    /** What readlink(2) of /proc/PID/fd/N answers. */
    public final String linkName() {
        return linkName;
    }

    /** Inode number. */
    public final long number() {
        return number;
    }

    /** A path to this file, for magic links of /proc: it leads here and nowhere else. */
    public final synchronized Path path() {
        if (path == null) {
            path = new Path(fileSystem.mount(), Dentry.anonymous(fileSystem, linkName, this));
        }
        return path;
    }

    @Override
    public synchronized Attributes attributes() {
        return new Attributes(
                fileSystem.device(),
                number,
                type | permissions,
                1,
                user,
                group,
                0,
                0,
                4096,
                0,
                accessTimeNanos,
                modificationTimeNanos,
                changeTimeNanos);
    }

    @Override
    public synchronized void setAttributes(Caller caller, AttributeChange change) throws ErrnoException {
        if (change.sizeBytes() != null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (change.mode() != null) {
            permissions = change.mode() & FileMode.S_IALLUGO;
        }
        if (change.user() != null) {
            user = change.user();
        }
        if (change.group() != null) {
            group = change.group();
        }
        if (change.accessTimeNanos() != null) {
            accessTimeNanos = change.accessTimeNanos();
        }
        if (change.modificationTimeNanos() != null) {
            modificationTimeNanos = change.modificationTimeNanos();
        }
        changeTimeNanos = FileClock.nowNanos();
    }

    @Override
    public final int type() {
        return type;
    }

    @Override
    public final boolean opensItself() {
        return true;
    }

    /** Files that exist only while they are open cannot be opened again; pipes override this. */
    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ENXIO);
    }

    @Override
    public final FileSystem fileSystem() {
        return fileSystem;
    }
}
