/**
 * Overlays: read-only file systems with a layer in memory above them, which takes everything that is changed; {@link
 * dev.picket.sentry.fs.overlay.OverlayFileSystem}.
 *
 * <p>Unlike Linux's overlayfs, the upper layer is not a file system that somebody could look into: an inode of the overlay
 * knows what is below it and, once it has been changed, what is above. So directories can be renamed without trace, hard
 * links stay one file when they are copied up, and numbers never change.
 *
 * <p>Lock order: an inode's copy-up lock, then the locks of the layers.
 */
package dev.picket.sentry.fs.overlay;
