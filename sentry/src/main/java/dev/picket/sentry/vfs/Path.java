package dev.picket.sentry.vfs;

/**
 * A place in the tree of mounted file systems: a name in a file system, seen through one mount of it. Two paths are equal if
 * they are the same place.
 */
public record Path(Mount mount, Dentry dentry) {
    public Inode inode() {
        return dentry.inode();
    }

    // Written out, as what a record does by itself is linked when it is first used, and costs a worker's start 15 ms.

    @Override
    public boolean equals(Object other) {
        return other instanceof Path path && path.mount == mount && path.dentry == dentry;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(mount) * 31 + System.identityHashCode(dentry);
    }
}
