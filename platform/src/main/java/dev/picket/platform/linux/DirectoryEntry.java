package dev.picket.platform.linux;

/**
 * struct linux_dirent64 of getdents64(2), and the older struct linux_dirent of getdents(2).
 *
 * <pre>
 *   linux_dirent64                    linux_dirent
 *   0 ino    u64                      0 ino    u64
 *   8 off    s64                      8 off    u64
 *  16 reclen u16                     16 reclen u16
 *  18 type   u8                      18 name, NUL, padding; the last byte is the type
 *  19 name, NUL, padding
 * </pre>
 *
 * Records begin at multiples of 8.
 */
public final class DirectoryEntry {
    public static final int INO = 0;
    public static final int OFF = 8;
    public static final int RECLEN = 16;
    public static final int TYPE = 18;
    public static final int NAME = 19;

    /** Where the name is in the older struct. */
    public static final int OLD_NAME = 18;

    private DirectoryEntry() {}
}
