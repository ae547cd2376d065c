/**
 * Files in memory: {@link dev.picket.sentry.fs.tmpfs.TmpfsFileSystem}. What they contain lies in guest memory ({@link
 * dev.picket.sentry.fs.tmpfs.FileContents}), so that mapping such a file maps the file itself; all else is on the heap,
 * and bounded by {@link dev.picket.sentry.fs.tmpfs.Budget}.
 *
 * <p>Lock order: a file's write lock (held while guest memory is copied), locks of a memory manager, then the monitors of
 * inodes and contents (never held while guest memory is copied), then the budget and the frame allocator.
 */
package dev.picket.sentry.fs.tmpfs;
