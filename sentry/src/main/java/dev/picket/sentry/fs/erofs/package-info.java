/**
 * Reads images of EROFS, the read-only file system of Linux ({@code Documentation/filesystems/erofs.rst}), without
 * compression: {@link dev.picket.sentry.fs.erofs.ErofsFileSystem}. Contents of files are mapped into guests straight from
 * the image.
 *
 * <p>Images come from outside and are not trusted: every offset is checked against the image before it is used, and what
 * makes no sense is EUCLEAN.
 */
package dev.picket.sentry.fs.erofs;
