package dev.picket.platform.linux;

/**
 * struct stat of stat(2) on x86-64, {@code arch/x86/include/uapi/asm/stat.h}.
 *
 * <pre>
 *   0 dev   u64                 48 size    s64
 *   8 ino   u64                 56 blksize s64
 *  16 nlink u64                 64 blocks  s64
 *  24 mode  u32 | uid u32       72 atime   s64 | nsec u64
 *  32 gid   u32 | -             88 mtime   s64 | nsec u64
 *  40 rdev  u64                104 ctime   s64 | nsec u64
 *                              120 unused to 144
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

    public static void putDevice(byte[] stat, long device) {
        Bytes.putLong(stat, DEV, device);
    }

    public static void putInode(byte[] stat, long inode) {
        Bytes.putLong(stat, INO, inode);
    }

    public static void putLinks(byte[] stat, long links) {
        Bytes.putLong(stat, NLINK, links);
    }

    public static void putMode(byte[] stat, int mode) {
        Bytes.putInt(stat, MODE, mode);
    }

    public static void putUser(byte[] stat, int user) {
        Bytes.putInt(stat, UID, user);
    }

    public static void putGroup(byte[] stat, int group) {
        Bytes.putInt(stat, GID, group);
    }

    public static void putDeviceNumber(byte[] stat, long device) {
        Bytes.putLong(stat, RDEV, device);
    }

    public static void putSize(byte[] stat, long bytes) {
        Bytes.putLong(stat, SIZE_BYTES, bytes);
    }

    public static void putBlockSize(byte[] stat, long bytes) {
        Bytes.putLong(stat, BLKSIZE, bytes);
    }

    public static void putBlocks(byte[] stat, long blocks) {
        Bytes.putLong(stat, BLOCKS, blocks);
    }

    public static void putAccessTime(byte[] stat, long nanos) {
        putTime(stat, ATIME, nanos);
    }

    public static void putModificationTime(byte[] stat, long nanos) {
        putTime(stat, MTIME, nanos);
    }

    public static void putChangeTime(byte[] stat, long nanos) {
        putTime(stat, CTIME, nanos);
    }

    public static void putTime(byte[] stat, int offset, long nanos) {
        Bytes.putLong(stat, offset, Math.floorDiv(nanos, 1_000_000_000L));
        Bytes.putLong(stat, offset + 8, Math.floorMod(nanos, 1_000_000_000L));
    }
}
