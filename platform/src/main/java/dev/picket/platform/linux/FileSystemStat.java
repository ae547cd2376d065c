package dev.picket.platform.linux;

/**
 * struct statfs of statfs(2) on x86-64, {@code include/uapi/asm-generic/statfs.h}; every field is a long, but for fsid.
 *
 * <pre>
 *   0 type    24 bfree    48 ffree          72 frsize
 *   8 bsize   32 bavail   56 fsid, 2 ints   80 flags
 *  16 blocks  40 files    64 namelen        88 spare to 120
 * </pre>
 */
public final class FileSystemStat {
    public static final int SIZE = 120;

    /** As a flag: the others are valid. */
    public static final long ST_VALID = 0x20;

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

    private FileSystemStat() {}
}
