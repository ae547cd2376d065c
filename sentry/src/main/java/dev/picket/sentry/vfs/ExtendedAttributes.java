package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Inotify;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import java.util.Arrays;

/** Extended attributes, with the checks that belong to their name spaces; xattr(7). */
public final class ExtendedAttributes {
    private ExtendedAttributes() {}

    /** getxattr(2). */
    public static byte[] get(Caller caller, Path path, String name) throws ErrnoException {
        check(caller, path, name, false);
        return path.inode().extendedAttribute(name);
    }

    /** setxattr(2). Flags: XATTR_CREATE, XATTR_REPLACE. */
    public static void set(Caller caller, Path path, String name, byte[] value, int flags) throws ErrnoException {
        check(caller, path, name, true);
        path.inode().setExtendedAttribute(name, value, flags);
        FileEvents.happened(path, Inotify.IN_ATTRIB);
    }

    /** removexattr(2). */
    public static void remove(Caller caller, Path path, String name) throws ErrnoException {
        check(caller, path, name, true);
        path.inode().setExtendedAttribute(name, null, 0);
        FileEvents.happened(path, Inotify.IN_ATTRIB);
    }

    /** listxattr(2): trusted attributes are only there for those who may read them. */
    public static String[] names(Caller caller, Path path) throws ErrnoException {
        String[] names = path.inode().extendedAttributeNames();
        if (caller.credentials().has(Credentials.CAP_SYS_ADMIN)) {
            return names;
        }
        return Arrays.stream(names).filter(name -> !name.startsWith("trusted.")).toArray(String[]::new);
    }

    private static void check(Caller caller, Path path, String name, boolean write) throws ErrnoException {
        Credentials credentials = caller.credentials();
        if (write) {
            FileOperations.checkWritable(path);
        }
        if (name.startsWith("trusted.")) {
            if (!credentials.has(Credentials.CAP_SYS_ADMIN)) {
                throw ErrnoException.of(write ? Errno.EPERM : Errno.ENODATA);
            }
        } else if (name.startsWith("security.")) {
            int needed = name.equals("security.capability") ? Credentials.CAP_SETFCAP : Credentials.CAP_SYS_ADMIN;
            if (write && !credentials.has(needed)) {
                throw ErrnoException.of(Errno.EPERM);
            }
        } else if (name.startsWith("user.")) {
            checkUser(credentials, path, write);
        } else {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
    }

    private static void checkUser(Credentials credentials, Path path, boolean write) throws ErrnoException {
        int type = path.inode().type();
        if (type != FileMode.S_IFREG && type != FileMode.S_IFDIR) {
            throw ErrnoException.of(write ? Errno.EPERM : Errno.ENODATA);
        }
        Attributes attributes = path.inode().attributes();
        if (write
                && type == FileMode.S_IFDIR
                && (attributes.mode() & FileMode.S_ISVTX) != 0
                && !Permission.owns(credentials, attributes)) {
            throw ErrnoException.of(Errno.EPERM);
        }
        Permission.check(credentials, attributes, write ? Permission.WRITE : Permission.READ);
    }
}
