package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.AttributeChange;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.FileClock;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.Metadata;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** What files in memory of all types have: owner, mode, times, number of names, extended attributes. */
public abstract class TmpfsInode extends Inode {
    private static final long DAY_NANOS = 86_400_000_000_000L;

    private final TmpfsFileSystem fileSystem;
    private final long number;
    private final int type;
    private final long deviceNumber;
    private int permissions;
    private int user;
    private int group;
    private long links;
    private int openFiles;
    private boolean reclaimed;
    private long accessTimeNanos = FileClock.nowNanos();
    private long modificationTimeNanos = accessTimeNanos;
    private long changeTimeNanos = accessTimeNanos;
    private NamedValues extendedAttributes;

    TmpfsInode(TmpfsFileSystem fileSystem, CreateRequest request) throws ErrnoException {
        fileSystem.budget().takeInode();
        this.fileSystem = fileSystem;
        this.number = fileSystem.nextInodeNumber();
        this.type = request.mode() & FileMode.S_IFMT;
        this.permissions = request.mode() & FileMode.S_IALLUGO;
        this.user = request.user();
        this.group = request.group();
        this.deviceNumber = request.deviceNumber();
        this.links = type == FileMode.S_IFDIR ? 2 : 1;
    }

    /** Size for stat(2). */
    long sizeBytes() {
        return 0;
    }

    /** Pages of contents for stat(2). */
    long pages() {
        return 0;
    }

    @Override
    public synchronized Attributes attributes() {
        return new Attributes(
                fileSystem.device(),
                number,
                type | permissions,
                links,
                user,
                group,
                deviceNumber,
                sizeBytes(),
                Budget.PAGE_BYTES,
                pages() * (Budget.PAGE_BYTES / 512),
                accessTimeNanos,
                modificationTimeNanos,
                changeTimeNanos);
    }

    @Override
    public void setAttributes(Caller caller, AttributeChange change) throws ErrnoException {
        if (change.mode() != null) {
            checkMode(change.mode());
        }
        if (change.sizeBytes() != null) {
            truncate(change.sizeBytes());
        }
        synchronized (this) {
            long now = FileClock.nowNanos();
            if (change.mode() != null) {
                permissions = change.mode() & FileMode.S_IALLUGO;
            }
            if (change.sizeBytes() != null || (change.user() != null || change.group() != null) && !isDirectory()) {
                dropCapabilities();
            }
            if (change.user() != null) {
                user = change.user();
            }
            if (change.group() != null) {
                group = change.group();
            }
            if (change.sizeBytes() != null) {
                modificationTimeNanos = now;
            }
            if (change.accessTimeNanos() != null) {
                accessTimeNanos = change.accessTimeNanos();
            }
            if (change.modificationTimeNanos() != null) {
                modificationTimeNanos = change.modificationTimeNanos();
            }
            changeTimeNanos = now;
        }
    }

    private boolean isDirectory() {
        return type == FileMode.S_IFDIR;
    }

    /** Permission bits now. */
    final synchronized int mode() {
        return permissions;
    }

    /** Checks that the permission bits may become these: EPERM. */
    void checkMode(int newPermissions) throws ErrnoException {}

    /** Takes over the metadata of another file, when a file is copied up. */
    public synchronized void adopt(Attributes from) {
        permissions = from.mode() & FileMode.S_IALLUGO;
        user = from.user();
        group = from.group();
        links = from.links();
        accessTimeNanos = from.accessTimeNanos();
        modificationTimeNanos = from.modificationTimeNanos();
        changeTimeNanos = from.changeTimeNanos();
    }

    void truncate(long sizeBytes) throws ErrnoException {
        throw ErrnoException.of(type == FileMode.S_IFDIR ? Errno.EISDIR : Errno.EINVAL);
    }

    @Override
    public final int type() {
        return type;
    }

    @Override
    public FileSystem fileSystem() {
        return fileSystem;
    }

    final TmpfsFileSystem tmpfs() {
        return fileSystem;
    }

    public final long number() {
        return number;
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        return openAs(this, caller, path, flags);
    }

    /**
     * Opens this file for an inode that stands in front of it, in an overlay.
     *
     * @param shown the inode that the open file is of
     */
    public OpenFile openAs(Inode shown, Caller caller, Path path, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.ENXIO); // FIFOs and devices are opened by others, sockets by nobody
    }

    // ---- Names

    public synchronized long links() {
        return links;
    }

    /** Counts names that came or went; without any, and not open, the file gives back what it takes. */
    public void changeLinks(int difference) {
        boolean gone;
        synchronized (this) {
            links += difference;
            changeTimeNanos = FileClock.nowNanos();
            gone = takeReclaim();
        }
        if (gone) {
            reclaim();
        }
    }

    /**
     * Keeps the file, though it may lose all its names: it is open, or about to be.
     *
     * @throws ErrnoException ENOENT if it is gone already
     */
    public synchronized void hold() throws ErrnoException {
        if (reclaimed) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        openFiles++;
    }

    /** Takes back one {@link #hold}. */
    public void letGo() {
        boolean gone;
        synchronized (this) {
            openFiles--;
            gone = takeReclaim();
        }
        if (gone) {
            reclaim();
        }
    }

    private boolean takeReclaim() {
        boolean gone = links <= 0 && openFiles == 0 && !reclaimed;
        reclaimed |= gone;
        return gone;
    }

    /** Gives back what the file takes. Nobody reaches it any more. */
    void reclaim() {
        synchronized (this) {
            if (extendedAttributes != null) {
                extendedAttributes.clear();
            }
        }
        fileSystem.budget().returnInode();
    }

    // ---- Times

    /** Contents changed. */
    public synchronized void touchModification() {
        modificationTimeNanos = FileClock.nowNanos();
        changeTimeNanos = modificationTimeNanos;
    }

    /** Contents or owner were changed: capabilities of the file were not meant for what it is now. */
    synchronized void dropCapabilities() {
        if (extendedAttributes != null) {
            extendedAttributes.discard("security.capability");
        }
    }

    /** Contents were changed by one who may not keep what makes a program run as its owner. */
    synchronized void dropPrivileges() {
        int bits = Metadata.withoutPrivileges(permissions);
        permissions = bits;
    }

    /** Contents were read; relatime of mount(8): noted only if it is news since the last change, or after a day. */
    synchronized void touchAccess() {
        long now = FileClock.nowNanos();
        if (accessTimeNanos <= modificationTimeNanos
                || accessTimeNanos <= changeTimeNanos
                || now - accessTimeNanos > DAY_NANOS) {
            accessTimeNanos = now;
        }
    }

    // ---- Extended attributes

    @Override
    public synchronized byte[] extendedAttribute(String name) throws ErrnoException {
        if (extendedAttributes == null) {
            throw ErrnoException.of(Errno.ENODATA);
        }
        return extendedAttributes.get(name);
    }

    @Override
    public synchronized void setExtendedAttribute(String name, byte[] value, int flags) throws ErrnoException {
        if (extendedAttributes == null) {
            extendedAttributes = new NamedValues(fileSystem.budget());
        }
        extendedAttributes.set(name, value, flags);
        changeTimeNanos = FileClock.nowNanos();
    }

    @Override
    public synchronized String[] extendedAttributeNames() {
        return extendedAttributes == null ? new String[0] : extendedAttributes.names();
    }
}
