package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.Fcntl.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileStat;
import dev.picket.platform.linux.FileStatx;
import dev.picket.platform.linux.FileSystemStat;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.FileSystemStatus;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Metadata;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;

/** What files are: stat(2), statx(2), statfs(2), access(2). */
final class FileStatus {
    private static final int F_ACCESS_BITS = R_OK | W_OK | X_OK;

    private FileStatus() {}

    /** stat(2). */
    static long stat(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        long address = args.asAddress(1);

        Path found = PathWalk.resolve(task, task.workingDirectory(), path, PathWalk.FOLLOW);

        return store(task, found.inode(), address);
    }

    /** lstat(2). */
    static long lstat(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        long address = args.asAddress(1);

        Path found = PathWalk.resolve(task, task.workingDirectory(), path, 0);

        return store(task, found.inode(), address);
    }

    /** fstat(2). */
    static long fstat(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long address = args.asAddress(1);

        var file = task.fileOrPath(fd);

        return store(task, file.inode(), address);
    }

    /** newfstatat(2), which the C library calls fstatat. */
    static long newfstatat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        long address = args.asAddress(2);
        int flags = args.asInt(3);
        if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        Inode inode = inode(task, directory, path, flags);

        return store(task, inode, address);
    }

    /** statx(2). */
    static long statx(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int flags = args.asInt(2);
        int mask = args.asInt(3);
        long address = args.asAddress(4);
        int sync = AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC;
        if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | sync)) != 0
                || (flags & sync) == sync
                || (mask & FileStatx.STATX_RESERVED) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        Path place = place(task, directory, path, flags);
        Inode inode = place == null ? inode(task, directory, path, flags) : place.inode();
        Attributes attributes = inode.attributes();

        byte[] statx = new byte[FileStatx.SIZE];
        FileStatx.putMask(statx, FileStatx.STATX_BASIC_STATS | (place == null ? 0 : FileStatx.STATX_MNT_ID));
        if (place != null) {
            FileStatx.putMountId(statx, place.mount().id());
            boolean mountRoot = place.dentry() == place.mount().root();
            FileStatx.putAttributes(
                    statx, mountRoot ? FileStatx.STATX_ATTR_MOUNT_ROOT : 0, FileStatx.STATX_ATTR_MOUNT_ROOT);
        }
        FileStatx.putBlockSize(statx, attributes.blockSizeBytes());
        FileStatx.putLinks(statx, attributes.links());
        var space = task.credentials().userNamespace();
        FileStatx.putUser(statx, UserNamespace.userInside(space, attributes.user()));
        FileStatx.putGroup(statx, UserNamespace.groupInside(space, attributes.group()));
        FileStatx.putMode(statx, attributes.mode());
        FileStatx.putInode(statx, attributes.inode());
        FileStatx.putSize(statx, attributes.sizeBytes());
        FileStatx.putBlocks(statx, attributes.blocks());
        FileStatx.putAccessTime(statx, attributes.accessTimeNanos());
        FileStatx.putModificationTime(statx, attributes.modificationTimeNanos());
        FileStatx.putChangeTime(statx, attributes.changeTimeNanos());
        FileStatx.putDevice(statx, attributes.device());
        FileStatx.putDeviceNumber(statx, attributes.deviceNumber());
        task.memory().copyOut(address, statx, 0, statx.length);
        return 0;
    }

    /** statfs(2). */
    static long statfs(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        long address = args.asAddress(1);

        Path found = PathWalk.resolve(task, task.workingDirectory(), path, PathWalk.FOLLOW);

        return storeFileSystem(task, found.inode(), found.mount(), address);
    }

    /** fstatfs(2). */
    static long fstatfs(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);
        long address = args.asAddress(1);

        var file = task.fileOrPath(fd);

        return storeFileSystem(
                task, file.inode(), file.path() == null ? null : file.path().mount(), address);
    }

    /** access(2). */
    static long access(Task task, SyscallArguments args) throws ErrnoException {
        long path = args.asAddress(0);
        int wanted = args.asInt(1);

        return access(task, AT_FDCWD, path, wanted, 0);
    }

    /** The system call faccessat, which has no flags. */
    static long faccessat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        long path = args.asAddress(1);
        int wanted = args.asInt(2);

        return access(task, directory, path, wanted, 0);
    }

    /** faccessat2(2). */
    static long faccessat2(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        long path = args.asAddress(1);
        int wanted = args.asInt(2);
        int flags = args.asInt(3);

        return access(task, directory, path, wanted, flags);
    }

    private static long access(Task task, int directory, long pathAddress, int wanted, int flags)
            throws ErrnoException {
        if ((wanted & ~F_ACCESS_BITS) != 0 || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        String path = task.path(pathAddress); // Linux looks at it only now

        Credentials credentials = task.credentials();
        Path found = PathWalk.resolve(task, OpenClose.start(task, directory, path, flags), path, walk(flags));

        Metadata.checkAccess((flags & AT_EACCESS) != 0 ? credentials : ofRealIds(credentials), found, wanted);
        return 0;
    }

    /** Credentials with the real ids in place of the effective ones, and the capabilities that go with them. */
    private static Credentials ofRealIds(Credentials own) {
        if (own.fileSystemUser() == own.realUser() && own.fileSystemGroup() == own.realGroup()) {
            return own;
        }
        long effective = own.realUser() == own.rootUser() ? own.permitted() : 0;
        return new Credentials(
                own.realUser(),
                own.effectiveUser(),
                own.savedUser(),
                own.realUser(),
                own.realGroup(),
                own.effectiveGroup(),
                own.savedGroup(),
                own.realGroup(),
                own.groups(),
                own.permitted(),
                effective,
                own.inheritable(),
                own.bounding(),
                own.ambient(),
                own.userNamespace());
    }

    /** How to walk for a call with these AT_ flags. */
    static int walk(int flags) {
        int walk = (flags & AT_SYMLINK_NOFOLLOW) == 0 ? PathWalk.FOLLOW : 0;
        return (flags & AT_EMPTY_PATH) != 0 ? walk | PathWalk.EMPTY_PATH : walk;
    }

    /** The inode that a descriptor, a path and AT_ flags mean. With an empty path also that of a pipe or socket. */
    /** Where the file is; null for a descriptor of a pipe, a socket and the like. */
    private static Path place(Task task, int directory, String path, int flags) throws ErrnoException {
        if (path.isEmpty() && (flags & AT_EMPTY_PATH) != 0) {
            return directory == AT_FDCWD
                    ? task.workingDirectory()
                    : task.fileOrPath(directory).path();
        }
        return PathWalk.resolve(task, OpenClose.start(task, directory, path), path, walk(flags));
    }

    private static Inode inode(Task task, int directory, String path, int flags) throws ErrnoException {
        if (path.isEmpty() && (flags & AT_EMPTY_PATH) != 0) {
            return directory == AT_FDCWD
                    ? task.workingDirectory().inode()
                    : task.fileOrPath(directory).inode();
        }
        return PathWalk.resolve(task, OpenClose.start(task, directory, path, flags), path, walk(flags))
                .inode();
    }

    private static long store(Task task, Inode inode, long address) throws ErrnoException {
        Attributes attributes = inode.attributes();

        byte[] stat = new byte[FileStat.SIZE];
        Bytes.putLong(stat, FileStat.DEV, attributes.device());
        Bytes.putLong(stat, FileStat.INO, attributes.inode());
        Bytes.putLong(stat, FileStat.NLINK, attributes.links());
        Bytes.putInt(stat, FileStat.MODE, attributes.mode());
        var space = task.credentials().userNamespace();
        Bytes.putInt(stat, FileStat.UID, UserNamespace.userInside(space, attributes.user()));
        Bytes.putInt(stat, FileStat.GID, UserNamespace.groupInside(space, attributes.group()));
        Bytes.putLong(stat, FileStat.RDEV, attributes.deviceNumber());
        Bytes.putLong(stat, FileStat.SIZE_BYTES, attributes.sizeBytes());
        Bytes.putLong(stat, FileStat.BLKSIZE, attributes.blockSizeBytes());
        Bytes.putLong(stat, FileStat.BLOCKS, attributes.blocks());
        FileStat.putTime(stat, FileStat.ATIME, attributes.accessTimeNanos());
        FileStat.putTime(stat, FileStat.MTIME, attributes.modificationTimeNanos());
        FileStat.putTime(stat, FileStat.CTIME, attributes.changeTimeNanos());
        task.memory().copyOut(address, stat, 0, stat.length);
        return 0;
    }

    private static long storeFileSystem(Task task, Inode inode, Mount mount, long address) throws ErrnoException {
        FileSystemStatus status = inode.fileSystem().status();
        long device = inode.fileSystem().device();

        byte[] statfs = new byte[FileSystemStat.SIZE];
        Bytes.putLong(statfs, FileSystemStat.TYPE, status.magic());
        Bytes.putLong(statfs, FileSystemStat.BSIZE, status.blockSizeBytes());
        Bytes.putLong(statfs, FileSystemStat.BLOCKS, status.blocks());
        Bytes.putLong(statfs, FileSystemStat.BFREE, status.blocksFree());
        Bytes.putLong(statfs, FileSystemStat.BAVAIL, status.blocksAvailable());
        Bytes.putLong(statfs, FileSystemStat.FILES, status.files());
        Bytes.putLong(statfs, FileSystemStat.FFREE, status.filesFree());
        Bytes.putLong(statfs, FileSystemStat.FSID, device);
        Bytes.putLong(statfs, FileSystemStat.NAMELEN, status.nameMaximumBytes());
        Bytes.putLong(statfs, FileSystemStat.FRSIZE, status.blockSizeBytes());
        // The flags of a mount have the numbers of ST_RDONLY, ST_NOSUID and so on.
        long flags = mount == null ? 0 : mount.flags() | (mount.isReadOnly() ? Mount.READ_ONLY : 0);
        Bytes.putLong(statfs, FileSystemStat.FLAGS, FileSystemStat.ST_VALID | flags);
        task.memory().copyOut(address, statfs, 0, statfs.length);
        return 0;
    }
}
