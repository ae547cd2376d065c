package dev.picket.sentry.fs.tmpfs;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.DirectoryFile;
import dev.picket.sentry.vfs.DirectorySink;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;

/** A directory in memory. */
public final class TmpfsDirectory extends TmpfsInode {
    /** What stat(2) shows as size of an entry, as Linux's tmpfs does. */
    private static final int SHOWN_ENTRY_BYTES = 20;

    private final DirectoryEntries<TmpfsInode> entries;

    TmpfsDirectory(TmpfsFileSystem fileSystem, CreateRequest request) throws ErrnoException {
        super(fileSystem, request);
        entries = new DirectoryEntries<>(fileSystem.budget(), 2);
    }

    @Override
    long sizeBytes() {
        return (entries.size() + 2L) * SHOWN_ENTRY_BYTES;
    }

    @Override
    public Inode lookup(Caller caller, String name) {
        return entries.get(name);
    }

    @Override
    public Inode create(Caller caller, String name, CreateRequest request) throws ErrnoException {
        TmpfsInode made = tmpfs().newInode(request);
        try {
            entries.put(name, made);
        } catch (ErrnoException e) {
            made.changeLinks((int) -made.links());
            throw e;
        }
        if (made.type() == FileMode.S_IFDIR) {
            changeLinks(1);
        }
        touchModification();
        return made;
    }

    @Override
    public Inode createUnnamed(Caller caller, CreateRequest request, boolean linkable) throws ErrnoException {
        return tmpfs().newUnnamed(request, linkable);
    }

    @Override
    public void link(String name, Inode target) throws ErrnoException {
        var inode = (TmpfsInode) target;
        if (inode.links() == 0 && !(inode instanceof TmpfsRegularFile file && file.isLinkable())) {
            throw ErrnoException.of(Errno.ENOENT); // removed meanwhile: link(2) brings nothing back
        }
        entries.put(name, inode);
        inode.changeLinks(1);
        touchModification();
    }

    @Override
    public void unlink(String name, Inode child) {
        entries.remove(name);
        ((TmpfsInode) child).changeLinks(-1);
        touchModification();
    }

    @Override
    public void removeDirectory(String name, Inode child) throws ErrnoException {
        var directory = (TmpfsDirectory) child;
        if (directory.entries.size() > 0) {
            throw ErrnoException.of(Errno.ENOTEMPTY);
        }
        entries.remove(name);
        directory.changeLinks(-2);
        changeLinks(-1);
        touchModification();
    }

    @Override
    public void rename(String oldName, Inode child, Inode newParent, String newName, Inode replaced, int flags)
            throws ErrnoException {
        var target = (TmpfsDirectory) newParent;
        var moved = (TmpfsInode) child;
        if ((flags & Fcntl.RENAME_EXCHANGE) != 0) {
            exchange(oldName, moved, target, newName, (TmpfsInode) replaced);
            return;
        }
        TmpfsInode whiteout = null;
        if ((flags & Fcntl.RENAME_WHITEOUT) != 0) {
            whiteout = tmpfs().newInode(new CreateRequest(FileMode.S_IFCHR, 0, 0, 0, null));
        }
        if (replaced instanceof TmpfsDirectory directory && directory.entries.size() > 0) {
            throw ErrnoException.of(Errno.ENOTEMPTY);
        }
        target.entries.put(newName, moved);
        if (whiteout == null) {
            entries.remove(oldName);
        } else {
            entries.put(oldName, whiteout);
        }
        if (replaced instanceof TmpfsDirectory directory) {
            directory.changeLinks(-2);
            target.changeLinks(-1);
        } else if (replaced != null) {
            ((TmpfsInode) replaced).changeLinks(-1);
        }
        moveParent(moved, this, target);
        moved.changeLinks(0); // sets its change time
        touchModification();
        target.touchModification();
    }

    private void exchange(String oldName, TmpfsInode one, TmpfsDirectory target, String newName, TmpfsInode other)
            throws ErrnoException {
        target.entries.put(newName, one);
        entries.put(oldName, other);
        moveParent(one, this, target);
        moveParent(other, target, this);
        one.changeLinks(0);
        other.changeLinks(0);
        touchModification();
        target.touchModification();
    }

    private static void moveParent(TmpfsInode moved, TmpfsDirectory from, TmpfsDirectory to) {
        if (moved.type() == FileMode.S_IFDIR && from != to) {
            from.changeLinks(-1);
            to.changeLinks(1);
        }
    }

    @Override
    public void entries(Caller caller, long position, DirectorySink sink) {
        touchAccess();
        for (var entry = entries.from(position); entry != null; entry = entries.from(entry.position() + 1)) {
            TmpfsInode inode = entry.value();
            if (!sink.accept(entry.name(), inode.number(), inode.type() >> 12, entry.position() + 1)) {
                return;
            }
        }
    }

    @Override
    public OpenFile openAs(Inode shown, Caller caller, Path path, int flags) throws ErrnoException {
        hold();
        return new DirectoryFile(path, flags) {
            @Override
            protected void released() {
                letGo();
            }
        };
    }
}
