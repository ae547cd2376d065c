package dev.picket.platform.kvm;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.Platform;
import dev.picket.platform.contract.LeakContract;

class LeakTest extends LeakContract {
    private KvmPlatform last;

    @Override
    protected Platform open() {
        var platform = KvmHost.open();
        last = (KvmPlatform) platform;
        return platform;
    }

    @Override
    protected int idleProcesses() {
        return 0;
    }

    /** Virtual CPUs, for that is what takes the host's memory here. */
    @Override
    protected int hostThreads(AddressSpace space) {
        return last.cpus().size();
    }
}
