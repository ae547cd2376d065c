package dev.picket.storage.layer;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** A file of any kind, without its name: several names of a {@link FileTree} may share one, except directories. */
public abstract sealed class Inode {
    private Attributes attributes;

    private Inode(Attributes attributes) {
        this.attributes = Objects.requireNonNull(attributes);
    }

    /** What every kind of file has. */
    public final Attributes attributes() {
        return attributes;
    }

    /**
     * Owner, permissions, time and extended attributes.
     *
     * @param permissions the low twelve bits of st_mode
     * @param xattrs values by full name ({@code user.x}); unmodifiable, in the order of the names
     */
    public record Attributes(
            int permissions, int uid, int gid, long mtimeSeconds, int mtimeNanos, Map<String, byte[]> xattrs) {
        /** For directories that an archive implies but does not hold. The time is fixed: equal input, equal output. */
        static final Attributes IMPLIED_DIRECTORY = new Attributes(0755, 0, 0, 0, 0, Map.of());
    }

    /** A directory. */
    public static final class Directory extends Inode {
        private final TreeMap<String, Link> links = new TreeMap<>();

        Directory(Attributes attributes) {
            super(attributes);
        }

        /** What it holds, by name. Latin-1 strings sort as the bytes that they stand for do. */
        public Map<String, Link> links() {
            return Collections.unmodifiableMap(links);
        }

        TreeMap<String, Link> modifiableLinks() {
            return links;
        }

        void setAttributes(Attributes changed) {
            ((Inode) this).attributes = changed;
        }
    }

    /**
     * An entry of a directory.
     *
     * @param layer the layer, counted from 0, that made the entry or last set the attributes of the directory it names
     */
    public record Link(Inode inode, int layer) {}

    /** A regular file. */
    public static final class RegularFile extends Inode {
        private final FileData data;

        RegularFile(Attributes attributes, FileData data) {
            super(attributes);
            this.data = data;
        }

        public FileData data() {
            return data;
        }
    }

    /** A symbolic link. */
    public static final class SymbolicLink extends Inode {
        private final String target;

        SymbolicLink(Attributes attributes, String target) {
            super(attributes);
            this.target = target;
        }

        /** Not empty, at most {@link LayerLimits#MAX_PATH_BYTES}, without zero bytes; else anything at all. */
        public String target() {
            return target;
        }
    }

    /** A device node or a FIFO. */
    public static final class SpecialFile extends Inode {
        private final Kind kind;
        private final int major;
        private final int minor;

        SpecialFile(Attributes attributes, Kind kind, int major, int minor) {
            super(attributes);
            this.kind = kind;
            this.major = major;
            this.minor = minor;
        }

        /** Which special file it is. */
        public enum Kind {
            CHARACTER_DEVICE,
            BLOCK_DEVICE,
            FIFO
        }

        public Kind kind() {
            return kind;
        }

        /** 12 bits; 0 for a FIFO. */
        public int major() {
            return major;
        }

        /** 20 bits; 0 for a FIFO. */
        public int minor() {
            return minor;
        }
    }
}
