package dev.picket.sentry.fs.overlay;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.TmpfsInode;
import dev.picket.sentry.fs.tmpfs.TmpfsRegularFile;
import dev.picket.sentry.vfs.AttributeChange;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.NativeBuffer;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/**
 * A file of an overlay. It begins with what is below, or was made above; when something below is to be changed it is copied
 * up, and from then on the copy counts.
 */
class OverlayInode extends Inode {
    private static final long COPIED_AT_ONCE_BYTES = 1 << 20;

    private final OverlayFileSystem fileSystem;
    private final LowerKey key;
    private final Inode lower;
    private final long number;
    private final int type;
    private final Object copyUpLock = new Object();
    private volatile TmpfsInode upper;

    /** Open files that read what is below, and are to see the copy when there is one; guarded by {@link #copyUpLock}. */
    private int lowerReaders;

    /** Names that came and went while this was not copied up; guarded by {@link #copyUpLock}. */
    private int linkChange;

    /** A file that is below. */
    OverlayInode(OverlayFileSystem fileSystem, LowerKey key, Inode lower) {
        this.fileSystem = fileSystem;
        this.key = key;
        this.lower = lower;
        this.number = key.number();
        this.type = lower.type();
    }

    /** A file that was made above. */
    OverlayInode(OverlayFileSystem fileSystem, TmpfsInode upper) {
        this.fileSystem = fileSystem;
        this.key = null;
        this.lower = null;
        this.number = OverlayFileSystem.upperNumber(upper.number());
        this.type = upper.type();
        this.upper = upper;
    }

    final OverlayFileSystem overlay() {
        return fileSystem;
    }

    final long number() {
        return number;
    }

    final TmpfsInode upper() {
        return upper;
    }

    /** What counts now: the copy, or what is below. */
    private Inode current() {
        TmpfsInode copy = upper;
        return copy != null ? copy : lower;
    }

    @Override
    public final int type() {
        return type;
    }

    @Override
    public final FileSystem fileSystem() {
        return fileSystem;
    }

    @Override
    public Attributes attributes() throws ErrnoException {
        TmpfsInode copy = upper;
        if (copy != null) {
            return shown(copy.attributes(), 0);
        }
        synchronized (copyUpLock) {
            return shown(current().attributes(), upper == null ? linkChange : 0);
        }
    }

    private Attributes shown(Attributes from, long linkDifference) {
        return new Attributes(
                fileSystem.device(),
                number,
                from.mode(),
                from.links() + linkDifference,
                from.user(),
                from.group(),
                from.deviceNumber(),
                from.sizeBytes(),
                from.blockSizeBytes(),
                from.blocks(),
                from.accessTimeNanos(),
                from.modificationTimeNanos(),
                from.changeTimeNanos());
    }

    @Override
    public boolean isOpenForWriting() {
        TmpfsInode copy = upper;
        return copy != null && copy.isOpenForWriting();
    }

    @Override
    public void setAttributes(Caller caller, AttributeChange change) throws ErrnoException {
        boolean empties = change.sizeBytes() != null && change.sizeBytes() == 0;
        copyUp(caller, !empties).setAttributes(caller, change);
    }

    // ---- Copying up

    /** The copy, which is made if there is none. */
    final TmpfsInode copyUp(Caller caller) throws ErrnoException {
        return copyUp(caller, true);
    }

    private TmpfsInode copyUp(Caller caller, boolean withContents) throws ErrnoException {
        TmpfsInode existing = upper;
        if (existing != null) {
            return existing;
        }
        synchronized (copyUpLock) {
            if (upper != null) {
                return upper;
            }
            Attributes attributes = lower.attributes();
            String target = type == FileMode.S_IFLNK ? lower.readLink(caller) : null;
            var request = new CreateRequest(
                    attributes.mode(), attributes.user(), attributes.group(), attributes.deviceNumber(), target);
            TmpfsInode copy = fileSystem.upper().newInode(request);
            try {
                for (String name : lower.extendedAttributeNames()) {
                    copy.setExtendedAttribute(name, lower.extendedAttribute(name), 0);
                }
                if (withContents && copy instanceof TmpfsRegularFile file) {
                    copyContents(caller, file, attributes.sizeBytes());
                }
            } catch (ErrnoException e) {
                copy.changeLinks((int) -copy.links());
                throw e;
            }
            copy.adopt(shown(attributes, linkChange));
            for (int reader = 0; reader < lowerReaders; reader++) {
                copy.hold(); // also if it loses its names before they read on
            }
            fileSystem.pin(key, this);
            upper = copy;
            return copy;
        }
    }

