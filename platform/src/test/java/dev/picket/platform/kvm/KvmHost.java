package dev.picket.platform.kvm;

import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Errno;
import org.junit.jupiter.api.Assumptions;

/** This machine's KVM. Where there is none, tests are skipped, and say why. */
final class KvmHost {
    private KvmHost() {}

    static Platform open() {
        try {
            return KvmPlatform.open();
        } catch (PlatformException e) {
            boolean isMissing = e.errno() == Errno.ENOENT || e.errno() == Errno.EACCES || e.errno() == Errno.ENODEV;
            Assumptions.assumeFalse(isMissing, e.getMessage());
            throw e;
        }
    }
}
