package dev.picket.platform.seccomp;

import dev.picket.platform.Platform;
import dev.picket.platform.contract.PlatformContract;

/** The contract on the seccomp platform. */
class SeccompPlatformTest extends PlatformContract {
    @Override
    protected Platform open() {
        return SeccompPlatform.open();
    }
}
