package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.errno.ErrnoException;

/**
 * struct erofs_super_block, 1,024 bytes into the image.
 *
 * <pre>
 *   0 magic            u32      24 build_time      u64      44 xattr_blkaddr    u32
 *   4 checksum         u32      32 build_time_nsec u32      48 uuid        16 bytes
 *   8 feature_compat   u32      36 blocks          u32      64 volume_name 16 bytes
 *  12 blkszbits        u8       40 meta_blkaddr    u32      80 feature_incompat u32
 *  13 sb_extslots      u8                                   84 compression      u16
 *  14 root_nid         u16                                  86 extra_devices    u16
 *  16 inos             u64                                  88 devt_slotoff     u16 ...
 * </pre>
 */
record SuperBlock(
        long rootNumber,
        long inodes,
        long blocks,
        long buildTimeNanos,
        long metadataOffset,
        long sharedAttributesOffset) {
    static final int BLOCK_BITS = 12;
    static final int BLOCK_BYTES = 1 << BLOCK_BITS;

    private static final long START = 1024;

    /** EROFS_FEATURE_INCOMPAT_ZERO_PADDING: only matters to compressed files, of which there are none. */
    private static final int ZERO_PADDING = 1;

    /** EROFS_FEATURE_INCOMPAT_CHUNKED_FILE: single files may be chunked; those are refused when they are read. */
    private static final int CHUNKED_FILE = 4;

    private static final int KNOWN_FEATURES = ZERO_PADDING | CHUNKED_FILE;

    /**
     * Reads the super block.
     *
     * @throws ErrnoException EINVAL-like EUCLEAN if it is none, or asks for what is not supported
     */
    static SuperBlock read(ErofsImage image) throws ErrnoException {
        boolean known = image.getUnsignedInt(START) == FileSystemMagic.EROFS_SUPER_MAGIC_V1
                && image.getByte(START + 12) == BLOCK_BITS
                && (image.getInt(START + 80) & ~KNOWN_FEATURES) == 0
                && image.getShort(START + 86) == 0;
        if (!known) {
            throw ErofsImage.corrupt();
        }
        return new SuperBlock(
                image.getShort(START + 14),
                image.getLong(START + 16),
                image.getUnsignedInt(START + 36),
                image.getLong(START + 24) * 1_000_000_000L + image.getUnsignedInt(START + 32),
                image.getUnsignedInt(START + 40) << BLOCK_BITS,
                image.getUnsignedInt(START + 44) << BLOCK_BITS);
    }
}
