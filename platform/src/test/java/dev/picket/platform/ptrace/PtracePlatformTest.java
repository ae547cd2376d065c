package dev.picket.platform.ptrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.contract.Guest;
import dev.picket.platform.contract.PlatformContract;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** The contract on the ptrace platform, and where its stubs run. */
class PtracePlatformTest extends PlatformContract {
    @Override
    protected Platform open() {
        return PtracePlatform.open();
    }

    @Test
    void a_guest_that_computes_for_long_is_not_bound_to_a_cpu() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                ((PtracePlatform) platform).pins().isUseful(), "this machine has one CPU");
        try (var guest = new Guest(platform, a -> {
            a.syscall();
            var loop = a.here();
            a.jmp(loop);
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(1, allowedCpus(guest));
            var counts = new java.util.concurrent.LinkedBlockingQueue<Integer>();
            var observer = new Thread(() -> {
                int count = 1;
                for (int i = 0; i < 100 && count == 1; i++) {
                    Guest.pause(50);
                    count = allowedCpus(guest);
                }
                counts.add(count);
                guest.context.interrupt();
            });
            observer.start();
            assertEquals(Stop.INTERRUPTED, guest.context.run(guest.space));
            assertTrue(counts.take() > 1);
        }
    }

    private static int allowedCpus(Guest guest) {
        try {
            var status = Files.readString(
                    java.nio.file.Path.of("/proc/" + ((StubProcess) guest.space).processId() + "/status"));
            var mask = status.lines()
                    .filter(line -> line.startsWith("Cpus_allowed:"))
                    .findFirst()
                    .orElseThrow();
            return new java.math.BigInteger(mask.substring(13).trim().replace(",", ""), 16).bitCount();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
