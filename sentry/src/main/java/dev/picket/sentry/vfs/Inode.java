package dev.picket.sentry.vfs;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * A file of any type, without its names. File systems extend it; {@link PathWalk} and {@link FileOperations} check
 * permissions, names and mounts before they call, so an inode does neither.
 *
 * <p>Names are byte strings: a Java string whose characters are the bytes (ISO 8859-1), never empty, without '/' and NUL.
 *
 * <p>Operations on a directory are called with the directory's {@link Dentry} lock held.
 */
public abstract class Inode {
    private static final FileWatch[] UNWATCHED = {};
    private static final AtomicReferenceFieldUpdater<Inode, FileWatch[]> WATCHES =
            AtomicReferenceFieldUpdater.newUpdater(Inode.class, FileWatch[].class, "watches");

    private volatile FileLocks locks;
    private volatile FileWatch[] watches = UNWATCHED;

    /** The metadata, as stat(2) shows them. A snapshot. */
    public abstract Attributes attributes() throws ErrnoException;

    /** Changes the metadata named by {@code change}: mode, owner, times, size. */
    public void setAttributes(Caller caller, AttributeChange change) throws ErrnoException {
        throw ErrnoException.of(Errno.EROFS);
    }

    /** The type bits of the mode, S_IFMT of inode(7). Never changes. */
    public abstract int type();

    /**
     * Finds a child of a directory.
     *
     * @return the child, or null if there is none
     */
    public Inode lookup(Caller caller, String name) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOTDIR);
    }

    /**
     * Gives the entries of a directory, without "." and "..", to {@code sink}, until there are no more or the sink refuses
     * one. Unlike other operations this one is called without the directory's lock.
     *
     * @param position {@link DirectoryFile#FIRST}, or a {@code nextPosition} given out before; positions keep their meaning
     *     while entries come and go, and are below 2^48
     */
    public void entries(Caller caller, long position, DirectorySink sink) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOTDIR);
    }

    /** Whether a name once found may be kept in memory; false where names come and go by themselves, as in /proc. */
    public boolean cachesNames() {
        return true;
    }

    /** Makes a child: any type, described by {@code request}. EEXIST was checked. */
    public Inode create(Caller caller, String name, CreateRequest request) throws ErrnoException {
        throw ErrnoException.of(Errno.EROFS);
    }

    /** Makes a regular file without a name in this directory's file system, for O_TMPFILE; {@code linkable}: it may get one. */
    public Inode createUnnamed(Caller caller, CreateRequest request, boolean linkable) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    /** Makes one more name for {@code target}, which is of the same file system. */
    public void link(String name, Inode target) throws ErrnoException {
        throw ErrnoException.of(Errno.EPERM);
    }

    /** Removes the name of a child that is not a directory. */
    public void unlink(String name, Inode child) throws ErrnoException {
        throw ErrnoException.of(Errno.EROFS);
    }

    /** Removes an empty child directory; ENOTEMPTY if it is not empty. */
    public void removeDirectory(String name, Inode child) throws ErrnoException {
        throw ErrnoException.of(Errno.EROFS);
    }

    /**
     * Moves a child of this directory to {@code newName} in {@code newParent}, which is of the same file system.
     *
     * @param replaced what has the new name now and is replaced, or null
     * @param flags RENAME_NOREPLACE was checked; RENAME_EXCHANGE and RENAME_WHITEOUT are the file system's
     */
    public void rename(String oldName, Inode child, Inode newParent, String newName, Inode replaced, int flags)
            throws ErrnoException {
        throw ErrnoException.of(Errno.EROFS);
    }

    /** Target of a symbolic link. */
    public String readLink(Caller caller) throws ErrnoException {
        throw ErrnoException.of(Errno.EINVAL);
    }

    /** Where a magic link of /proc leads without a walk by name, or null if this is an ordinary link. */
    public Path followMagicLink(Caller caller) throws ErrnoException {
        return null;
    }

    /**
     * Opens the file. Permissions, O_CREAT, O_EXCL, O_TRUNC and O_DIRECTORY have been seen to.
     *
     * @param path the name it was opened by, kept for /proc/PID/fd and fchdir(2)
     * @param flags O_ flags of open(2)
     */
    public abstract OpenFile open(Caller caller, Path path, int flags) throws ErrnoException;

    /**
     * Whether {@link #open} works although this is a FIFO or a device: such a one is not looked up by {@link
     * SpecialFiles}.
     */
    public boolean opensItself() {
        return false;
    }

    /** The file system that this is a file of. */
    public abstract FileSystem fileSystem();

    /** Value of an extended attribute; ENODATA if there is none. See xattr(7). */
    public byte[] extendedAttribute(String name) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOTSUP);
    }

    /** Sets ({@code value} not null) or removes (null) an extended attribute. Flags: XATTR_CREATE, XATTR_REPLACE. */
    public void setExtendedAttribute(String name, byte[] value, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOTSUP);
    }

    /** Names of the extended attributes. */
    public String[] extendedAttributeNames() throws ErrnoException {
        return new String[0];
    }

    /** Seals of memfd_create(2), bits of F_SEAL_; EINVAL if this cannot have any. */
    public int seals() throws ErrnoException {
        throw ErrnoException.of(Errno.EINVAL);
    }

    /** Adds seals; EPERM if sealed against that, EBUSY for F_SEAL_WRITE while writable mappings exist. */
    public void addSeals(int seals) throws ErrnoException {
        throw ErrnoException.of(Errno.EINVAL);
    }

    /** Whether somebody has the file open for writing, so that it cannot be executed; see ETXTBSY of execve(2). */
    public boolean isOpenForWriting() {
        return false;
    }

    /** Whether seals keep anybody from writing, or mapping for writing, what is open for it. */
    public boolean isSealedAgainstWriting() {
        return false;
    }

    /** Who watches this file; not to be changed. */
    public final FileWatch[] watches() {
        return watches;
    }

    /** From now on {@code watch} hears what happens to this file, and keeps it in memory. */
    public final void addWatch(FileWatch watch) {
        fileSystem().watchBegan(this);
        WATCHES.updateAndGet(this, old -> {
            FileWatch[] more = Arrays.copyOf(old, old.length + 1);
            more[old.length] = watch;
            return more;
        });
    }

    /** Ends {@link #addWatch}; answers false if that has happened before. */
    public final boolean removeWatch(FileWatch watch) {
        while (true) {
            FileWatch[] old = watches;
            int index = Arrays.asList(old).indexOf(watch);
            if (index < 0) {
                return false;
            }
            FileWatch[] less = new FileWatch[old.length - 1];
            System.arraycopy(old, 0, less, 0, index);
            System.arraycopy(old, index + 1, less, index, less.length - index);
            if (WATCHES.compareAndSet(this, old, less.length == 0 ? UNWATCHED : less)) {
                fileSystem().watchEnded(this, less.length > 0);
                return true;
            }
        }
    }

    /** The locks that are held on this file. */
    public final FileLocks locks() {
        FileLocks existing = locks;
        if (existing == null) {
            synchronized (FileLocks.class) {
                existing = locks;
                if (existing == null) {
                    existing = new FileLocks(fileSystem().lockBudget());
                    locks = existing;
                }
            }
        }
        return existing;
    }

    /** The locks that are held on this file, or null if there never was one. */
    final FileLocks locksIfAny() {
        return locks;
    }
}
