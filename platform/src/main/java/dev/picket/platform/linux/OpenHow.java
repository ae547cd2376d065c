package dev.picket.platform.linux;

/**
 * struct open_how of openat2(2), {@code include/uapi/linux/openat2.h}.
 *
 * <pre>
 *   0 flags   u64
 *   8 mode    u64
 *  16 resolve u64
 * </pre>
 */
public final class OpenHow {
    public static final int SIZE = 24;
    public static final int FLAGS = 0;
    public static final int MODE = 8;
    public static final int RESOLVE = 16;

    public static final long RESOLVE_NO_XDEV = 0x01;
    public static final long RESOLVE_NO_MAGICLINKS = 0x02;
    public static final long RESOLVE_NO_SYMLINKS = 0x04;
    public static final long RESOLVE_BENEATH = 0x08;
    public static final long RESOLVE_IN_ROOT = 0x10;
    public static final long RESOLVE_CACHED = 0x20;

    private OpenHow() {}
}
