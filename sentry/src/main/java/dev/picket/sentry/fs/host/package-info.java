/**
 * Directories of the host, read-only: {@link dev.picket.sentry.fs.host.HostFileSystem}. It is given descriptors, never
 * paths, and goes down from them one name at a time, following no link. Only directories, regular files and symbolic links
 * are shown.
 *
 * <p>Lock order: descriptor cache and inodes are independent of each other; neither lock is held while guest memory is
 * copied.
 */
package dev.picket.sentry.fs.host;
