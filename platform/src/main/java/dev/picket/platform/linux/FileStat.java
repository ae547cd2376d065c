package dev.picket.platform.linux;

/**
 * struct stat of stat(2) on x86-64, {@code arch/x86/include/uapi/asm/stat.h}.
 *
 * <pre>
 *   0 dev     u64            56 blksize s64
 *   8 ino     u64            64 blocks  s64
 *  16 nlink   u64            72 atime   u64 | nsec u64
 *  24 mode    u32 | uid u32  88 mtime   u64 | nsec u64
 *  32 gid     u32 | -       104 ctime   u64 | nsec u64
 *  40 rdev    u64           120 unused  s64[3]
 *  48 size    s64
 * </pre>
 */
public final class FileStat {
    public static final int SIZE = 144;
    public static final int DEV = 0;
    public static final int INO = 8;
    public static final int NLINK = 16;
    public static final int MODE = 24;
    public static final int UID = 28;
    public static final int GID = 32;
    public static final int RDEV = 40;
    public static final int SIZE_BYTES = 48;
    public static final int BLKSIZE = 56;
    public static final int BLOCKS = 64;
    public static final int ATIME = 72;
    public static final int MTIME = 88;
    public static final int CTIME = 104;

    private FileStat() {}

    /** Sets a time: seconds at {@code offset}, nanoseconds behind them. */
    public static void putTime(byte[] stat, int offset, long nanos) {
        Bytes.putLong(stat, offset, Math.floorDiv(nanos, 1_000_000_000L));
        Bytes.putLong(stat, offset + 8, Math.floorMod(nanos, 1_000_000_000L));
    }
}
