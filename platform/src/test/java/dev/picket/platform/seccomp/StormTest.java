package dev.picket.platform.seccomp;

import dev.picket.platform.Platform;
import dev.picket.platform.contract.StormContract;

class StormTest extends StormContract {
    @Override
    protected Platform open() {
        return SeccompPlatform.open();
    }
}
