package dev.picket.sentry.kernel;

/** What uname(2) and /proc/version call this kernel. The release is the Linux whose behaviour the Sentry follows. */
public final class KernelRelease {
    public static final String SYSTEM = "Linux";
    public static final String RELEASE = "6.1.0";
    public static final String VERSION = "#1 SMP Picket";
    public static final String MACHINE = "x86_64";

    private KernelRelease() {}
}
