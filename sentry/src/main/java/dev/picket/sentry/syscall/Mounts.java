package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.MountFlags.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.util.Set;

/** mount(2), umount2(2), pivot_root(2): for those with CAP_SYS_ADMIN, which containers do not have by default. */
final class Mounts {
    private static final int TYPE_BYTES = 4096;

    /** Types of which a sandbox has one file system, whatever mounts show it. */
    private static final Set<String> SINGLE = Set.of("proc", "sysfs", "devpts", "mqueue", "cgroup2");

    private Mounts() {}

    /** mount(2): tmpfs, bind mounts, and changes of flags. */
    static long mount(Task task, SyscallArguments args) throws ErrnoException {
        long sourceAddress = args.asAddress(0);
        String target = task.path(args.asAddress(1));
        long typeAddress = args.asAddress(2);
        long flags = args.asSize(3);
        long dataAddress = args.asAddress(4);
        if ((flags & MS_MGC_MSK) == MS_MGC_VAL) {
            flags &= ~MS_MGC_MSK;
        }
        String source = sourceAddress == 0 ? "none" : task.path(sourceAddress);

        checkPrivileged(task);
        Path where = PathWalk.resolve(task, task.workingDirectory(), target, PathWalk.FOLLOW);
        MountNamespace mounts = task.namespaces().mount().mounts();

        if ((flags & MS_REMOUNT) != 0) {
            mounts.remount(where, (int) flags & Mount.FLAGS);
        } else if ((flags & MS_BIND) != 0) {
            Path what = PathWalk.resolve(task, task.workingDirectory(), source, PathWalk.FOLLOW);
            if ((flags & MS_REC) != 0) {
                mounts.bindAll(what, where);
            } else {
                mounts.bind(what, where);
            }
        } else if ((flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)) != 0) {
            checkMountPoint(where); // there is one namespace, so nothing is ever propagated
        } else if ((flags & MS_MOVE) != 0) {
            mounts.move(PathWalk.resolve(task, task.workingDirectory(), source, PathWalk.FOLLOW), where);
        } else {
            String type = task.memory().copyInString(typeAddress, TYPE_BYTES);
            String data = dataAddress == 0 ? "" : task.memory().copyInString(dataAddress, TYPE_BYTES);
            if (!type.equals("tmpfs") && !type.equals("ramfs")) {
                mounts.mount(where, existing(task, mounts, type), (int) flags & Mount.FLAGS, source);
                return 0;
            }
            mounts.mount(where, memoryFileSystem(task, mounts, data), (int) flags & Mount.FLAGS, source);
        }
        return 0;
    }

    /** umount2(2). */
    static long umount2(Task task, SyscallArguments args) throws ErrnoException {
        String target = task.path(args.asAddress(0));
        int flags = args.asInt(1);
        if ((flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)) != 0 || (flags & MNT_EXPIRE) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }

        checkPrivileged(task);
        int walk = (flags & UMOUNT_NOFOLLOW) != 0 ? 0 : PathWalk.FOLLOW;
        Path where = PathWalk.resolve(task, task.workingDirectory(), target, walk);

        task.namespaces().mount().mounts().unmount(where, (flags & MNT_DETACH) != 0);
        return 0;
    }

    /** pivot_root(2). Changes root and working directory of the caller, not of other processes. */
    static long pivotRoot(Task task, SyscallArguments args) throws ErrnoException {
        String newRoot = task.path(args.asAddress(0));
        String putOld = task.path(args.asAddress(1));

        checkPrivileged(task);
        int walk = PathWalk.FOLLOW | PathWalk.DIRECTORY;
        Path root = PathWalk.resolve(task, task.workingDirectory(), newRoot, walk);
        Path old = PathWalk.resolve(task, task.workingDirectory(), putOld, walk);
        MountNamespace mounts = task.namespaces().mount().mounts();
        Path formerRoot = mounts.rootPath();

        mounts.pivot(root, old);
        var directories = task.directories();
        if (directories.root().equals(formerRoot)) {
            directories.setRoot(root);
        }
        if (directories.workingDirectory().equals(formerRoot)) {
            directories.setWorkingDirectory(root);
        }
        return 0;
    }

    private static void checkPrivileged(Task task) throws ErrnoException {
        var owner = task.namespaces().mount().owner();
        if (!task.credentials().holdsIn(owner, Credentials.CAP_SYS_ADMIN)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    /** A file system that there is one of in a sandbox, and that whoever mounts it sees once more; ENODEV. */
    private static FileSystem existing(Task task, MountNamespace mounts, String type) throws ErrnoException {
        if (!SINGLE.contains(type)) {
            throw ErrnoException.of(Errno.ENODEV);
        }
        Mount mount = mounts.ofType(type);
        if (mount == null) {
            mount = task.kernel().mounts().ofType(type);
        }
        if (mount == null) {
            throw ErrnoException.of(Errno.ENODEV);
        }
        return mount.fileSystem();
    }

    private static void checkMountPoint(Path where) throws ErrnoException {
        if (where.dentry() != where.mount().root()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    private static TmpfsFileSystem memoryFileSystem(Task task, MountNamespace mounts, String data)
            throws ErrnoException {
        long sizeBytes = 0;
        int mode = 01777;
        for (String option : data.split(",")) {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            String value = equals < 0 ? "" : option.substring(equals + 1);
            try {
                switch (name) {
                    case "size" -> sizeBytes = size(value);
                    case "mode" -> mode = Integer.parseInt(value, 8) & 07777;
                    case "", "rw", "ro", "nr_inodes", "nr_blocks", "huge", "uid", "gid", "mpol", "noswap" -> {}
                    default -> throw ErrnoException.of(Errno.EINVAL);
                }
            } catch (NumberFormatException e) {
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
        return task.kernel().newMemoryFileSystem(mounts.newDevice(), sizeBytes, mode);
    }

    /** A size as tmpfs(5) takes it: bytes, or with k, m or g behind it. */
    private static long size(String text) throws ErrnoException {
        if (text.isEmpty() || text.endsWith("%")) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int shift =
                switch (Character.toLowerCase(text.charAt(text.length() - 1))) {
                    case 'k' -> 10;
                    case 'm' -> 20;
                    case 'g' -> 30;
                    default -> 0;
                };
        long number = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
        if (number < 0 || number > Long.MAX_VALUE >> shift + 1) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return number << shift;
    }
}
