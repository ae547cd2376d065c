package dev.picket.storage.layer;

import dev.picket.storage.failure.StorageException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The records of a pax extended header ({@code LENGTH KEY=VALUE\n} each), which override the ustar header they precede.
 */
final class PaxRecords {
    private static final String XATTR = "SCHILY.xattr.";

    private final Map<String, String> values = new LinkedHashMap<>();
    private final SparseMap sparse = new SparseMap();

    private PaxRecords() {}

    static PaxRecords none() {
        return new PaxRecords();
    }

    static PaxRecords parse(byte[] data) throws StorageException {
        var records = new PaxRecords();
        long sparseOffset = -1;
        int at = 0;
        while (at < data.length) {
            int space = at;
            int length = 0;
            while (space < data.length && data[space] >= '0' && data[space] <= '9' && space - at < 9) {
                length = length * 10 + data[space++] - '0';
            }
            int end = at + length;
            boolean framed = space > at
                    && space < data.length
                    && data[space] == ' '
                    && end <= data.length
                    && end > space + 1
                    && data[end - 1] == '\n';
            if (!framed) {
                throw malformed();
            }
            String record = new String(data, space + 1, end - space - 2, StandardCharsets.ISO_8859_1);
            int equals = record.indexOf('=');
            if (equals <= 0) {
                throw malformed();
            }
            String key = record.substring(0, equals);
            String value = record.substring(equals + 1);
            // GNU's sparse format 0.0 repeats these two keys, in pairs.
            if (key.equals("GNU.sparse.offset")) {
                sparseOffset = decimal(value);
            } else if (key.equals("GNU.sparse.numbytes")) {
                records.sparse.add(sparseOffset, decimal(value));
            } else {
                records.values.put(key, value);
            }
            at = end;
        }
        return records;
    }

    /** The value of a key, or {@code otherwise} if there is none; an empty value means none, as POSIX has it. */
    String text(String key, String otherwise) throws StorageException {
        String value = values.getOrDefault(key, "");
        if (value.indexOf('\0') >= 0) {
            throw malformed();
        }
        return value.isEmpty() ? otherwise : value;
    }

    /** A number that is not negative. */
    long number(String key, long otherwise) throws StorageException {
        String value = values.getOrDefault(key, "");
        return value.isEmpty() ? otherwise : decimal(value);
    }

    /** Whether the member is sparse, in GNU's format 0.0, 0.1 or 1.0. */
    boolean isSparse() {
        return isSparseOne()
                || values.containsKey("GNU.sparse.map")
                || sparse.count() > 0
                || values.containsKey("GNU.sparse.numblocks");
    }

    /** Whether it is sparse in format 1.0, whose map is at the head of the data. */
    boolean isSparseOne() {
        return values.getOrDefault("GNU.sparse.major", "").equals("1");
    }

    /** The map of formats 0.0 and 0.1. */
    SparseMap sparseMap() throws StorageException {
        String map = values.get("GNU.sparse.map");
        if (map == null) {
            return sparse;
        }
        var parsed = new SparseMap();
        String[] numbers = map.isEmpty() ? new String[0] : map.split(",", -1);
        if (numbers.length % 2 != 0) {
            throw malformed();
        }
        for (int i = 0; i < numbers.length; i += 2) {
            parsed.add(decimal(numbers[i]), decimal(numbers[i + 1]));
        }
        return parsed;
    }

    /** The time of last change, in seconds and nanoseconds, or null if the records do not say. */
    long[] mtime() throws StorageException {
        String value = values.getOrDefault("mtime", "");
        if (value.isEmpty()) {
            return null;
        }
        boolean negative = value.startsWith("-");
        int point = value.indexOf('.');
        String whole = value.substring(negative ? 1 : 0, point < 0 ? value.length() : point);
        String fraction = point < 0 ? "" : value.substring(point + 1);
        long seconds = whole.isEmpty() ? 0 : decimal(whole);
        // Digits beyond the ninth are cut, as Linux's own resolution ends there.
        String nanosText = (fraction + "000000000").substring(0, 9);
        long nanos = decimal(nanosText);
        if (negative) {
            seconds = -seconds;
            if (nanos > 0) {
                seconds--;
                nanos = 1_000_000_000 - nanos;
            }
        }
        return new long[] {seconds, nanos};
    }

    /** The extended attributes that Linux knows what to do with; others, such as macOS's, are left out. */
    Map<String, byte[]> xattrs() throws StorageException {
        TreeMap<String, byte[]> xattrs = null;
        long bytes = 0;
        for (Map.Entry<String, String> record : values.entrySet()) {
            if (!record.getKey().startsWith(XATTR)) {
                continue;
            }
            String name = record.getKey().substring(XATTR.length());
            if (!isKnownToLinux(name)) {
                continue;
            }
            byte[] value = record.getValue().getBytes(StandardCharsets.ISO_8859_1);
            bytes += name.length() + value.length;
            boolean sound = name.length() <= LayerLimits.MAX_NAME_BYTES
                    && name.indexOf('\0') < 0
                    && value.length <= LayerLimits.MAX_XATTR_VALUE_BYTES
                    && bytes <= LayerLimits.MAX_XATTR_BYTES;
            if (!sound) {
                throw new StorageException.Invalid(
                        "the extended attribute " + PathNames.printable(name) + " in the archive is too long");
            }
            if (xattrs == null) {
                xattrs = new TreeMap<>();
            }
            xattrs.put(name, value);
        }
        return xattrs == null ? Map.of() : Collections.unmodifiableMap(xattrs);
    }

    private static boolean isKnownToLinux(String name) {
        return isIn("user.", name)
                || isIn("trusted.", name)
                || isIn("security.", name)
                || name.equals("system.posix_acl_access")
                || name.equals("system.posix_acl_default");
    }

    private static boolean isIn(String nameSpace, String name) {
        return name.startsWith(nameSpace) && name.length() > nameSpace.length();
    }

    static long decimal(String text) throws StorageException {
        if (text.isEmpty() || text.length() > 19) {
            throw malformed();
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                throw malformed();
            }
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw malformed();
        }
    }

    private static StorageException.Invalid malformed() {
        return new StorageException.Invalid("invalid extended header in the tar archive");
    }
}
