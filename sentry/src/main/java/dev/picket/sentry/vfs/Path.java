package dev.picket.sentry.vfs;

/** A place in the tree of mounted file systems: a name in a file system, seen through one mount of it. */
public record Path(Mount mount, Dentry dentry) {
    public Inode inode() {
        return dentry.inode();
    }
}
