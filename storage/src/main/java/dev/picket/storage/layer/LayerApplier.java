package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Inode.Attributes;
import dev.picket.storage.layer.Inode.Directory;
import dev.picket.storage.layer.Inode.Link;
import dev.picket.storage.layer.Inode.RegularFile;
import dev.picket.storage.layer.Inode.SpecialFile;
import dev.picket.storage.layer.Inode.SymbolicLink;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Applies one layer's archive to the tree that the layers below have made.
 *
 * <p>Whiteouts (OCI image-layer specification): {@code .wh.NAME} hides what lower layers have under NAME, {@code
 * .wh..wh..opq} hides all that they have in that directory. Neither touches what the same layer adds, wherever in the
 * archive it comes; so every entry remembers its layer. Of members with one name the last wins.
 */
public final class LayerApplier {
    private static final String WHITEOUT = ".wh.";
    private static final String WHITEOUT_META = ".wh..wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    /** As many symbolic links as Linux follows in one path. */
    private static final int MAX_LINKS_FOLLOWED = 40;

    /** What an entry costs in memory besides its strings. */
    private static final int ENTRY_BYTES = 64;

    private final FileTree tree;
    private final int layer;

    private LayerApplier(FileTree tree) {
        this.tree = tree;
        this.layer = tree.beginLayer();
    }

