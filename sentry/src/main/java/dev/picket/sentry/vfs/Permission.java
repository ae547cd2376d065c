package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;

/** Who may do what to a file, by its mode and owner and the caller's credentials; path_resolution(7), capabilities(7). */
public final class Permission {
    public static final int EXECUTE = 1;
    public static final int WRITE = 2;
    public static final int READ = 4;

    private Permission() {}

    /**
     * Checks the mode bits.
     *
     * @param wanted bits of {@link #READ}, {@link #WRITE}, {@link #EXECUTE} (for directories: search)
     * @throws ErrnoException EACCES
     */
    public static void check(Credentials credentials, Attributes attributes, int wanted) throws ErrnoException {
        if (!allows(credentials, attributes, wanted)) {
            throw ErrnoException.of(Errno.EACCES);
        }
    }

    /** As {@link #check}, and EROFS if something would be written through a mount that is read-only. */
    public static void check(Credentials credentials, Path path, int wanted) throws ErrnoException {
        Attributes attributes = path.inode().attributes();
        if ((wanted & WRITE) != 0 && path.mount().isReadOnly() && isStored(attributes.mode())) {
            throw ErrnoException.of(Errno.EROFS);
        }
        check(credentials, attributes, wanted);
    }

    public static boolean allows(Credentials credentials, Attributes attributes, int wanted) {
        int mode = attributes.mode();
        int granted;
        if (credentials.fileSystemUser() == attributes.user()) {
            granted = mode >> 6;
        } else if ((mode >> 3 & 7) != (mode & 7) && credentials.inGroup(attributes.group())) {
            granted = mode >> 3;
        } else {
            granted = mode;
        }
        if ((wanted & ~granted & 7) == 0) {
            return true;
        }
        boolean directory = (mode & FileMode.S_IFMT) == FileMode.S_IFDIR;
        // CAP_DAC_OVERRIDE executes only what somebody may execute.
        if (credentials.holdsOver(attributes.user(), attributes.group(), Credentials.CAP_DAC_OVERRIDE)
                && (directory || (wanted & EXECUTE) == 0 || (mode & FileMode.S_IXUGO) != 0)) {
            return true;
        }
        int readable = directory ? READ | EXECUTE : READ;
        return credentials.holdsOver(attributes.user(), attributes.group(), Credentials.CAP_DAC_READ_SEARCH)
                && (wanted & ~readable) == 0;
    }

    /** Whether the caller may do what only the owner may: chmod(2), utime(2) with times, fcntl's O_NOATIME. */
    public static boolean owns(Credentials credentials, Attributes attributes) {
        return credentials.fileSystemUser() == attributes.user()
                || credentials.holdsOver(attributes.user(), attributes.group(), Credentials.CAP_FOWNER);
    }

    /**
     * Checks that a name may be taken from a directory: write and search permission, and in a sticky directory the caller
     * must own the file or the directory.
     *
     * @throws ErrnoException EACCES or EPERM
     */
    static void checkRemoval(Credentials credentials, Path directory, Attributes child) throws ErrnoException {
        Attributes parent = directory.inode().attributes();
        check(credentials, parent, WRITE | EXECUTE);
        if ((parent.mode() & FileMode.S_ISVTX) != 0
                && credentials.fileSystemUser() != child.user()
                && credentials.fileSystemUser() != parent.user()
                && !credentials.holdsOver(child.user(), child.group(), Credentials.CAP_FOWNER)) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    /** Whether writing the file writes to its file system: not so for devices, pipes and sockets. */
    private static boolean isStored(int mode) {
        int type = mode & FileMode.S_IFMT;
        return type == FileMode.S_IFREG || type == FileMode.S_IFDIR || type == FileMode.S_IFLNK;
    }
}
