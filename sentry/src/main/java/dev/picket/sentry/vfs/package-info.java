/**
 * Files without knowing of what kind: {@link dev.picket.sentry.vfs.Inode}s in {@link dev.picket.sentry.vfs.FileSystem}s,
 * names of them ({@link dev.picket.sentry.vfs.Dentry}), {@link dev.picket.sentry.vfs.Mount}s, the walk along a path, and
 * {@link dev.picket.sentry.vfs.OpenFile}s.
 *
 * <p>Lock order: the rename lock of a file system, then directories from parent to child, then what is inside an inode,
 * then {@code memory}.
 */
package dev.picket.sentry.vfs;
