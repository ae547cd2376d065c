package dev.picket.platform.linux;

/** What statfs(2) shows as a file system's type; {@code include/uapi/linux/magic.h}. */
public final class FileSystemMagic {
    public static final long TMPFS_MAGIC = 0x01021994;
    public static final long OVERLAYFS_SUPER_MAGIC = 0x794c7630;
    public static final long EROFS_SUPER_MAGIC_V1 = 0xE0F5E1E2L;
    public static final long PROC_SUPER_MAGIC = 0x9fa0;
    public static final long SYSFS_MAGIC = 0x62656572;
    public static final long CGROUP2_SUPER_MAGIC = 0x63677270;
    public static final long DEVPTS_SUPER_MAGIC = 0x1cd1;
    public static final long MQUEUE_MAGIC = 0x19800202;
    public static final long PIPEFS_MAGIC = 0x50495045;
    public static final long SOCKFS_MAGIC = 0x534F434B;
    public static final long ANON_INODE_FS_MAGIC = 0x09041934;

    /** What directories of the host are shown as: the type of a file system that is backed by another. */
    public static final long V9FS_MAGIC = 0x01021997;

    public static final long NSFS_MAGIC = 0x6e736673L;

    private FileSystemMagic() {}
}