    /**
     * Applies the uncompressed tar in {@code archive}. After a failure the tree is of no use.
     *
     * @param endMarkRequired as of {@link TarReader}
     * @throws StorageException.Invalid if the archive is malformed, tries to leave the root, or exceeds a limit
     */
    public static void apply(FileTree tree, FileChannel archive, boolean endMarkRequired)
            throws IOException, StorageException {
        var applier = new LayerApplier(tree);
        var reader = new TarReader(archive, endMarkRequired);
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            applier.apply(entry);
        }
    }

    private void apply(TarEntry entry) throws StorageException {
        tree.account(
                ENTRY_BYTES + entry.metadataBytes(),
                entry.data() == null ? 0 : entry.data().sizeBytes());
        List<String> path = PathNames.components(entry.name());
        if (path.isEmpty()) {
            applyToRoot(entry);
            return;
        }
        String name = path.get(path.size() - 1);
        List<String> parentPath = path.subList(0, path.size() - 1);
        if (name.startsWith(WHITEOUT)) {
            hide(parentPath, name, entry);
            return;
        }
        Directory parent = resolve(parentPath, true, entry.name());
        switch (entry.type()) {
            case DIRECTORY -> putDirectory(parent, name, entry.attributes());
            case REGULAR -> put(parent, name, new RegularFile(entry.attributes(), entry.data()));
            case HARD_LINK -> putHardLink(parent, name, entry);
            case SYMBOLIC_LINK -> put(parent, name, symbolicLink(entry));
            case CHARACTER_DEVICE -> put(parent, name, special(entry, SpecialFile.Kind.CHARACTER_DEVICE));
            case BLOCK_DEVICE -> put(parent, name, special(entry, SpecialFile.Kind.BLOCK_DEVICE));
            case FIFO -> put(parent, name, special(entry, SpecialFile.Kind.FIFO));
        }
    }

    private void applyToRoot(TarEntry entry) throws StorageException {
        if (entry.type() != TarEntry.Type.DIRECTORY) {
            throw new StorageException.Invalid("the archive replaces the root directory with another kind of file");
        }
        tree.root().setAttributes(entry.attributes());
    }

    private void put(Directory parent, String name, Inode inode) {
        parent.modifiableLinks().put(name, new Link(inode, layer));
    }

    private void putDirectory(Directory parent, String name, Attributes attributes) {
        Link existing = parent.modifiableLinks().get(name);
        if (existing != null && existing.inode() instanceof Directory directory) {
            directory.setAttributes(attributes);
            put(parent, name, directory);
        } else {
            put(parent, name, new Directory(attributes));
        }
    }

    private static SymbolicLink symbolicLink(TarEntry entry) throws StorageException {
        String target = entry.linkName();
        if (target.isEmpty() || target.length() > LayerLimits.MAX_PATH_BYTES) {
            throw new StorageException.Invalid("the symbolic link " + PathNames.printable(entry.name())
                    + " in the archive has no target, or one that is too long");
        }
        return new SymbolicLink(entry.attributes(), target);
    }

    private static SpecialFile special(TarEntry entry, SpecialFile.Kind kind) {
        return new SpecialFile(entry.attributes(), kind, entry.major(), entry.minor());
    }

    private void putHardLink(Directory parent, String name, TarEntry entry) throws StorageException {
        List<String> target = PathNames.components(entry.linkName());
        Link link = null;
        if (!target.isEmpty()) {
            Directory directory = resolve(target.subList(0, target.size() - 1), false, entry.linkName());
            link = directory == null ? null : directory.links().get(target.get(target.size() - 1));
        }
        if (link == null) {
            throw new StorageException.Invalid("invalid hard link " + PathNames.printable(entry.name()) + " -> "
                    + PathNames.printable(entry.linkName()) + ": the archive has no such file before it");
        }
        if (link.inode() instanceof Directory) {
            throw new StorageException.Invalid("invalid hard link " + PathNames.printable(entry.name()) + " -> "
                    + PathNames.printable(entry.linkName()) + ": it is a directory");
        }
        put(parent, name, link.inode());
    }

    /**
     * The directory at a path. Symbolic links are followed inside the tree, their {@code ..} ending at the root, as the
     * guest's kernel would: /lib/x of one archive belongs into /usr/lib if another has made /lib a link there.
     *
     * @param create whether to make what is missing, and to replace what is no directory; otherwise the result is null
     */
    private Directory resolve(List<String> path, boolean create, String shown) throws StorageException {
        Deque<String> pending = new ArrayDeque<>(path);
        var walked = new ArrayList<Directory>(List.of(tree.root()));
        int linksFollowed = 0;
        while (!pending.isEmpty()) {
            String name = pending.pop();
            if (name.equals("..")) {
                if (walked.size() > 1) {
                    walked.remove(walked.size() - 1);
                }
                continue;
            }
            Directory here = walked.get(walked.size() - 1);
            Link link = here.links().get(name);
            if (link != null && link.inode() instanceof SymbolicLink symbolic) {
                if (++linksFollowed > MAX_LINKS_FOLLOWED) {
                    throw new StorageException.Invalid(
                            "too many symbolic links in the way of " + PathNames.printable(shown) + " in the archive");
                }
                follow(symbolic.target(), pending, walked);
            } else if (link != null && link.inode() instanceof Directory directory) {
                walked.add(directory);
            } else if (create) {
                walked.add(imply(here, name));
            } else {
                return null;
            }
            // Links can lengthen the path beyond what PathNames allowed.
            if (walked.size() > LayerLimits.MAX_DEPTH) {
                throw new StorageException.Invalid("a name in the archive is too deep: " + PathNames.printable(shown));
            }
        }
        return walked.get(walked.size() - 1);
    }

    private static void follow(String target, Deque<String> pending, List<Directory> walked) {
        if (target.startsWith("/")) {
            walked.subList(1, walked.size()).clear();
        }
        String[] names = target.split("/");
        for (int i = names.length - 1; i >= 0; i--) {
            if (!names[i].isEmpty() && !names[i].equals(".")) {
                pending.push(names[i]);
            }
        }
    }

    private Directory imply(Directory parent, String name) throws StorageException {
        if (name.length() > LayerLimits.MAX_NAME_BYTES) {
            throw new StorageException.Invalid("a name in the archive is too long: " + PathNames.printable(name));
        }
        tree.account(ENTRY_BYTES + name.length(), 0);
        var directory = new Directory(Attributes.IMPLIED_DIRECTORY);
        put(parent, name, directory);
        return directory;
    }

    private void hide(List<String> parentPath, String whiteout, TarEntry entry) throws StorageException {
        Directory parent = resolve(parentPath, false, entry.name());
        if (whiteout.equals(OPAQUE)) {
            if (parent != null) {
                prune(parent);
            }
            return;
        }
        if (whiteout.startsWith(WHITEOUT_META)) {
            // Marks of the aufs driver, which meant nothing to others.
            return;
        }
        String hidden = whiteout.substring(WHITEOUT.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
            throw new StorageException.Invalid("invalid whiteout in the archive: " + PathNames.printable(entry.name()));
        }
        Link link = parent == null ? null : parent.links().get(hidden);
        if (link != null && !survives(link)) {
            parent.modifiableLinks().remove(hidden);
        }
    }

    /** Removes what lower layers have put into a directory. */
    private void prune(Directory directory) {
        Iterator<Link> links = directory.modifiableLinks().values().iterator();
        while (links.hasNext()) {
            if (!survives(links.next())) {
                links.remove();
            }
        }
    }

    /** Whether a hidden entry stays because this layer made it, or something below it; prunes it in any case. */
    private boolean survives(Link link) {
        if (!(link.inode() instanceof Directory directory)) {
            return link.layer() == layer;
        }
        // Depth is bounded by MAX_DEPTH.
        prune(directory);
        return link.layer() == layer || !directory.links().isEmpty();
    }
}
