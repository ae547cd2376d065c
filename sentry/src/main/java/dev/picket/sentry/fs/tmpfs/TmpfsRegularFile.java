package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A regular file in memory. */
public final class TmpfsRegularFile extends TmpfsInode {
    private static final int WRITE_SEALS = Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE;
    private static final int KNOWN_SEALS =
            Fcntl.F_SEAL_SEAL | Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | WRITE_SEALS | Fcntl.F_SEAL_EXEC;

    private final FileContents contents;
    private boolean linkable;
    private int seals = Fcntl.F_SEAL_SEAL;
    private boolean sealable;
    private boolean held;

    /** Open files that can be written. */
    private int writers;

    /** Mappings that can be written, or could be made so. */
    private int writableMappings;

    TmpfsRegularFile(TmpfsFileSystem fileSystem, CreateRequest request) throws ErrnoException {
        super(fileSystem, request);
        contents = new FileContents(fileSystem.frames(), fileSystem.budget());
    }

    /** The bytes. */
    public FileContents contents() {
        return contents;
    }

    /** May get a first name later; O_TMPFILE. */
    void setLinkable() {
        linkable = true;
    }

    public boolean isLinkable() {
        return linkable;
    }

    /** Keeps the file, which has no name, until it is opened for the first time. */
    synchronized void holdForFirstOpen() throws ErrnoException {
        held = true;
        hold();
    }

    /** Takes seals from now on: a file of memfd_create(2) with MFD_ALLOW_SEALING. Others have F_SEAL_SEAL. */
    void allowSeals(int initial) {
        seals = initial;
        sealable = true;
    }

    /** A file of memfd_create(2) without MFD_ALLOW_SEALING: it has seals to show, but takes none. */
    void showSeals() {
        sealable = true;
    }

    @Override
    long sizeBytes() {
        return contents.sizeBytes();
    }

    @Override
    long pages() {
        return contents.usedPages();
    }

    @Override
    void truncate(long sizeBytes) throws ErrnoException {
        synchronized (contents.writeLock()) {
            checkSize(sizeBytes);
            contents.truncate(sizeBytes);
            contents.cutOffMappings();
        }
    }

    @Override
    void reclaim() {
        super.reclaim();
        contents.abandon();
    }

    // ---- Seals; guarded by the monitor

    @Override
    public synchronized int seals() throws ErrnoException {
        if (!sealable) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return seals;
    }

    @Override
    public synchronized void addSeals(int added) throws ErrnoException {
        if (!sealable || (added & ~KNOWN_SEALS) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if ((seals & Fcntl.F_SEAL_SEAL) != 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
        int implied = added;
        if ((added & Fcntl.F_SEAL_EXEC) != 0 && (mode() & FileMode.S_IXUGO) != 0) {
            // What may be executed may not be changed from then on; see memfd_create(2).
            implied |= Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | WRITE_SEALS;
        }
        if ((implied & Fcntl.F_SEAL_WRITE) != 0 && (seals & Fcntl.F_SEAL_WRITE) == 0 && writableMappings > 0) {
            throw ErrnoException.of(Errno.EBUSY);
        }
        seals |= implied;
    }

    synchronized void checkWritable() throws ErrnoException {
        if ((seals & WRITE_SEALS) != 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    @Override
    void checkMode(int newPermissions) throws ErrnoException {
        synchronized (this) {
            boolean changes = ((mode() ^ newPermissions) & FileMode.S_IXUGO) != 0;
            if (changes && sealable && (seals & Fcntl.F_SEAL_EXEC) != 0) {
                throw ErrnoException.of(Errno.EPERM);
            }
        }
    }

    /** Checks that the file may get this size. */
    void checkSize(long newSizeBytes) throws ErrnoException {
        long size = contents.sizeBytes();
        synchronized (this) {
            boolean shrinks = newSizeBytes < size && (seals & Fcntl.F_SEAL_SHRINK) != 0;
            boolean grows = newSizeBytes > size && (seals & Fcntl.F_SEAL_GROW) != 0;
            if (shrinks || grows) {
                throw ErrnoException.of(Errno.EPERM);
            }
        }
    }

    /** Whether not even mappings that there were before may write; those F_SEAL_FUTURE_WRITE leaves alone. */
    synchronized boolean isSealedAgainstMapped() {
        return (seals & Fcntl.F_SEAL_WRITE) != 0;
    }

    @Override
    public synchronized boolean isSealedAgainstWriting() {
        return (seals & WRITE_SEALS) != 0;
    }

    synchronized void changeWriters(int difference) {
        writers += difference;
    }

    @Override
    public synchronized boolean isOpenForWriting() {
        return writers > 0;
    }

    @Override
    public OpenFile openAs(Inode shown, Caller caller, Path path, int flags) throws ErrnoException {
        return open(shown, path, flags, caller.credentials().has(Credentials.CAP_FSETID));
    }

    /** Opens the file for one who only reads, so that it does not matter who that is. */
    public OpenFile openForReading(Inode shown, Path path, int flags) throws ErrnoException {
        return open(shown, path, flags, false);
    }

    private OpenFile open(Inode shown, Path path, int flags, boolean keepsPrivileges) throws ErrnoException {
        var file = new TmpfsOpenFile(this, shown, path, flags, keepsPrivileges);
        boolean wasHeld;
        synchronized (this) {
            wasHeld = held;
            held = false;
        }
        if (wasHeld) {
            letGo();
        }
        return file;
    }

    synchronized void changeWritableMappings(int difference) {
        writableMappings += difference;
    }

    /**
     * What mmap(2) of this file maps.
     *
     * @param writable whether the mapping is shared, and the file open for writing: then it keeps F_SEAL_WRITE away
     */
    public Mappable mappable(Inode shown, Path path, boolean writable) {
        return new TmpfsMappable(this, shown, path, writable);
    }
}
