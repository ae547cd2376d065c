package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Inode.Attributes;
import dev.picket.storage.layer.TarEntry.Type;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Reads the members of an uncompressed tar archive that lies in a file: v7, ustar, pax and GNU, with long names, large
 * numbers, sparse files and extended attributes. Skips over data; {@link FileData} says where it is.
 *
 * <p>Own code rather than a library's, because a layer's file content is handed on by its place in the archive, names
 * are to stay the bytes they are, and everything that an archive claims is to be bounded.
 */
public final class TarReader {
    private static final int BLOCK_BYTES = TarHeader.BLOCK_BYTES;
    private static final int WINDOW_BYTES = 64 * 1024;
    /** Room for extended attributes at their longest; GNU tar's own limit is far higher. */
    private static final int MAX_PAX_BYTES = 1 << 20;

    private static final long MAX_UNSIGNED_32 = 0xffff_ffffL;
    private static final int MAX_MAJOR = (1 << 12) - 1;
    private static final int MAX_MINOR = (1 << 20) - 1;

    private final FileChannel archive;
    private final long lengthBytes;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
    private final boolean endMarkRequired;
    private long windowOffset;
    private long position;
    private boolean ended;

    /**
     * Reads {@code archive} from its beginning; does not move its position, nor close it.
     *
     * @param endMarkRequired whether an archive that ends between two members, without a block of zeros, is an error: it
     *     may have lost members. Where a digest vouches for the whole archive, it is none.
     */
    public TarReader(FileChannel archive, boolean endMarkRequired) throws IOException {
        this.archive = archive;
        this.lengthBytes = archive.size();
        this.endMarkRequired = endMarkRequired;
    }

    /**
     * The next member, or null at the end.
     *
     * @throws StorageException.Invalid if the archive is malformed, or ends too early
     */
    public TarEntry next() throws IOException, StorageException {
        var pax = PaxRecords.none();
        String longName = null;
        String longLink = null;
        while (!ended) {
            TarHeader header = header();
            if (header == null) {
                ended = true;
                break;
            }
            long size = header.size();
            switch (header.type()) {
                case 'x', 'X' -> pax = PaxRecords.parse(content(size));
                case 'L' -> longName = gnuName(size);
                case 'K' -> longLink = gnuName(size);
                    // Global records (a commit id, mostly) and volume labels do not describe members; Docker skips
                    // them.
                case 'g', 'V' -> skip(size);
                default -> {
                    return entry(header, pax, longName, longLink);
                }
            }
        }
        if (longName != null || longLink != null) {
            throw new StorageException.Invalid("the tar archive ends after the header of a long name");
        }
        return null;
    }

    private TarHeader header() throws IOException, StorageException {
        if (position == lengthBytes) {
            if (!endMarkRequired) {
                return null;
            }
            throw new StorageException.Invalid(
                    lengthBytes == 0
                            ? "the tar archive is empty"
                            : "unexpected EOF: the tar archive has no end mark; it is truncated");
        }
        long offset = position;
        var header = new TarHeader(block(), offset);
        if (header.isZero()) {
            return null;
        }
        header.verifyChecksum();
        return header;
    }

    private TarEntry entry(TarHeader header, PaxRecords pax, String longName, String longLink)
            throws IOException, StorageException {
        String name = pax.text("path", longName == null ? header.name() : longName);
        String linkName = pax.text("linkpath", longLink == null ? header.linkName() : longLink);
        if (pax.isSparse()) {
            // The real name; the one in the header is made up for archivers that know no sparse files.
            name = pax.text("GNU.sparse.name", name);
        }
        Type type = type(header.type(), name);
        FileData data = type == Type.REGULAR ? data(header, pax) : null;
        Attributes attributes = attributes(header, pax);
        boolean device = type == Type.CHARACTER_DEVICE || type == Type.BLOCK_DEVICE;
        return new TarEntry(
                type,
                name,
                linkName,
                attributes,
                device ? (int) bounded(header.major(), MAX_MAJOR, "device number") : 0,
                device ? (int) bounded(header.minor(), MAX_MINOR, "device number") : 0,
                data,
                name.length()
                        + linkName.length()
                        + sizeOf(attributes.xattrs())
                        + (data == null ? 0 : 24L * data.rangeCount()));
    }

    private static Type type(char flag, String name) throws StorageException {
        return switch (flag) {
                // The v7 format had no type for directories but the slash.
            case '0', '\0' -> name.endsWith("/") ? Type.DIRECTORY : Type.REGULAR;
            case '7', 'S' -> Type.REGULAR;
            case '1' -> Type.HARD_LINK;
            case '2' -> Type.SYMBOLIC_LINK;
            case '3' -> Type.CHARACTER_DEVICE;
            case '4' -> Type.BLOCK_DEVICE;
            case '5', 'D' -> Type.DIRECTORY;
            case '6' -> Type.FIFO;
            default -> throw new StorageException.Invalid(
                    "unhandled tar header type " + (int) flag + " of " + PathNames.printable(name));
        };
    }

