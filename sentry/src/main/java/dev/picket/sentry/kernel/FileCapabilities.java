package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.vfs.Inode;

/**
 * Capabilities that a program's file gives or lets through; struct vfs_cap_data of {@code linux/capability.h}, which the
 * attribute security.capability holds. See capabilities(7).
 *
 * <pre>
 *   0 magic and flags   4 permitted, low   8 inheritable, low   12 permitted, high   16 inheritable, high   20 root id
 * </pre>
 *
 * @param effective whether what is permitted is effective at once
 */
record FileCapabilities(long permitted, long inheritable, boolean effective) {
    private static final String ATTRIBUTE = "security.capability";
    private static final int REVISION_MASK = 0xff000000;
    private static final int REVISION_2 = 0x02000000;
    private static final int REVISION_3 = 0x03000000;
    private static final int REVISION_2_BYTES = 20;
    private static final int REVISION_3_BYTES = 24;
    private static final int EFFECTIVE = 1;
    private static final long KNOWN = (1L << Credentials.CAP_LAST + 1) - 1;

    /** The capabilities of a file, or null if it has none: then its program runs as any other. */
    static FileCapabilities of(Inode inode) throws ErrnoException {
        byte[] data;
        try {
            data = inode.extendedAttribute(ATTRIBUTE);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENODATA || e.errno() == Errno.ENOTSUP) {
                return null;
            }
            throw e;
        }
        if (data.length < REVISION_2_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int magic = Bytes.getInt(data, 0);
        int revision = magic & REVISION_MASK;
        boolean whole = revision == REVISION_2 && data.length == REVISION_2_BYTES
                || revision == REVISION_3 && data.length == REVISION_3_BYTES;
        if (!whole) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (revision == REVISION_3 && Bytes.getInt(data, REVISION_2_BYTES) != 0) {
            return null; // meant for another user namespace
        }
        return new FileCapabilities(set(data, 4, 12) & KNOWN, set(data, 8, 16) & KNOWN, (magic & EFFECTIVE) != 0);
    }

    private static long set(byte[] data, int low, int high) {
        return Bytes.getInt(data, low) & 0xffffffffL | (long) Bytes.getInt(data, high) << 32;
    }
}
