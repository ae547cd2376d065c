package dev.picket.storage.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** A small reader written from the specification, not from the writer, to check the writer by. Uncompressed images only. */
final class ErofsReader {
    private static final int BLOCK = 4096;
    private final ByteBuffer image;

    /** One inode as it is stored. */
    record Node(
            long nid,
            int mode,
            long size,
            long raw,
            int layout,
            int uid,
            int gid,
            long mtime,
            int mtimeNanos,
            int nlink,
            long inlineAt,
            Map<String, byte[]> xattrs) {}

    ErofsReader(Path file) throws IOException {
        image = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        check(image.getInt(1024) == 0xE0F5E1E2, "magic");
        byte[] block = Arrays.copyOfRange(image.array(), 1024, BLOCK);
        Arrays.fill(block, 4, 8, (byte) 0);
        var crc = new CRC32C();
        crc.update(block);
        check(image.getInt(1024 + 4) == ~(int) crc.getValue(), "checksum");
        check(image.get(1024 + 12) == 12, "block size");
        check(Integer.toUnsignedLong(image.getInt(1024 + 36)) * BLOCK == image.capacity(), "blocks");
    }

    Node root() {
        return node(Short.toUnsignedLong(image.getShort(1024 + 14)));
    }

    long inodeCount() {
        return image.getLong(1024 + 16);
    }

    Node node(long nid) {
        int at = Math.toIntExact(nid * 32);
        int format = image.getShort(at);
        check((format & 1) == 1, "extended inode");
        int icount = Short.toUnsignedInt(image.getShort(at + 2));
        int xattrBytes = icount == 0 ? 0 : 12 + 4 * (icount - 1);
        return new Node(
                nid,
                Short.toUnsignedInt(image.getShort(at + 4)),
                image.getLong(at + 8),
                Integer.toUnsignedLong(image.getInt(at + 16)),
                format >> 1 & 7,
                image.getInt(at + 24),
                image.getInt(at + 28),
                image.getLong(at + 32),
                image.getInt(at + 40),
                image.getInt(at + 44),
                at + 64L + xattrBytes,
                xattrs(at + 64, xattrBytes));
    }

    private Map<String, byte[]> xattrs(int start, int length) {
        var xattrs = new LinkedHashMap<String, byte[]>();
        int at = start + 12;
        while (at < start + length) {
            int nameLength = image.get(at) & 0xff;
            int valueLength = Short.toUnsignedInt(image.getShort(at + 2));
            String prefix = Map.of(
                            1,
                            "user.",
                            2,
                            "system.posix_acl_access",
                            3,
                            "system.posix_acl_default",
                            4,
                            "trusted.",
                            6,
                            "security.")
                    .get((int) image.get(at + 1));
            xattrs.put(prefix + text(at + 4, nameLength), bytes(at + 4 + nameLength, valueLength));
            at += 4 + nameLength + valueLength + 3 & ~3;
        }
        return xattrs;
    }

    byte[] data(Node node) {
        int size = Math.toIntExact(node.size());
        if (node.layout() == 0) {
            return size == 0 ? new byte[0] : bytes(Math.toIntExact(node.raw() * BLOCK), size);
        }
        check(node.layout() == 2, "layout");
        int tail = size % BLOCK;
        int full = size - tail;
        long inlineAt = node.inlineAt();
        check(inlineAt / BLOCK == (inlineAt + tail - 1) / BLOCK, "inline data within a block");
        byte[] data = new byte[size];
        if (full > 0) {
            System.arraycopy(image.array(), Math.toIntExact(node.raw() * BLOCK), data, 0, full);
        }
        System.arraycopy(image.array(), Math.toIntExact(inlineAt), data, full, tail);
        return data;
    }

    /** The names of a directory and their nids, in order; checks the order and the file types. */
    Map<String, Node> list(Node directory) {
        var entries = new LinkedHashMap<String, Node>();
        byte[] content = data(directory);
        ByteBuffer data = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        String previous = "";
        for (int block = 0; block < content.length; block += BLOCK) {
            int limit = Math.min(BLOCK, content.length - block);
            int count = data.getShort(block + 8) / 12;
            for (int i = 0; i < count; i++) {
                int nameAt = data.getShort(block + i * 12 + 8);
                int nameEnd = i + 1 < count ? data.getShort(block + (i + 1) * 12 + 8) : limit;
                String name = new String(content, block + nameAt, nameEnd - nameAt, StandardCharsets.ISO_8859_1);
                if (i + 1 == count && name.indexOf('\0') >= 0) {
                    name = name.substring(0, name.indexOf('\0'));
                }
                check(previous.compareTo(name) < 0, "order of " + previous + " and " + name);
                previous = name;
                Node child = node(data.getLong(block + i * 12));
                int expectedType =
                        Map.of(010, 1, 004, 2, 002, 3, 006, 4, 001, 5, 012, 7).get(child.mode() >> 12);
                check(data.get(block + i * 12 + 10) == expectedType, "type of " + name);
                entries.put(name, child);
            }
        }
        return entries;
    }

    Node find(String path) {
        Node node = root();
        for (String name : path.split("/")) {
            node = list(node).get(name);
            check(node != null, "no " + name + " of " + path);
        }
        return node;
    }

    private String text(int at, int length) {
        return new String(bytes(at, length), StandardCharsets.ISO_8859_1);
    }

    private byte[] bytes(int at, int length) {
        return Arrays.copyOfRange(image.array(), at, at + length);
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