    private static Attributes attributes(TarHeader header, PaxRecords pax) throws StorageException {
        long[] mtime = pax.mtime();
        return new Attributes(
                (int) header.mode() & 07777,
                (int) bounded(pax.number("uid", header.uid()), MAX_UNSIGNED_32 - 1, "user id"),
                (int) bounded(pax.number("gid", header.gid()), MAX_UNSIGNED_32 - 1, "group id"),
                mtime == null ? header.mtimeSeconds() : mtime[0],
                mtime == null ? 0 : (int) mtime[1],
                pax.xattrs());
    }

    private static long bounded(long value, long maximum, String what) throws StorageException {
        if (value < 0 || value > maximum) {
            throw new StorageException.Invalid("a " + what + " in the tar archive is out of range: " + value);
        }
        return value;
    }

    private static long sizeOf(Map<String, byte[]> xattrs) {
        long bytes = 0;
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            bytes += xattr.getKey().length() + xattr.getValue().length;
        }
        return bytes;
    }

    private FileData data(TarHeader header, PaxRecords pax) throws IOException, StorageException {
        long size = pax.number("size", header.size());
        if (header.type() == 'S') {
            var map = new SparseMap();
            header.gnuSparse(map);
            boolean more = header.gnuIsExtended();
            while (more) {
                var extension = new TarHeader(block(), position - BLOCK_BYTES);
                extension.gnuExtension(map);
                more = extension.gnuExtensionIsExtended();
                if (map.count() == 0) {
                    throw new StorageException.Invalid("a sparse file in the archive has an empty map extension");
                }
            }
            return sparse(map, header.gnuRealSize(), size);
        }
        if (!pax.isSparse()) {
            long offset = position;
            skip(size);
            return FileData.contiguous(archive, offset, size);
        }
        long realSize = pax.number("GNU.sparse.realsize", pax.number("GNU.sparse.size", -1));
        if (realSize < 0) {
            throw new StorageException.Invalid("a sparse file in the archive does not say how long it is");
        }
        if (!pax.isSparseOne()) {
            return sparse(pax.sparseMap(), realSize, size);
        }
        long start = position;
        SparseMap map = sparseOneMap(start, size);
        return sparse(map, realSize, size - (position - start));
    }

    private FileData sparse(SparseMap map, long realSize, long packedSize) throws IOException, StorageException {
        long offset = position;
        skip(packedSize);
        return new FileData(archive, realSize, map.ranges(realSize, offset, packedSize));
    }

    /** Format 1.0: decimal numbers, one per line, padded to whole blocks: a count, then offset and length by turns. */
    private SparseMap sparseOneMap(long start, long size) throws IOException, StorageException {
        var map = new SparseMap();
        long remaining = -1;
        long offset = -1;
        var number = new StringBuilder();
        while (remaining != 0) {
            if (size - (position - start) < BLOCK_BYTES) {
                throw new StorageException.Invalid("a sparse file in the archive has a truncated map");
            }
            for (byte octet : block()) {
                if (octet != '\n') {
                    number.append((char) (octet & 0xff));
                    if (number.length() > 20) {
                        throw new StorageException.Invalid("a sparse file in the archive has an invalid map");
                    }
                    continue;
                }
                long value = PaxRecords.decimal(number.toString());
                number.setLength(0);
                if (remaining < 0) {
                    remaining = value;
                } else if (offset < 0) {
                    offset = value;
                } else {
                    map.add(offset, value);
                    offset = -1;
                    remaining--;
                }
                if (remaining == 0) {
                    break;
                }
            }
        }
        return map;
    }

    private String gnuName(long size) throws IOException, StorageException {
        byte[] bytes = content(size);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** The data of a header that describes another; moves behind it. */
    private byte[] content(long size) throws IOException, StorageException {
        if (size > MAX_PAX_BYTES) {
            throw new StorageException.Invalid(
                    "an extended header in the archive is longer than " + MAX_PAX_BYTES + " bytes");
        }
        long start = position;
        // Checks that the archive has it, before room for it is made.
        skip(size);
        byte[] bytes = new byte[(int) size];
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            if (archive.read(buffer, start + buffer.position()) < 0) {
                throw truncated();
            }
        }
        return bytes;
    }

    /** Moves behind data of {@code size} bytes and its padding. */
    private void skip(long size) throws StorageException {
        if (size > lengthBytes - position) {
            throw truncated();
        }
        long padding = -size & BLOCK_BYTES - 1;
        if (padding > lengthBytes - position - size) {
            throw truncated();
        }
        position += size + padding;
    }

    private byte[] block() throws IOException, StorageException {
        if (lengthBytes - position < BLOCK_BYTES) {
            throw truncated();
        }
        boolean inWindow = position >= windowOffset && position + BLOCK_BYTES <= windowOffset + window.limit();
        if (!inWindow) {
            window.clear();
            windowOffset = position;
            while (window.position() < BLOCK_BYTES) {
                if (archive.read(window, windowOffset + window.position()) < 0) {
                    throw truncated();
                }
            }
            window.flip();
        }
        int start = (int) (position - windowOffset);
        position += BLOCK_BYTES;
        return Arrays.copyOfRange(window.array(), start, start + BLOCK_BYTES);
    }

    private static StorageException.Invalid truncated() {
        return new StorageException.Invalid("unexpected EOF: the tar archive is truncated");
    }
}
