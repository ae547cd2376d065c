package dev.picket.storage.erofs;

import static dev.picket.storage.erofs.ErofsFormat.*;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The extended attributes behind an inode: a header, then each attribute with its name less the prefix that an index
 * stands for.
 *
 * <pre>
 * header  0 name_filter (4)  4 shared_count (1)  5 reserved (7)
 * entry   0 name_len (1)  1 name_index (1)  2 value_size (2)  4 name, value, padding to 4
 * </pre>
 */
final class Xattrs {
    private Xattrs() {}

    /** Length of the whole, a multiple of 4; 0 if there are none. */
    static int sizeBytes(Map<String, byte[]> xattrs) {
        if (xattrs.isEmpty()) {
            return 0;
        }
        long size = XATTR_IBODY_HEADER_BYTES;
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            int nameBytes = xattr.getKey().length() - prefix(xattr.getKey()).length();
            size += roundUp(XATTR_ENTRY_HEADER_BYTES + nameBytes + xattr.getValue().length, 4);
        }
        return Math.toIntExact(size);
    }

    /** The i_xattr_icount for a length that {@link #sizeBytes} gave. */
    static int icount(int sizeBytes) {
        return sizeBytes == 0 ? 0 : (sizeBytes - XATTR_IBODY_HEADER_BYTES) / 4 + 1;
    }

    static void write(Map<String, byte[]> xattrs, ByteBuffer out) {
        if (xattrs.isEmpty()) {
            return;
        }
        // An empty filter says nothing about names, since its feature bit is not set.
        out.put(new byte[XATTR_IBODY_HEADER_BYTES]);
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            String name = xattr.getKey().substring(prefix(xattr.getKey()).length());
            int padding = -(name.length() + xattr.getValue().length) & 3;
            out.put((byte) name.length());
            out.put((byte) index(xattr.getKey()));
            out.putShort((short) xattr.getValue().length);
            out.put(name.getBytes(StandardCharsets.ISO_8859_1));
            out.put(xattr.getValue());
            out.put(new byte[padding]);
        }
    }

    private static String prefix(String name) {
        return switch (index(name)) {
            case EROFS_XATTR_INDEX_USER -> "user.";
            case EROFS_XATTR_INDEX_TRUSTED -> "trusted.";
            case EROFS_XATTR_INDEX_SECURITY -> "security.";
                // The index stands for the whole name.
            default -> name;
        };
    }

    private static int index(String name) {
        if (name.startsWith("user.")) {
            return EROFS_XATTR_INDEX_USER;
        }
        if (name.startsWith("trusted.")) {
            return EROFS_XATTR_INDEX_TRUSTED;
        }
        if (name.startsWith("security.")) {
            return EROFS_XATTR_INDEX_SECURITY;
        }
        return switch (name) {
            case "system.posix_acl_access" -> EROFS_XATTR_INDEX_POSIX_ACL_ACCESS;
            case "system.posix_acl_default" -> EROFS_XATTR_INDEX_POSIX_ACL_DEFAULT;
            default -> throw new IllegalArgumentException("a tree holds no such attribute: " + name);
        };
    }
}
