package dev.picket.platform.seccomp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.contract.Guest;
import dev.picket.platform.contract.PlatformContract;
import dev.picket.platform.host.Host;
import dev.picket.platform.linux.Signal;
import org.junit.jupiter.api.Test;

/** The contract with listeners that poll before they receive, as kernels before 6.11 need it. */
class PollingListenerTest extends PlatformContract {
    @Override
    protected Platform open() {
        return SeccompPlatform.open(true);
    }

    @Test
    void a_stub_that_is_killed_wakes_who_waits_for_it() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.jmp(loop);
        })) {
            int stub = ((StubProcess) guest.space).processId();
            var killer = new Thread(() -> {
                Guest.pause(50);
                Host.kill(stub, Signal.SIGKILL);
            });
            killer.start();
            assertEquals(Stop.LOST, guest.run());
        }
    }
}
