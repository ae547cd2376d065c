package dev.picket.sentry.net.netlink;

import static dev.picket.platform.linux.Netlink.*;

import dev.picket.platform.linux.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A message of netlink(7) that is being written: header, fixed part, attributes.
 *
 * <pre>
 * struct rtattr: 0 rta_len (2) | 2 rta_type (2) | data; the next at a multiple of 4
 * </pre>
 */
final class NetlinkMessage {
    private static final int ATTRIBUTE_HEADER_BYTES = 4;

    private byte[] bytes;
    private int length;

    /**
     * @param sequence and {@code port}: of the request that this answers
     * @param fixedBytes size of the fixed part, which is zeros so far
     */
    NetlinkMessage(int type, int flags, int sequence, int port, int fixedBytes) {
        length = NLMSGHDR_BYTES + align(fixedBytes);
        bytes = new byte[Math.max(64, length)];
        Bytes.putShort(bytes, 4, type);
        Bytes.putShort(bytes, 6, flags);
        Bytes.putInt(bytes, 8, sequence);
        Bytes.putInt(bytes, 12, port);
    }

    static int align(int size) {
        return size + 3 & ~3;
    }

    /** A byte of the fixed part. */
    NetlinkMessage putByte(int offset, int value) {
        bytes[NLMSGHDR_BYTES + offset] = (byte) value;
        return this;
    }

    NetlinkMessage putShort(int offset, int value) {
        Bytes.putShort(bytes, NLMSGHDR_BYTES + offset, value);
        return this;
    }

    NetlinkMessage putInt(int offset, int value) {
        Bytes.putInt(bytes, NLMSGHDR_BYTES + offset, value);
        return this;
    }

    /** Appends data as it is, aligned. */
    NetlinkMessage append(byte[] data) {
        reserve(align(data.length));
        System.arraycopy(data, 0, bytes, length, data.length);
        length += align(data.length);
        return this;
    }

    NetlinkMessage attribute(int type, byte[] data) {
        int size = ATTRIBUTE_HEADER_BYTES + data.length;
        reserve(align(size));
        Bytes.putShort(bytes, length, size);
        Bytes.putShort(bytes, length + 2, type);
        System.arraycopy(data, 0, bytes, length + ATTRIBUTE_HEADER_BYTES, data.length);
        length += align(size);
        return this;
    }

    NetlinkMessage attribute(int type, int value) {
        byte[] data = new byte[Integer.BYTES];
        Bytes.putInt(data, 0, value);
        return attribute(type, data);
    }

    NetlinkMessage byteAttribute(int type, int value) {
        return attribute(type, new byte[] {(byte) value});
    }

    /** A byte string with its NUL. */
    NetlinkMessage attribute(int type, String text) {
        return attribute(type, (text + "\0").getBytes(StandardCharsets.ISO_8859_1));
    }

    private void reserve(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    /** The message with its length. */
    byte[] finish() {
        Bytes.putInt(bytes, 0, length);
        return Arrays.copyOf(bytes, length);
    }
}
