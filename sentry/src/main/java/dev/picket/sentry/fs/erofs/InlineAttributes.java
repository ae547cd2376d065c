package dev.picket.sentry.fs.erofs;

import dev.picket.sentry.errno.ErrnoException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Extended attributes of an inode: those behind it, and those it shares with others.
 *
 * <pre>
 *   header   name_filter u32 | shared_count u8 | 7 bytes
 *   shared   u32 each: entry at 4 * number behind the area of shared attributes
 *   entries  name_len u8 | name_index u8 | value_size u16 | name | value | padding to 4
 * </pre>
 */
final class InlineAttributes {
    private static final int HEADER_BYTES = 12;
    private static final int ENTRY_BYTES = 4;

    /** What a name begins with, by its name_index; null for what is not shown. */
    private static final String[] PREFIXES = {"", "user.", null, null, "trusted.", null, "security."};

    private InlineAttributes() {}

    static Map<String, byte[]> read(ErofsImage image, SuperBlock superBlock, InodeRecord inode) throws ErrnoException {
        Map<String, byte[]> values = new LinkedHashMap<>();
        if (inode.attributesLength() == 0) {
            return values;
        }
        long at = inode.attributesOffset();
        long end = at + inode.attributesLength();
        image.check(at, inode.attributesLength());
        int shared = image.getByte(at + 4);
        at += HEADER_BYTES;
        for (int i = 0; i < shared; i++, at += 4) {
            if (at + 4 > end) {
                throw ErofsImage.corrupt();
            }
            entry(image, superBlock.sharedAttributesOffset() + image.getUnsignedInt(at) * 4, values);
        }
        while (at + ENTRY_BYTES <= end) {
            long length = entry(image, at, values);
            if (length > end - at) {
                throw ErofsImage.corrupt();
            }
            at += length + 3 & -4;
        }
        return values;
    }

    private static long entry(ErofsImage image, long at, Map<String, byte[]> values) throws ErrnoException {
        int nameLength = image.getByte(at);
        int prefix = image.getByte(at + 1);
        int valueLength = image.getShort(at + 2);
        if (prefix < PREFIXES.length && PREFIXES[prefix] != null && nameLength > 0) {
            byte[] name = image.getBytes(at + ENTRY_BYTES, nameLength);
            byte[] value = image.getBytes(at + ENTRY_BYTES + nameLength, valueLength);
            values.put(PREFIXES[prefix] + new String(name, StandardCharsets.ISO_8859_1), value);
        }
        return ENTRY_BYTES + nameLength + valueLength;
    }
}
