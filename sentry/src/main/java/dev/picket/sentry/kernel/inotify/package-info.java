/**
 * Watching files, see inotify(7): {@link dev.picket.sentry.kernel.inotify.InotifyFile}, which hears from {@code
 * vfs.FileEvents}.
 *
 * <p>Lock order: directories of {@code vfs}, then one instance, then {@link
 * dev.picket.sentry.kernel.inotify.InotifyLimits}.
 */
package dev.picket.sentry.kernel.inotify;
