package dev.picket.platform.seccomp;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import java.util.regex.Pattern;

/** What the machine and its kernel can do, as they say themselves. */
final class HostFeatures {
    private static final int UTSNAME_BYTES = 390;
    private static final int UTSNAME_RELEASE = 130;
    private static final int FIELD_BYTES = 65;

    private static final int AT_HWCAP2 = 26;
    private static final int HWCAP2_FSGSBASE = 1 << 1;

    private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+).*", Pattern.DOTALL);

    private HostFeatures() {}

    /** Whether programs may use rdfsbase and its like. */
    static boolean hasFsgsbase() {
        return (Host.getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;
    }

    /** Whether the kernel is of this release or a later one. */
    static boolean isLinuxAtLeast(int major, int minor) {
        long utsname = NativeMemory.allocate(UTSNAME_BYTES);
        try {
            Host.uname(utsname);
            byte[] release = new byte[FIELD_BYTES];
            NativeMemory.copyToArray(utsname + UTSNAME_RELEASE, release, 0, FIELD_BYTES);
            var matcher = RELEASE.matcher(new String(release, java.nio.charset.StandardCharsets.ISO_8859_1));
            if (!matcher.matches()) {
                return false;
            }
            int itsMajor = Integer.parseInt(matcher.group(1));
            return itsMajor > major || itsMajor == major && Integer.parseInt(matcher.group(2)) >= minor;
        } finally {
            NativeMemory.free(utsname);
        }
    }
}
