package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import java.nio.charset.StandardCharsets;

/**
 * One 512-byte header block; see tar(5) of libarchive for the formats.
 *
 * <pre>
 *   0 name[100]   100 mode[8]  108 uid[8]  116 gid[8]  124 size[12]  136 mtime[12]  148 checksum[8]  156 type
 * 157 linkname[100]  257 magic[8]  265 uname[32]  297 gname[32]  329 devmajor[8]  337 devminor[8]
 * 345 prefix[155] (ustar) | 345 atime ctime offset ...  386 sparse[4]  482 isextended  483 realsize[12] (GNU)
 * </pre>
 */
final class TarHeader {
    static final int BLOCK_BYTES = 512;

    private static final int NAME = 0;
    private static final int MODE = 100;
    private static final int UID = 108;
    private static final int GID = 116;
    private static final int SIZE = 124;
    private static final int MTIME = 136;
    private static final int CHECKSUM = 148;
    private static final int TYPE = 156;
    private static final int LINK_NAME = 157;
    private static final int MAGIC = 257;
    private static final int DEV_MAJOR = 329;
    private static final int DEV_MINOR = 337;
    private static final int PREFIX = 345;
    private static final int GNU_SPARSE = 386;
    private static final int GNU_SPARSE_SLOTS = 4;
    private static final int GNU_IS_EXTENDED = 482;
    private static final int GNU_REAL_SIZE = 483;
    private static final int GNU_EXTENSION_SLOTS = 21;
    private static final int GNU_EXTENSION_IS_EXTENDED = 504;

    private final byte[] block;
    private final long offset;

    /** @param offset of the block in the archive, for messages */
    TarHeader(byte[] block, long offset) {
        this.block = block;
        this.offset = offset;
    }

    boolean isZero() {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    void verifyChecksum() throws StorageException {
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < BLOCK_BYTES; i++) {
            boolean inField = i >= CHECKSUM && i < CHECKSUM + 8;
            unsigned += inField ? ' ' : block[i] & 0xff;
            signed += inField ? ' ' : block[i];
        }
        long stored = number(CHECKSUM, 8, "checksum");
        // Some old archivers summed signed bytes.
        if (stored != unsigned && stored != signed) {
            throw malformed("invalid tar header");
        }
    }

    char type() {
        return (char) (block[TYPE] & 0xff);
    }

    String name() {
        String name = text(NAME, 100);
        boolean ustar = text(MAGIC, 6).equals("ustar") && block[MAGIC + 5] == 0;
        String prefix = ustar ? text(PREFIX, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    String linkName() {
        return text(LINK_NAME, 100);
    }

    long mode() throws StorageException {
        return number(MODE, 8, "mode");
    }

    long uid() throws StorageException {
        return number(UID, 8, "uid");
    }

    long gid() throws StorageException {
        return number(GID, 8, "gid");
    }

    long mtimeSeconds() throws StorageException {
        return number(MTIME, 12, "mtime");
    }

    /** Bytes of data behind the header; never negative. */
    long size() throws StorageException {
        return nonNegative(number(SIZE, 12, "size"), "size");
    }

    long major() throws StorageException {
        return number(DEV_MAJOR, 8, "devmajor");
    }

    long minor() throws StorageException {
        return number(DEV_MINOR, 8, "devminor");
    }

    /** The size of an old GNU sparse file with its holes. */
    long gnuRealSize() throws StorageException {
        return nonNegative(number(GNU_REAL_SIZE, 12, "realsize"), "realsize");
    }

    boolean gnuIsExtended() {
        return block[GNU_IS_EXTENDED] != 0;
    }

    void gnuSparse(SparseMap map) throws StorageException {
        sparseSlots(GNU_SPARSE, GNU_SPARSE_SLOTS, map);
    }

    /** For a block that extends an old GNU sparse header: whether one more follows. */
    boolean gnuExtensionIsExtended() {
        return block[GNU_EXTENSION_IS_EXTENDED] != 0;
    }

    /** For a block that extends an old GNU sparse header. */
    void gnuExtension(SparseMap map) throws StorageException {
        sparseSlots(0, GNU_EXTENSION_SLOTS, map);
    }

    private void sparseSlots(int start, int slots, SparseMap map) throws StorageException {
        for (int i = 0; i < slots; i++) {
            int slot = start + i * 24;
            if (block[slot] == 0) {
                return;
            }
            map.add(number(slot, 12, "sparse offset"), number(slot + 12, 12, "sparse length"));
        }
    }

    private String text(int start, int length) {
        int end = start;
        while (end < start + length && block[end] != 0) {
            end++;
        }
        return new String(block, start, end - start, StandardCharsets.ISO_8859_1);
    }

    private long nonNegative(long value, String field) throws StorageException {
        if (value < 0) {
            throw malformed("negative " + field + " in tar header");
        }
        return value;
    }

    /** Octal digits between blanks and zeros, or GNU's binary form with the top bit of the first byte set. */
    private long number(int start, int length, String field) throws StorageException {
        if ((block[start] & 0x80) != 0) {
            return binary(start, length, field);
        }
        int at = start;
        int end = start + length;
        while (at < end && (block[at] == ' ' || block[at] == 0)) {
            at++;
        }
        long value = 0;
        while (at < end && block[at] != ' ' && block[at] != 0) {
            int digit = block[at++] - '0';
            if (digit < 0 || digit > 7) {
                throw malformed("invalid " + field + " in tar header");
            }
            // At most twelve digits: 36 bits.
            value = value << 3 | digit;
        }
        return value;
    }

    private long binary(int start, int length, String field) throws StorageException {
        boolean negative = (block[start] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int octet = block[start + i] & 0xff;
            if (i == 0) {
                // The mark is not part of the number; its neighbour is the sign and fills the mark's place.
                octet = negative ? octet : octet & 0x7f;
            }
            if (value >> 55 != (negative ? -1 : 0)) {
                throw malformed(field + " in tar header is out of range");
            }
            value = value << 8 | octet;
        }
        return value;
    }

    private StorageException.Invalid malformed(String message) {
        return new StorageException.Invalid(message + " at offset " + offset);
    }
}
