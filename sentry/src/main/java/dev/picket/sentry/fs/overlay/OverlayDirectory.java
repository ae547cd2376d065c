package dev.picket.sentry.fs.overlay;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.DirectoryEntries;
import dev.picket.sentry.fs.tmpfs.TmpfsInode;
import dev.picket.sentry.vfs.Attributes;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.DirectoryFile;
import dev.picket.sentry.vfs.DirectorySink;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import java.util.List;

/**
 * A directory of an overlay: the names below, of all layers that have it, and those above, which hide them.
 *
 * <p>Positions: a name that some layer below has stays at its place there, whatever is above; the others come first. So
 * copying up moves nothing under a reader.
 */
final class OverlayDirectory extends OverlayInode {
    private static final int LAYER_SHIFT = 48;

    /** A directory below. */
    record Lower(int layer, Inode directory) {}

    /**
     * What a name stands for above.
     *
     * @param inode null if the name is hidden: a whiteout
     * @param isBelow whether a layer below has the name
     */
    private record Slot(OverlayInode inode, boolean isBelow) {}

    private final List<Lower> lowers;
    private volatile DirectoryEntries<Slot> slots;

    /** A directory that is below, in one layer or more, the uppermost first. */
    OverlayDirectory(OverlayFileSystem fileSystem, LowerKey key, List<Lower> lowers) {
        super(fileSystem, key, lowers.get(0).directory());
        this.lowers = lowers;
    }

    /** A directory that was made above. */
    OverlayDirectory(OverlayFileSystem fileSystem, TmpfsInode upper) {
        super(fileSystem, upper);
        this.lowers = List.of();
    }

    @Override
    public Attributes attributes() throws ErrnoException {
        Attributes attributes = super.attributes();
        if (lowers.size() < 2) {
            return attributes;
        }
        // How many subdirectories several layers have together nobody knows; 1 tells programs not to count on it.
        return new Attributes(
                attributes.device(),
                attributes.inode(),
                attributes.mode(),
                1,
                attributes.user(),
                attributes.group(),
                0,
                attributes.sizeBytes(),
                attributes.blockSizeBytes(),
                attributes.blocks(),
                attributes.accessTimeNanos(),
                attributes.modificationTimeNanos(),
                attributes.changeTimeNanos());
    }

    // ---- Looking up

    private Slot slot(String name) {
        DirectoryEntries<Slot> above = slots;
        return above == null ? null : above.get(name);
    }

    @Override
    public Inode lookup(Caller caller, String name) throws ErrnoException {
        Slot slot = slot(name);
        if (slot != null) {
            return slot.inode();
        }
        return overlay().merge(lowers, caller, name);
    }

    private boolean isBelow(Caller caller, String name) throws ErrnoException {
        for (Lower lower : lowers) {
            if (lower.directory().lookup(caller, name) != null) {
                return true;
            }
        }
        return false;
    }

    // ---- Changing names

    /** Makes this directory one whose names can change, and answers them. */
    private DirectoryEntries<Slot> above(Caller caller) throws ErrnoException {
        copyUp(caller);
        synchronized (this) {
            if (slots == null) {
                slots = new DirectoryEntries<>(overlay().upper().budget(), DirectoryFile.FIRST);
            }
            return slots;
        }
    }

    private void put(Caller caller, String name, OverlayInode inode) throws ErrnoException {
        DirectoryEntries<Slot> above = above(caller);
        Slot old = above.get(name);
        boolean isBelow = old != null ? old.isBelow() : isBelow(caller, name);
        above.put(name, new Slot(inode, isBelow));
    }

    /** Takes a name away, by hiding it if a layer below has it. */
    private void hide(Caller caller, String name) throws ErrnoException {
        DirectoryEntries<Slot> above = above(caller);
        Slot old = above.get(name);
        boolean isBelow = old != null ? old.isBelow() : isBelow(caller, name);
        if (isBelow) {
            above.put(name, new Slot(null, true));
        } else {
            above.remove(name);
        }
    }

    private void changed(int subdirectories) {
        upper().changeLinks(subdirectories);
        upper().touchModification();
    }

    @Override
    public Inode create(Caller caller, String name, CreateRequest request) throws ErrnoException {
        TmpfsInode made = overlay().upper().newInode(request);
        OverlayInode inode = overlay().wrap(made);
        try {
            put(caller, name, inode);
        } catch (ErrnoException e) {
            made.changeLinks((int) -made.links());
            throw e;
        }
        changed(inode.type() == FileMode.S_IFDIR ? 1 : 0);
        return inode;
    }

    @Override
    public Inode createUnnamed(Caller caller, CreateRequest request, boolean linkable) throws ErrnoException {
        return overlay().wrap(overlay().upper().newUnnamed(request, linkable));
    }

    @Override
    public void link(String name, Inode target) throws ErrnoException {
        var inode = (OverlayInode) target;
        inode.addLink(null);
        try {
            put(null, name, inode);
        } catch (ErrnoException e) {
            inode.dropLink();
            throw e;
        }
        changed(0);
    }

