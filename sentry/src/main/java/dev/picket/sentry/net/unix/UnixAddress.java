package dev.picket.sentry.net.unix;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Sockets;
import dev.picket.sentry.errno.ErrnoException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An address of unix(7): a path, or an abstract name. Byte strings (ISO 8859-1).
 *
 * <pre>
 * struct sockaddr_un: 0 sun_family (2) | 2 sun_path (108)
 * </pre>
 */
record UnixAddress(String name, boolean isAbstract) {
    private static final int FAMILY_BYTES = 2;
    private static final int MAXIMUM_BYTES = FAMILY_BYTES + 108;

    /** Address of a socket without one. */
    static byte[] unnamed() {
        byte[] bytes = new byte[FAMILY_BYTES];
        Bytes.putShort(bytes, 0, Sockets.AF_UNIX);
        return bytes;
    }

    /** Whether an address consists of its family only: bind(2) then chooses a name. */
    static boolean isFamilyOnly(byte[] bytes) {
        return bytes.length == FAMILY_BYTES;
    }

    /** Decodes a guest's address; EINVAL if it is none of AF_UNIX, too short or too long. */
    static UnixAddress decode(byte[] bytes) throws ErrnoException {
        if (bytes.length <= FAMILY_BYTES
                || bytes.length > MAXIMUM_BYTES
                || Bytes.getShort(bytes, 0) != Sockets.AF_UNIX) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (bytes[FAMILY_BYTES] == 0) {
            // All bytes count, NULs included.
            int start = FAMILY_BYTES + 1;
            return new UnixAddress(new String(bytes, start, bytes.length - start, StandardCharsets.ISO_8859_1), true);
        }
        int end = FAMILY_BYTES;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new UnixAddress(new String(bytes, FAMILY_BYTES, end - FAMILY_BYTES, StandardCharsets.ISO_8859_1), false);
    }

    /** As getsockname(2) gives it: a path with its NUL. */
    byte[] encode() {
        byte[] text = name.getBytes(StandardCharsets.ISO_8859_1);
        byte[] bytes = Arrays.copyOf(unnamed(), FAMILY_BYTES + text.length + 1);
        System.arraycopy(text, 0, bytes, FAMILY_BYTES + (isAbstract ? 1 : 0), text.length);
        return bytes;
    }

    /** As /proc/net/unix shows it. */
    String shown() {
        return isAbstract ? "@" + name.replace('\0', '@') : name;
    }
}
