package dev.picket.sentry.vfs;

/** A tree of files that can be mounted. */
public abstract class FileSystem {
    /** Type, as /proc/mounts shows it: {@code tmpfs}, {@code proc}. */
    public abstract String type();

    /** The root directory's inode. */
    public abstract Inode root();

    /** Device number that stat(2) shows for its files. */
    public abstract long device();

    /** Sizes, as statfs(2) shows them. */
    public abstract FileSystemStatus status();
}
