package dev.picket.platform.linux;

/** Events of a directory, for F_NOTIFY of fcntl(2). */
public final class Dnotify {
    public static final int DN_ACCESS = 1;
    public static final int DN_MODIFY = 2;
    public static final int DN_CREATE = 4;
    public static final int DN_DELETE = 8;
    public static final int DN_RENAME = 0x10;
    public static final int DN_ATTRIB = 0x20;

    /** Not for one event only. */
    public static final int DN_MULTISHOT = 0x8000_0000;

    private Dnotify() {}
}
