package dev.picket.platform.linux;

/**
 * struct flock of fcntl(2) on x86-64.
 *
 * <pre>
 *   0 type  s16 | whence s16 | -
 *   8 start s64
 *  16 len   s64
 *  24 pid   s32 | -
 * </pre>
 */
public final class FileLock {
    public static final int SIZE = 32;

    private FileLock() {}

    public static int type(byte[] flock) {
        return Bytes.getShort(flock, 0);
    }

    public static int whence(byte[] flock) {
        return Bytes.getShort(flock, 2);
    }

    public static long start(byte[] flock) {
        return Bytes.getLong(flock, 8);
    }

    public static long length(byte[] flock) {
        return Bytes.getLong(flock, 16);
    }

    public static int process(byte[] flock) {
        return Bytes.getInt(flock, 24);
    }

    public static void putType(byte[] flock, int type) {
        Bytes.putShort(flock, 0, type);
    }

    /** Sets the range, counted from the start of the file, and the holder. */
    public static void putRange(byte[] flock, long start, long length, int process) {
        Bytes.putShort(flock, 2, 0);
        Bytes.putLong(flock, 8, start);
        Bytes.putLong(flock, 16, length);
        Bytes.putInt(flock, 24, process);
    }
}
