package dev.picket.sentry.fs.erofs;

import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;

/**
 * An inode as the image has it: struct erofs_inode_compact or erofs_inode_extended, at a multiple of 32 bytes.
 *
 * <pre>
 *      compact (32 bytes)            extended (64 bytes)
 *   0  format       u16              format       u16      bit 0: extended; bits 1-3: layout
 *   2  xattr_icount u16              xattr_icount u16
 *   4  mode         u16              mode         u16
 *   6  nlink        u16              -
 *   8  size         u32              size         u64
 *  12  -                             (size)
 *  16  u            u32              u            u32      first block, or device number
 *  20  ino          u32              ino          u32
 *  24  uid u16 | gid u16             uid          u32
 *  28  -                             gid          u32
 *  32                                mtime        u64
 *  40                                mtime_nsec   u32
 *  44                                nlink        u32
 * </pre>
 *
 * @param dataOffset where blocks of contents begin in the image
 * @param inlineOffset where the last part of the contents is, that is in the inode's own block; -1 if it is with the rest
 * @param attributesOffset where the extended attributes begin
 */
record InodeRecord(
        long number,
        int mode,
        long links,
        int user,
        int group,
        long deviceNumber,
        long sizeBytes,
        long modificationTimeNanos,
        long dataOffset,
        long inlineOffset,
        long attributesOffset,
        int attributesLength) {
    private static final int FLAT_PLAIN = 0;
    private static final int FLAT_INLINE = 2;

    static InodeRecord read(ErofsImage image, SuperBlock superBlock, long number) throws ErrnoException {
        if (number < 0 || number > Long.MAX_VALUE >> 6) {
            throw ErofsImage.corrupt();
        }
        long at = superBlock.metadataOffset() + (number << 5);
        int format = image.getShort(at);
        boolean extended = (format & 1) != 0;
        int layout = format >> 1 & 7;
        if ((format & ~0xf) != 0 || layout != FLAT_PLAIN && layout != FLAT_INLINE) {
            throw ErofsImage.corrupt();
        }
        int lengthBytes = extended ? 64 : 32;
        image.check(at, lengthBytes);

        int attributeSlots = image.getShort(at + 2);
        int attributesLength = attributeSlots == 0 ? 0 : 12 + (attributeSlots - 1) * 4;
        int mode = image.getShort(at + 4);
        long sizeBytes = extended ? image.getLong(at + 8) : image.getUnsignedInt(at + 8);
        long raw = image.getUnsignedInt(at + 16);
        long inlineOffset = -1;
        long dataOffset = raw << SuperBlock.BLOCK_BITS;
        int type = mode & FileMode.S_IFMT;
        boolean hasContents = type == FileMode.S_IFREG || type == FileMode.S_IFDIR || type == FileMode.S_IFLNK;
        if (sizeBytes < 0 || !hasContents && !isSpecial(type)) {
            throw ErofsImage.corrupt();
        }
        if (hasContents && sizeBytes > 0) {
            long tail = layout == FLAT_INLINE ? sizeBytes & SuperBlock.BLOCK_BYTES - 1 : 0;
            if (tail < sizeBytes) { // otherwise there is no block, and the first one's number means nothing
                image.check(dataOffset, sizeBytes - tail);
            }
            if (tail > 0) {
                inlineOffset = at + lengthBytes + attributesLength;
                image.check(inlineOffset, tail);
            }
        }
        return new InodeRecord(
                number,
                mode,
                extended ? image.getUnsignedInt(at + 44) : image.getShort(at + 6),
                extended ? image.getInt(at + 24) : image.getShort(at + 24),
                extended ? image.getInt(at + 28) : image.getShort(at + 26),
                hasContents ? 0 : raw,
                hasContents ? sizeBytes : 0,
                extended
                        ? image.getLong(at + 32) * 1_000_000_000L + image.getUnsignedInt(at + 40)
                        : superBlock.buildTimeNanos(),
                dataOffset,
                inlineOffset,
                at + lengthBytes,
                attributesLength);
    }

    private static boolean isSpecial(int type) {
        return type == FileMode.S_IFCHR
                || type == FileMode.S_IFBLK
                || type == FileMode.S_IFIFO
                || type == FileMode.S_IFSOCK;
    }

    int type() {
        return mode & FileMode.S_IFMT;
    }

    /** How many bytes of the contents are in blocks; the rest is inline. */
    long blockBytes() {
        return inlineOffset < 0 ? sizeBytes : sizeBytes & -SuperBlock.BLOCK_BYTES;
    }

    /** Where in the image the byte at {@code offset} of the contents is. */
    long imageOffset(long offset) {
        return offset < blockBytes() ? dataOffset + offset : inlineOffset + (offset - blockBytes());
    }
}
