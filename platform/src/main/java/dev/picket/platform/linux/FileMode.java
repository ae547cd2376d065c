package dev.picket.platform.linux;

/** Type and permission bits of a file's mode; inode(7), {@code include/uapi/linux/stat.h}. */
public final class FileMode {
    public static final int S_IFMT = 0170000;
    public static final int S_IFSOCK = 0140000;
    public static final int S_IFLNK = 0120000;
    public static final int S_IFREG = 0100000;
    public static final int S_IFBLK = 0060000;
    public static final int S_IFDIR = 0040000;
    public static final int S_IFCHR = 0020000;
    public static final int S_IFIFO = 0010000;

    public static final int S_ISUID = 04000;
    public static final int S_ISGID = 02000;
    public static final int S_ISVTX = 01000;
    public static final int S_IXGRP = 0010;

    /** Permission bits with set-user-id, set-group-id and sticky bit. */
    public static final int S_IALLUGO = 07777;

    public static final int S_IRWXUGO = 0777;
    public static final int S_IXUGO = 0111;

    /** Kinds of access, as access(2) names them. */
    public static final int R_OK = 4;

    public static final int W_OK = 2;
    public static final int X_OK = 1;

    private FileMode() {}
}
