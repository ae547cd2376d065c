package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Xattr;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.ExtendedAttributes;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.nio.charset.StandardCharsets;

/** The twelve calls of xattr(7): set, get, list and remove, each by path, by path of a link, and by descriptor. */
final class ExtendedAttributeCalls {
    private ExtendedAttributeCalls() {}

    /** setxattr(2). */
    static long setxattr(Task task, SyscallArguments args) throws ErrnoException {
        return set(task, args, place(task, args, true));
    }

    /** lsetxattr(2). */
    static long lsetxattr(Task task, SyscallArguments args) throws ErrnoException {
        return set(task, args, place(task, args, false));
    }

    /** fsetxattr(2). */
    static long fsetxattr(Task task, SyscallArguments args) throws ErrnoException {
        return set(task, args, opened(task, args));
    }

    /** getxattr(2). */
    static long getxattr(Task task, SyscallArguments args) throws ErrnoException {
        return get(task, args, place(task, args, true));
    }

    /** lgetxattr(2). */
    static long lgetxattr(Task task, SyscallArguments args) throws ErrnoException {
        return get(task, args, place(task, args, false));
    }

    /** fgetxattr(2). */
    static long fgetxattr(Task task, SyscallArguments args) throws ErrnoException {
        return get(task, args, opened(task, args));
    }

    /** listxattr(2). */
    static long listxattr(Task task, SyscallArguments args) throws ErrnoException {
        return list(task, args, place(task, args, true));
    }

    /** llistxattr(2). */
    static long llistxattr(Task task, SyscallArguments args) throws ErrnoException {
        return list(task, args, place(task, args, false));
    }

    /** flistxattr(2). */
    static long flistxattr(Task task, SyscallArguments args) throws ErrnoException {
        return list(task, args, opened(task, args));
    }

    /** removexattr(2). */
    static long removexattr(Task task, SyscallArguments args) throws ErrnoException {
        return remove(task, args, place(task, args, true));
    }

    /** lremovexattr(2). */
    static long lremovexattr(Task task, SyscallArguments args) throws ErrnoException {
        return remove(task, args, place(task, args, false));
    }

    /** fremovexattr(2). */
    static long fremovexattr(Task task, SyscallArguments args) throws ErrnoException {
        return remove(task, args, opened(task, args));
    }

    private static Path place(Task task, SyscallArguments args, boolean follow) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        return PathWalk.resolve(task, task.workingDirectory(), path, follow ? PathWalk.FOLLOW : 0);
    }

    private static Path opened(Task task, SyscallArguments args) throws ErrnoException {
        Path path = task.file(args.asInt(0)).path();
        if (path == null) {
            throw ErrnoException.of(Errno.EOPNOTSUPP); // pipes, sockets and the like have none
        }
        return path;
    }

    private static String name(Task task, SyscallArguments args) throws ErrnoException {
        String name;
        try {
            name = task.memory().copyInString(args.asAddress(1), Xattr.XATTR_NAME_MAX + 1);
        } catch (ErrnoException e) {
            throw ErrnoException.of(e.errno() == Errno.ENAMETOOLONG ? Errno.ERANGE : e.errno());
        }
        if (name.isEmpty()) {
            throw ErrnoException.of(Errno.ERANGE);
        }
        return name;
    }

    private static long set(Task task, SyscallArguments args, Path path) throws ErrnoException {
        String name = name(task, args);
        long address = args.asAddress(2);
        long size = args.asSize(3);
        int flags = args.asInt(4);
        if ((flags & ~(Xattr.XATTR_CREATE | Xattr.XATTR_REPLACE)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (Long.compareUnsigned(size, Xattr.XATTR_SIZE_MAX) > 0) {
            throw ErrnoException.of(Errno.E2BIG);
        }
        byte[] value = new byte[(int) size];
        task.memory().copyIn(address, value, 0, value.length);

        ExtendedAttributes.set(task, path, name, value, flags);
        return 0;
    }

    private static long get(Task task, SyscallArguments args, Path path) throws ErrnoException {
        String name = name(task, args);
        return store(task, args.asAddress(2), args.asSize(3), ExtendedAttributes.get(task, path, name));
    }

    private static long list(Task task, SyscallArguments args, Path path) throws ErrnoException {
        var text = new StringBuilder();
        for (String name : ExtendedAttributes.names(task, path)) {
            text.append(name).append('\0');
        }
        if (text.length() > Xattr.XATTR_LIST_MAX) {
            throw ErrnoException.of(Errno.E2BIG);
        }
        return store(task, args.asAddress(1), args.asSize(2), text.toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    private static long remove(Task task, SyscallArguments args, Path path) throws ErrnoException {
        ExtendedAttributes.remove(task, path, name(task, args));
        return 0;
    }

    /** Stores a result; a size of 0 only asks how long it is. */
    private static long store(Task task, long address, long size, byte[] bytes) throws ErrnoException {
        if (size == 0) {
            return bytes.length;
        }
        if (Long.compareUnsigned(size, bytes.length) < 0) {
            throw ErrnoException.of(Errno.ERANGE);
        }
        task.memory().copyOut(address, bytes, 0, bytes.length);
        return bytes.length;
    }
}
