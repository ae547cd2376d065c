package dev.picket.sentry.vfs;

/**
 * A place in the tree of mounted file systems: a name in a file system, seen through one mount of it. Two paths are equal if
 * they are the same place.
 */
public record Path(Mount mount, Dentry dentry) {
    public Inode inode() {
        return dentry.inode();
    }
}
