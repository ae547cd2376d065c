package dev.picket.sentry.fs.erofs;

import dev.picket.sentry.errno.ErrnoException;
import java.nio.charset.StandardCharsets;

/**
 * A block of a directory: entries in the order of their names, and then the names.
 *
 * <pre>
 *   entries  nid u64 | nameoff u16 | file_type u8 | -      12 bytes each; the first nameoff tells how many
 *   names    without NUL, but for padding behind the last
 * </pre>
 */
final class DirectoryBlock {
    private static final int ENTRY_BYTES = 12;

    /** DT_ types by file_type. */
    private static final int[] TYPES = {0, 8, 4, 2, 6, 1, 12, 10};

    private final ErofsImage image;
    private final long offset;
    private final int lengthBytes;
    private final int count;

    DirectoryBlock(ErofsImage image, long offset, int lengthBytes) throws ErrnoException {
        this.image = image;
        this.offset = offset;
        this.lengthBytes = lengthBytes;
        image.check(offset, lengthBytes);
        int firstName = image.getShort(offset + 8);
        if (firstName < ENTRY_BYTES || firstName % ENTRY_BYTES != 0 || firstName > lengthBytes) {
            throw ErofsImage.corrupt();
        }
        count = firstName / ENTRY_BYTES;
    }

    int count() {
        return count;
    }

    long number(int index) throws ErrnoException {
        return image.getLong(entry(index));
    }

    int type(int index) throws ErrnoException {
        int type = image.getByte(entry(index) + 10);
        return type < TYPES.length ? TYPES[type] : 0;
    }

    String name(int index) throws ErrnoException {
        int start = image.getShort(entry(index) + 8);
        int end = index + 1 < count ? image.getShort(entry(index + 1) + 8) : lengthBytes;
        if (start >= end || end > lengthBytes || start < count * ENTRY_BYTES) {
            throw ErofsImage.corrupt();
        }
        String name = new String(image.getBytes(offset + start, end - start), StandardCharsets.ISO_8859_1);
        int nul = index + 1 == count ? name.indexOf('\0') : -1;
        return nul < 0 ? name : name.substring(0, nul);
    }

    private long entry(int index) {
        return offset + (long) index * ENTRY_BYTES;
    }

    /** Index of the entry of this name; if there is none, -1 minus the index it would have. */
    int find(String name) throws ErrnoException {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            int order = name(middle).compareTo(name); // of characters that are bytes: the order of bytes
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1 - low;
    }
}
