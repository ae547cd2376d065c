package dev.picket.platform.linux;

/**
 * struct statfs of statfs(2) on x86-64, {@code include/uapi/asm-generic/statfs.h}.
 *
 * <pre>
 *   0 type    s64    40 files   u64
 *   8 bsize   s64    48 ffree   u64
 *  16 blocks  u64    56 fsid    s32[2]
 *  24 bfree   u64    64 namelen s64
 *  32 bavail  u64    72 frsize  s64
 *                    80 flags   s64 | spare s64[4]
 * </pre>
 */
public final class FileSystemStat {
    public static final int SIZE = 120;
    public static final int TYPE = 0;
    public static final int BSIZE = 8;
    public static final int BLOCKS = 16;
    public static final int BFREE = 24;
    public static final int BAVAIL = 32;
    public static final int FILES = 40;
    public static final int FFREE = 48;
    public static final int FSID = 56;
    public static final int NAMELEN = 64;
    public static final int FRSIZE = 72;
    public static final int FLAGS = 80;

    /** The flags field is valid. */
    public static final int ST_VALID = 0x20;

    private FileSystemStat() {}
}
