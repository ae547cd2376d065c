package dev.picket.sentry.syscall;

import static dev.picket.platform.linux.DirectoryEntry.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathName;
import dev.picket.sentry.vfs.PathWalk;
import dev.picket.sentry.vfs.Permission;
import java.nio.charset.StandardCharsets;

/** Making, removing and listing directories, and the working and root directory: mkdir(2), getdents(2), chdir(2). */
final class Directories {
    /** What one getdents call answers at most, however large the guest's buffer is. */
    private static final int LISTING_BYTES = 64 * 1024;

    private Directories() {}

    /** mkdir(2). */
    static long mkdir(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));
        int mode = args.asMode(1);

        FileOperations.makeDirectory(
                task, task.workingDirectory(), path, mode & ~task.directories().umask());
        return 0;
    }

    /** mkdirat(2). */
    static long mkdirat(Task task, SyscallArguments args) throws ErrnoException {
        int directory = args.asInt(0);
        String path = task.path(args.asAddress(1));
        int mode = args.asMode(2);

        Path start = OpenClose.start(task, directory, path);
        FileOperations.makeDirectory(
                task, start, path, mode & ~task.directories().umask());
        return 0;
    }

    /** rmdir(2). */
    static long rmdir(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));

        FileOperations.removeDirectory(task, task.workingDirectory(), path);
        return 0;
    }

    /** getdents64(2). */
    static long getdents64(Task task, SyscallArguments args) throws ErrnoException {
        return list(task, args, NAME);
    }

    /** getdents(2), with the older struct. */
    static long getdents(Task task, SyscallArguments args) throws ErrnoException {
        return list(task, args, OLD_NAME);
    }

    private static long list(Task task, SyscallArguments args, int nameOffset) throws ErrnoException {
        int fd = args.asInt(0);
        long address = args.asAddress(1);
        long count = args.asInt(2) & 0xffffffffL;

        OpenFile file = task.file(fd);
        var entries = new Entries((int) Math.min(count, LISTING_BYTES), nameOffset);
        file.readDirectory(task, entries);
        file.noteAccess();

        if (entries.used == 0 && entries.refused) {
            throw ErrnoException.of(Errno.EINVAL); // not even one entry fits
        }
        task.memory().copyOut(address, entries.bytes, 0, entries.used);
        return entries.used;
    }

    /** Puts entries behind one another. */
    private static final class Entries implements dev.picket.sentry.vfs.DirectorySink {
        private final byte[] bytes;
        private final int nameOffset;
        private int used;
        private boolean refused;

        Entries(int room, int nameOffset) {
            this.bytes = new byte[room];
            this.nameOffset = nameOffset;
        }

        @Override
        public boolean accept(String name, long inode, int type, long nextPosition) {
            boolean old = nameOffset == OLD_NAME;
            int tail = old ? 2 : 1; // the NUL, and in the older struct the type
            int length = nameOffset + name.length() + tail + 7 & ~7;
            if (length > bytes.length - used) {
                refused = true;
                return false;
            }
            Bytes.putLong(bytes, used + INO, inode);
            Bytes.putLong(bytes, used + OFF, nextPosition);
            Bytes.putShort(bytes, used + RECLEN, length);
            bytes[old ? used + length - 1 : used + TYPE] = (byte) type;
            byte[] text = name.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(text, 0, bytes, used + nameOffset, text.length);
            used += length;
            return true;
        }
    }

    /** chdir(2). */
    static long chdir(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));

        Path found = PathWalk.resolve(task, task.workingDirectory(), path, PathWalk.FOLLOW | PathWalk.DIRECTORY);

        return enter(task, found);
    }

    /** fchdir(2). */
    static long fchdir(Task task, SyscallArguments args) throws ErrnoException {
        int fd = args.asInt(0);

        OpenFile file = task.fileOrPath(fd);
        if (file.path() == null || file.inode().type() != FileMode.S_IFDIR) {
            throw ErrnoException.of(Errno.ENOTDIR);
        }

        return enter(task, file.path());
    }

    private static long enter(Task task, Path directory) throws ErrnoException {
        Permission.check(task.credentials(), directory.inode().attributes(), Permission.EXECUTE);
        task.directories().setWorkingDirectory(directory);
        return 0;
    }

    /** chroot(2). The working directory stays where it is. */
    static long chroot(Task task, SyscallArguments args) throws ErrnoException {
        String path = task.path(args.asAddress(0));

        Path found = PathWalk.resolve(task, task.workingDirectory(), path, PathWalk.FOLLOW | PathWalk.DIRECTORY);
        Permission.check(task.credentials(), found.inode().attributes(), Permission.EXECUTE);
        if (!task.credentials().holds(Credentials.CAP_SYS_CHROOT)) {
            throw ErrnoException.of(Errno.EPERM);
        }

        task.directories().setRoot(found);
        return 0;
    }

    /** The system call getcwd, which answers the length including the NUL; see getcwd(3). */
    static long getcwd(Task task, SyscallArguments args) throws ErrnoException {
        long address = args.asAddress(0);
        long size = args.asSize(1);

        Path here = task.workingDirectory();
        byte[] name = (PathName.ofWorkingDirectory(task.root(), here) + "\0").getBytes(StandardCharsets.ISO_8859_1);

        if (Long.compareUnsigned(size, name.length) < 0) {
            throw ErrnoException.of(Errno.ERANGE);
        }
        task.memory().copyOut(address, name, 0, name.length);
        return name.length;
    }
}
