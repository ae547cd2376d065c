package dev.picket.platform.linux;

/**
 * struct statx of statx(2), {@code include/uapi/linux/stat.h}.
 *
 * <pre>
 *   0 mask        u32 | blksize     u32     64 atime  s64 | nsec u32 | -
 *   8 attributes  u64                       80 btime  s64 | nsec u32 | -
 *  16 nlink       u32 | uid         u32     96 ctime  s64 | nsec u32 | -
 *  24 gid         u32 | mode u16 | -       112 mtime  s64 | nsec u32 | -
 *  32 ino         u64                      128 rdev_major u32 | rdev_minor u32
 *  40 size        u64                      136 dev_major  u32 | dev_minor  u32
 *  48 blocks      u64                      144 mnt_id u64
 *  56 attributes_mask u64                  152 dio_mem_align u32 | dio_offset_align u32 | spare to 256
 * </pre>
 */
public final class FileStatx {
    public static final int SIZE = 256;

    public static final int STATX_BASIC_STATS = 0x7ff;
    public static final int STATX_BTIME = 0x800;
    public static final int STATX_MNT_ID = 0x1000;
    public static final int STATX_RESERVED = 0x8000_0000;
    public static final long STATX_ATTR_MOUNT_ROOT = 0x2000;

    private static final int MASK = 0;
    private static final int BLKSIZE = 4;
    private static final int ATTRIBUTES = 8;
    private static final int NLINK = 16;
    private static final int UID = 20;
    private static final int GID = 24;
    private static final int MODE = 28;
    private static final int INO = 32;
    private static final int SIZE_BYTES = 40;
    private static final int BLOCKS = 48;
    private static final int ATTRIBUTES_MASK = 56;
    private static final int ATIME = 64;
    private static final int CTIME = 96;
    private static final int MTIME = 112;
    private static final int RDEV_MAJOR = 128;
    private static final int DEV_MAJOR = 136;
    private static final int MNT_ID = 144;

    private FileStatx() {}

    public static void putMask(byte[] statx, int mask) {
        Bytes.putInt(statx, MASK, mask);
    }

    public static void putBlockSize(byte[] statx, int bytes) {
        Bytes.putInt(statx, BLKSIZE, bytes);
    }

    /** Sets the attributes that are on, and which are known. */
    public static void putAttributes(byte[] statx, long attributes, long known) {
        Bytes.putLong(statx, ATTRIBUTES, attributes);
        Bytes.putLong(statx, ATTRIBUTES_MASK, known);
    }

    public static long links(byte[] statx) {
        return Integer.toUnsignedLong(Bytes.getInt(statx, NLINK));
    }

    public static void putLinks(byte[] statx, long links) {
        Bytes.putInt(statx, NLINK, (int) links);
    }

    public static int user(byte[] statx) {
        return Bytes.getInt(statx, UID);
    }

    public static void putUser(byte[] statx, int user) {
        Bytes.putInt(statx, UID, user);
    }

    public static int group(byte[] statx) {
        return Bytes.getInt(statx, GID);
    }

    public static void putGroup(byte[] statx, int group) {
        Bytes.putInt(statx, GID, group);
    }

    public static int mode(byte[] statx) {
        return Short.toUnsignedInt(Bytes.getShort(statx, MODE));
    }

    public static void putMode(byte[] statx, int mode) {
        Bytes.putShort(statx, MODE, mode);
    }

    public static long inode(byte[] statx) {
        return Bytes.getLong(statx, INO);
    }

    public static void putInode(byte[] statx, long inode) {
        Bytes.putLong(statx, INO, inode);
    }

    public static long size(byte[] statx) {
        return Bytes.getLong(statx, SIZE_BYTES);
    }

    public static void putSize(byte[] statx, long bytes) {
        Bytes.putLong(statx, SIZE_BYTES, bytes);
    }

    public static long blocks(byte[] statx) {
        return Bytes.getLong(statx, BLOCKS);
    }

    public static void putBlocks(byte[] statx, long blocks) {
        Bytes.putLong(statx, BLOCKS, blocks);
    }

    public static long accessTimeNanos(byte[] statx) {
        return time(statx, ATIME);
    }

    public static void putAccessTime(byte[] statx, long nanos) {
        putTime(statx, ATIME, nanos);
    }

    public static long changeTimeNanos(byte[] statx) {
        return time(statx, CTIME);
    }

    public static void putChangeTime(byte[] statx, long nanos) {
        putTime(statx, CTIME, nanos);
    }

    public static long modificationTimeNanos(byte[] statx) {
        return time(statx, MTIME);
    }

    public static void putModificationTime(byte[] statx, long nanos) {
        putTime(statx, MTIME, nanos);
    }

    /** The device that holds the file, major number above the minor. */
    public static long device(byte[] statx) {
        return Bytes.getLong(statx, DEV_MAJOR);
    }

    /** Sets the device that holds the file, from its number as makedev(3) encodes it. */
    public static void putDevice(byte[] statx, long device) {
        putDevice(statx, DEV_MAJOR, device);
    }

    /** Sets what device a device file stands for, from its number as makedev(3) encodes it. */
    public static void putDeviceNumber(byte[] statx, long device) {
        putDevice(statx, RDEV_MAJOR, device);
    }

    public static void putMountId(byte[] statx, long id) {
        Bytes.putLong(statx, MNT_ID, id);
    }

    private static long time(byte[] statx, int offset) {
        long nanos = Integer.toUnsignedLong(Bytes.getInt(statx, offset + 8));
        return Bytes.getLong(statx, offset) * 1_000_000_000L + nanos;
    }

    private static void putTime(byte[] statx, int offset, long nanos) {
        Bytes.putLong(statx, offset, Math.floorDiv(nanos, 1_000_000_000L));
        Bytes.putInt(statx, offset + 8, (int) Math.floorMod(nanos, 1_000_000_000L));
    }

    private static void putDevice(byte[] statx, int offset, long device) {
        Bytes.putInt(statx, offset, DeviceNumber.major(device));
        Bytes.putInt(statx, offset + 4, DeviceNumber.minor(device));
    }
}