    private void copyContents(Caller caller, TmpfsRegularFile copy, long sizeBytes) throws ErrnoException {
        OpenFile source = lower.open(caller, null, Fcntl.O_RDONLY);
        try {
            for (long done = 0; done < sizeBytes; ) {
                long step = Math.min(COPIED_AT_ONCE_BYTES, sizeBytes - done);
                var buffer = new NativeBuffer(copy.contents().extend(step), step);
                while (buffer.remaining() > 0) {
                    // Should the host have cut the file off meanwhile, the rest stays zero.
                    if (source.readAt(buffer, done + step - buffer.remaining()) <= 0) {
                        break;
                    }
                }
                done += step;
            }
        } finally {
            source.release();
        }
    }

    // ---- Names

    /** One name more. */
    final void addLink(Caller caller) throws ErrnoException {
        TmpfsInode copy = copyUp(caller);
        if (copy.links() == 0 && !(copy instanceof TmpfsRegularFile file && file.isLinkable())) {
            throw ErrnoException.of(Errno.ENOENT); // removed meanwhile: link(2) brings nothing back
        }
        copy.changeLinks(1);
    }

    /** One name less. */
    final void dropLink() throws ErrnoException {
        long left;
        synchronized (copyUpLock) {
            TmpfsInode copy = upper;
            if (copy != null) {
                copy.changeLinks(-1);
                left = copy.links();
            } else {
                linkChange--;
                left = lower.attributes().links() + linkChange;
                if (left > 0) {
                    fileSystem.pin(key, this); // what its other names show must not be forgotten
                }
            }
        }
        if (left <= 0 && key != null) {
            fileSystem.unpin(key);
        }
    }

    /** A directory is gone. */
    final void dropAll() {
        synchronized (copyUpLock) {
            if (upper != null) {
                upper.changeLinks((int) -upper.links());
            }
        }
        if (key != null) {
            fileSystem.unpin(key);
        }
    }

    // ---- Contents

    @Override
    public String readLink(Caller caller) throws ErrnoException {
        return current().readLink(caller);
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) throws ErrnoException {
        if (type == FileMode.S_IFREG && (flags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY) {
            copyUp(caller);
        }
        TmpfsInode copy = upper;
        if (copy != null) {
            return copy.openAs(this, caller, path, flags);
        }
        if (type == FileMode.S_IFREG) {
            synchronized (copyUpLock) {
                if (upper != null) {
                    return upper.openAs(this, caller, path, flags);
                }
                OpenFile below = lower.open(caller, path, flags);
                lowerReaders++;
                return new LowerFile(this, below, path, flags);
            }
        }
        throw ErrnoException.of(type == FileMode.S_IFLNK ? Errno.ELOOP : Errno.ENXIO);
    }

    /** An open file does not read what is below any more: it is closed, or has opened the copy. */
    final void dropLowerReader() {
        synchronized (copyUpLock) {
            lowerReaders--;
            if (upper != null) {
                upper.letGo();
            }
        }
    }

    // ---- Extended attributes

    @Override
    public byte[] extendedAttribute(String name) throws ErrnoException {
        return current().extendedAttribute(name);
    }

    @Override
    public void setExtendedAttribute(String name, byte[] value, int flags) throws ErrnoException {
        // No caller: it matters to nobody who is in an image or on the host.
        copyUp(null).setExtendedAttribute(name, value, flags);
    }

    @Override
    public String[] extendedAttributeNames() throws ErrnoException {
        return current().extendedAttributeNames();
    }
}
