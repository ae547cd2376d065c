/**
 * Writes a {@link dev.picket.storage.layer.FileTree} as an EROFS image file: Linux's read-only file system, here without
 * compression, in blocks of 4 KiB. See the kernel's Documentation/filesystems/erofs.rst and fs/erofs/erofs_fs.h.
 *
 * <p>Layout: the superblock and the inodes, from the first block on; then the full blocks of directories; then the
 * contents of regular files, each starting a block, the last block filled up with zeros, so that a page of a file is a
 * page of the image and can be mapped into a guest. Short tails of directories, and symbolic links, sit behind their
 * inode. Equal trees give equal bytes. No locks: a writer belongs to one thread.
 */
package dev.picket.storage.erofs;
