/**
 * /proc: what a sandbox's kernel tells of its processes and of itself; see proc(5). Everything is made up from {@link
 * dev.picket.sentry.kernel.Kernel}, and shows the sandbox, never the host.
 *
 * <p>{@link dev.picket.sentry.fs.proc.ProcFileSystem} is the tree; {@link dev.picket.sentry.fs.proc.Subject} is the
 * process or task that a directory is about.
 *
 * <p>Lock order: the map of process directories, then nothing of this package; the kernel's locks are taken by what it is
 * asked.
 */
package dev.picket.sentry.fs.proc;
