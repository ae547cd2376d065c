package dev.picket.platform.linux;

/** Numbers of devices as makedev(3) encodes them: minor bits 0-7 and 20-43, major bits 8-19 and 44-63. */
public final class DeviceNumber {
    private DeviceNumber() {}

    public static long of(int major, int minor) {
        return (major & 0xffff_f000L) << 32 | (major & 0xfffL) << 8 | (minor & 0xffff_ff00L) << 12 | minor & 0xffL;
    }

    public static int major(long device) {
        return (int) (device >>> 32 & 0xffff_f000L | device >>> 8 & 0xfff);
    }

    public static int minor(long device) {
        return (int) (device >>> 12 & 0xffff_ff00L | device & 0xff);
    }
}