    @Override
    public void unlink(String name, Inode child) throws ErrnoException {
        hide(null, name);
        ((OverlayInode) child).dropLink();
        changed(0);
    }

    @Override
    public void removeDirectory(String name, Inode child) throws ErrnoException {
        var directory = (OverlayDirectory) child;
        directory.checkEmpty();
        hide(null, name);
        directory.end();
        changed(-1);
    }

    private void checkEmpty() throws ErrnoException {
        boolean[] occupied = new boolean[1];
        entries(null, DirectoryFile.FIRST, (name, inode, type, next) -> {
            occupied[0] = true;
            return false;
        });
        if (occupied[0]) {
            throw ErrnoException.of(Errno.ENOTEMPTY);
        }
    }

    private void end() {
        DirectoryEntries<Slot> above = slots;
        if (above != null) {
            above.clear(); // whiteouts
        }
        dropAll();
    }

    @Override
    public void rename(String oldName, Inode child, Inode newParent, String newName, Inode replaced, int flags)
            throws ErrnoException {
        var target = (OverlayDirectory) newParent;
        var moved = (OverlayInode) child;
        boolean exchange = (flags & Fcntl.RENAME_EXCHANGE) != 0;
        if ((flags & Fcntl.RENAME_WHITEOUT) != 0) {
            throw ErrnoException.of(Errno.EINVAL); // as with Linux's overlayfs
        }
        if (!exchange && replaced instanceof OverlayDirectory directory) {
            directory.checkEmpty();
        }
        target.copyUp(null);
        put(null, oldName, moved); // makes room for what comes there, so that nothing fails half-way
        target.put(null, newName, moved);
        if (exchange) {
            put(null, oldName, (OverlayInode) replaced);
        } else {
            hide(null, oldName);
        }

        int fromChange = 0;
        int toChange = 0;
        if (moved.type() == FileMode.S_IFDIR) {
            fromChange--;
            toChange++;
        }
        if (exchange && replaced.type() == FileMode.S_IFDIR) {
            fromChange++;
            toChange--;
        } else if (replaced instanceof OverlayDirectory directory) {
            directory.end();
            toChange--;
        } else if (replaced != null && !exchange) {
            ((OverlayInode) replaced).dropLink();
        }
        changed(fromChange);
        target.changed(toChange);
    }

    // ---- Listing

    @Override
    public void entries(Caller caller, long position, DirectorySink sink) throws ErrnoException {
        long layer = position >>> LAYER_SHIFT;
        if (layer == 0) {
            if (!entriesAbove(position, sink)) {
                return;
            }
            layer = 1;
        }
        for (int index = (int) Math.min(layer, Integer.MAX_VALUE) - 1; index < lowers.size(); index++) {
            long from = index == layer - 1 ? position & (1L << LAYER_SHIFT) - 1 : 0;
            if (!entriesBelow(caller, index, Math.max(from, DirectoryFile.FIRST), sink)) {
                return;
            }
        }
    }

    private boolean entriesAbove(long position, DirectorySink sink) {
        DirectoryEntries<Slot> above = slots;
        if (above == null) {
            return true;
        }
        for (var entry = above.from(position); entry != null; entry = above.from(entry.position() + 1)) {
            Slot slot = entry.value();
            if (slot.isBelow()) {
                continue;
            }
            OverlayInode inode = slot.inode();
            if (!sink.accept(entry.name(), inode.number(), inode.type() >> 12, entry.position() + 1)) {
                return false;
            }
        }
        return true;
    }

    private boolean entriesBelow(Caller caller, int index, long position, DirectorySink sink) throws ErrnoException {
        Lower lower = lowers.get(index);
        long base = (long) (index + 1) << LAYER_SHIFT;
        boolean[] goesOn = {true};
        ErrnoException[] failure = new ErrnoException[1];
        lower.directory().entries(caller, position, (name, inode, type, next) -> {
            try {
                if (isInLayersBefore(caller, index, name)) {
                    return true;
                }
            } catch (ErrnoException e) {
                failure[0] = e;
                return false;
            }
            Slot slot = slot(name);
            if (slot == null) {
                long number = new LowerKey(lower.layer(), inode).number();
                goesOn[0] = sink.accept(name, number, type, base + next);
            } else if (slot.inode() != null) {
                OverlayInode above = slot.inode();
                goesOn[0] = sink.accept(name, above.number(), above.type() >> 12, base + next);
            }
            return goesOn[0];
        });
        if (failure[0] != null) {
            throw failure[0];
        }
        return goesOn[0];
    }

    private boolean isInLayersBefore(Caller caller, int index, String name) throws ErrnoException {
        for (int before = 0; before < index; before++) {
            if (lowers.get(before).directory().lookup(caller, name) != null) {
                return true;
            }
        }
        return false;
    }

    @Override
    public OpenFile open(Caller caller, Path path, int flags) {
        return new DirectoryFile(path, flags);
    }
}
