package dev.picket.platform.seccomp;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.Platform;
import dev.picket.platform.contract.LeakContract;
import java.io.IOException;

class LeakTest extends LeakContract {
    @Override
    protected Platform open() {
        return SeccompPlatform.open();
    }

    @Override
    protected int idleProcesses() {
        return 1; // the template
    }

    @Override
    protected int hostThreads(AddressSpace space) throws IOException {
        return count("/proc/" + ((StubProcess) space).processId() + "/task");
    }
}
