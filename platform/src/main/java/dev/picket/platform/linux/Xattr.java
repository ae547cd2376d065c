package dev.picket.platform.linux;

/** Flags and bounds of extended attributes; xattr(7), {@code include/uapi/linux/limits.h}. */
public final class Xattr {
    public static final int XATTR_CREATE = 1;
    public static final int XATTR_REPLACE = 2;
    public static final int XATTR_NAME_MAX = 255;
    public static final int XATTR_SIZE_MAX = 65536;
    public static final int XATTR_LIST_MAX = 65536;

    private Xattr() {}
}
