package dev.picket.sentry.vfs;

/**
 * A file system seen at a place in the tree, with the flags it was mounted with. Several mounts may show one file system,
 * or a part of it (bind mounts).
 */
public final class Mount {
    public static final int READ_ONLY = 1; // MS_RDONLY
    public static final int NO_SUID = 2; // MS_NOSUID
    public static final int NO_DEVICES = 4; // MS_NODEV
    public static final int NO_EXECUTE = 8; // MS_NOEXEC

    /** The flags above: what of mount(2)'s flags belongs to a mount. */
    public static final int FLAGS = READ_ONLY | NO_SUID | NO_DEVICES | NO_EXECUTE;

    private final MountNamespace namespace;
    private final int id;
    private final Dentry root;
    private final FileSystem fileSystem;
    private final String source;
    private volatile int flags;
    private volatile Path place;

    Mount(MountNamespace namespace, int id, Dentry root, FileSystem fileSystem, String source, int flags) {
        this.namespace = namespace;
        this.id = id;
        this.root = root;
        this.fileSystem = fileSystem;
        this.source = source;
        this.flags = flags;
    }

    /** A mount that is in no namespace: pipes and the like, files of memfd_create(2). */
    public static Mount internal(FileSystem fileSystem) {
        return new Mount(null, 0, null, fileSystem, "none", 0);
    }

    /** The namespace this is mounted in; null for internal ones. */
    public MountNamespace namespace() {
        return namespace;
    }

    /** Number in /proc/PID/mountinfo. */
    public int id() {
        return id;
    }

    public FileSystem fileSystem() {
        return fileSystem;
    }

    /** What of the file system is at the mount point: its root, or for bind mounts any part of it. */
    public Dentry root() {
        return root;
    }

    /** The mount that this is mounted on; null for the root and for those that are not mounted (any more). */
    public Mount parent() {
        Path at = place;
        return at == null ? null : at.mount();
    }

    /** Where in the parent this is mounted; null as {@link #parent} is. */
    public Dentry mountPoint() {
        Path at = place;
        return at == null ? null : at.dentry();
    }

    Path place() {
        return place;
    }

    void setPlace(Path place) {
        this.place = place;
    }

    /** What was mounted, as /proc/mounts shows it. */
    public String source() {
        return source;
    }

    public int flags() {
        return flags;
    }

    void setFlags(int flags) {
        this.flags = flags;
    }

    public boolean isReadOnly() {
        return (flags & READ_ONLY) != 0 || fileSystem.isReadOnly();
    }
}
