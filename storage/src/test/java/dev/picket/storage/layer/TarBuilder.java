package dev.picket.storage.layer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes tar archives, malformed ones too, for tests. Strings are ISO 8859-1: their characters are bytes. */
public final class TarBuilder {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Map<String, String> pax = new LinkedHashMap<>();
    private int uid;
    private int gid;
    private long mtime = 1_700_000_000L;

    public TarBuilder owner(int newUid, int newGid) {
        uid = newUid;
        gid = newGid;
        return this;
    }

    public TarBuilder mtime(long seconds) {
        mtime = seconds;
        return this;
    }

    /** For the next member only. */
    public TarBuilder pax(String key, String value) {
        pax.put(key, value);
        return this;
    }

    public TarBuilder file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.ISO_8859_1), 0644);
    }

    public TarBuilder file(String name, byte[] content, int mode) {
        header(name, '0', mode, content.length, "", 0, 0);
        return data(content);
    }

    public TarBuilder directory(String name, int mode) {
        return header(name, '5', mode, 0, "", 0, 0);
    }

    public TarBuilder symbolicLink(String name, String target) {
        return header(name, '2', 0777, 0, target, 0, 0);
    }

    public TarBuilder hardLink(String name, String target) {
        return header(name, '1', 0644, 0, target, 0, 0);
    }

    public TarBuilder device(String name, char type, int major, int minor) {
        return header(name, type, 0600, 0, "", major, minor);
    }

    /** A header alone; {@code size} bytes should follow, but that is up to the caller. */
    public TarBuilder header(String name, char type, int mode, long size, String linkName, int major, int minor) {
        if (!pax.isEmpty()) {
            var records = new ByteArrayOutputStream();
            pax.forEach((key, value) -> records.writeBytes(record(key, value)));
            pax.clear();
            plainHeader("PaxHeaders/x", 'x', 0644, records.size(), "", 0, 0);
            data(records.toByteArray());
        }
        return plainHeader(name, type, mode, size, linkName, major, minor);
    }

    /** A GNU long name or long link for the next member. */
    public TarBuilder gnuLong(char type, String text) {
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.ISO_8859_1);
        plainHeader("././@LongLink", type, 0, bytes.length, "", 0, 0);
        return data(bytes);
    }

    private static byte[] record(String key, String value) {
        String tail = " " + key + "=" + value + "\n";
        int length = tail.length();
        while (length != Integer.toString(length).length() + tail.length()) {
            length = Integer.toString(length).length() + tail.length();
        }
        return (length + tail).getBytes(StandardCharsets.ISO_8859_1);
    }

    private TarBuilder plainHeader(String name, char type, int mode, long size, String linkName, int major, int minor) {
        byte[] block = new byte[512];
        put(block, 0, 100, name);
        octal(block, 100, 8, mode);
        octal(block, 108, 8, uid);
        octal(block, 116, 8, gid);
        octal(block, 124, 12, size);
        octal(block, 136, 12, mtime);
        block[156] = (byte) type;
        put(block, 157, 100, linkName);
        put(block, 257, 8, "ustar\00000");
        octal(block, 329, 8, major);
        octal(block, 337, 8, minor);
        checksum(block);
        out.writeBytes(block);
        return this;
    }

    public static void checksum(byte[] block) {
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        octal(block, 148, 7, sum);
    }

    /** Data with its padding. */
    public TarBuilder data(byte[] content) {
        out.writeBytes(content);
        out.writeBytes(new byte[-content.length & 511]);
        return this;
    }

    public TarBuilder raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    private static void put(byte[] block, int start, int length, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, block, start, Math.min(length, bytes.length));
    }

    private static void octal(byte[] block, int start, int length, long value) {
        if (value >= 1L << 3 * (length - 1)) {
            // GNU's binary form.
            for (int i = 0; i < length; i++) {
                int shift = 8 * (length - 1 - i);
                block[start + i] = shift > 56 ? 0 : (byte) (value >>> shift);
            }
            block[start] |= (byte) 0x80;
            return;
        }
        put(block, start, length, String.format("%0" + (length - 1) + "o", value));
    }

    /** Without an end mark. */
    public byte[] unfinished() {
        return out.toByteArray();
    }

    public byte[] build() {
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }
}
