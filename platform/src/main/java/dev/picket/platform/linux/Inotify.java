package dev.picket.platform.linux;

/**
 * Constants of inotify(7), {@code include/uapi/linux/inotify.h}, and struct inotify_event: ints.
 *
 * <pre>
 *   0 wd   4 mask   8 cookie   12 len   16 name, padded with NULs to a multiple of 16
 * </pre>
 */
public final class Inotify {
    public static final int IN_ACCESS = 0x1;
    public static final int IN_MODIFY = 0x2;
    public static final int IN_ATTRIB = 0x4;
    public static final int IN_CLOSE_WRITE = 0x8;
    public static final int IN_CLOSE_NOWRITE = 0x10;
    public static final int IN_OPEN = 0x20;
    public static final int IN_MOVED_FROM = 0x40;
    public static final int IN_MOVED_TO = 0x80;
    public static final int IN_CREATE = 0x100;
    public static final int IN_DELETE = 0x200;
    public static final int IN_DELETE_SELF = 0x400;
    public static final int IN_MOVE_SELF = 0x800;

    /** Everything that can be asked for. */
    public static final int IN_ALL_EVENTS = 0xfff;

    public static final int IN_UNMOUNT = 0x2000;
    public static final int IN_Q_OVERFLOW = 0x4000;
    public static final int IN_IGNORED = 0x8000;

    public static final int IN_ONLYDIR = 0x1000000;
    public static final int IN_DONT_FOLLOW = 0x2000000;
    public static final int IN_EXCL_UNLINK = 0x4000000;
    public static final int IN_MASK_CREATE = 0x10000000;
    public static final int IN_MASK_ADD = 0x20000000;
    public static final int IN_ISDIR = 0x40000000;
    public static final int IN_ONESHOT = 0x80000000;

    public static final int EVENT_BYTES = 16;
    public static final int EVENT_WD = 0;
    public static final int EVENT_MASK = 4;
    public static final int EVENT_COOKIE = 8;
    public static final int EVENT_LEN = 12;

    private Inotify() {}
}
