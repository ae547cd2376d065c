package dev.picket.storage.erofs;

/** Constants of the format, spelt as in fs/erofs/erofs_fs.h. Everything is little-endian. */
final class ErofsFormat {
    static final int BLOCK_BYTES = 4096;
    static final int BLOCK_BITS = 12;

    static final int EROFS_SUPER_OFFSET = 1024;
    static final int EROFS_SUPER_MAGIC_V1 = 0xE0F5E1E2;
    static final int SUPER_BYTES = 128;
    static final int EROFS_FEATURE_COMPAT_SB_CHKSUM = 0x1;
    static final int EROFS_FEATURE_COMPAT_MTIME = 0x2;

    /** Inodes sit at multiples of this; a nid counts them from the metadata's start, here the image's. */
    static final int SLOT_BYTES = 32;
    /** An extended inode. */
    static final int INODE_BYTES = 64;

    static final int EROFS_INODE_FLAT_PLAIN = 0;
    static final int EROFS_INODE_FLAT_INLINE = 2;
    /** Bit 0 of i_format: an extended inode. */
    static final int EROFS_INODE_LAYOUT_EXTENDED = 1;

    /** For inodes without blocks. */
    static final int NULL_ADDR = -1;

    static final int DIRENT_BYTES = 12;
    static final int EROFS_FT_REG_FILE = 1;
    static final int EROFS_FT_DIR = 2;
    static final int EROFS_FT_CHRDEV = 3;
    static final int EROFS_FT_BLKDEV = 4;
    static final int EROFS_FT_FIFO = 5;
    static final int EROFS_FT_SYMLINK = 7;

    static final int XATTR_IBODY_HEADER_BYTES = 12;
    static final int XATTR_ENTRY_HEADER_BYTES = 4;
    static final int EROFS_XATTR_INDEX_USER = 1;
    static final int EROFS_XATTR_INDEX_POSIX_ACL_ACCESS = 2;
    static final int EROFS_XATTR_INDEX_POSIX_ACL_DEFAULT = 3;
    static final int EROFS_XATTR_INDEX_TRUSTED = 4;
    static final int EROFS_XATTR_INDEX_SECURITY = 6;

    static final int S_IFREG = 0100000;
    static final int S_IFDIR = 0040000;
    static final int S_IFLNK = 0120000;
    static final int S_IFCHR = 0020000;
    static final int S_IFBLK = 0060000;
    static final int S_IFIFO = 0010000;

    private ErofsFormat() {}

    static long roundUp(long value, int powerOfTwo) {
        return value + powerOfTwo - 1 & -powerOfTwo;
    }

    static long blocks(long bytes) {
        return roundUp(bytes, BLOCK_BYTES) >> BLOCK_BITS;
    }
}
