package dev.picket.platform.ptrace;

import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSI;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.contract.Guest;
import dev.picket.platform.contract.HostileGuestContract;
import dev.picket.platform.host.Host;
import dev.picket.platform.linux.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The hostile guests of every platform, and those that look for a way through a stub under ptrace(2). */
class HostileGuestTest extends HostileGuestContract {
    @Override
    protected Platform open() {
        return PtracePlatform.open();
    }

    @Test
    void jumping_into_the_stub_gets_nothing() {
        var image = new StubImage();
        byte[] code = image.code();
        int systemCalls = 0;
        for (int at = 0; at < code.length; at++) {
            long entry = StubImage.TEXT + at;
            try (var guest = new Guest(platform, a -> {
                a.mov32(RAX, 110);
                a.mov(RDI, 0);
                a.mov(RSI, StubImage.SCRATCH);
                a.mov(RDX, 8);
                a.mov(RBX, entry);
                a.jmp(RBX);
            })) {
                var stop = guest.run();
                assertNotEquals(Stop.LOST, stop, "entry " + at);
                systemCalls += stop == Stop.SYSCALL ? 1 : 0;
            }
        }
        assertTrue(systemCalls >= 4, "the stub's own system calls are the guest's when the guest makes them");
    }

    @Test
    void the_stub_cannot_be_written_by_the_guest() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, StubImage.TEXT);
            a.store(RBX, RAX);
            a.ud2();
        })) {
            assertEquals(Stop.FAULT, guest.run());
            assertEquals(StubImage.TEXT, guest.context.faultAddress());
        }
    }

    @Test
    void the_hosts_vdso_and_stack_are_not_in_the_address_space() throws IOException {
        try (var guest = new Guest(platform, Assembler::syscall)) {
            assertEquals(Stop.SYSCALL, guest.run());
            for (String line : Files.readAllLines(Path.of("/proc/" + stubOf(guest) + "/maps"))) {
                long start = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
                boolean isStub = start == StubImage.TEXT || start == StubImage.SCRATCH;
                boolean isGuest = line.contains("guest-memory");
                assertTrue(isStub || isGuest || line.contains("[vsyscall]"), line);
            }
        }
    }

    @Test
    void a_stub_has_no_capabilities_no_privileges_to_gain_and_a_filter() throws IOException {
        try (var guest = new Guest(platform, Assembler::syscall)) {
            assertEquals(Stop.SYSCALL, guest.run());
            var status = Files.readString(Path.of("/proc/" + stubOf(guest) + "/status"));
            assertTrue(status.contains("CapPrm:\t0000000000000000"), status);
            assertTrue(status.contains("CapEff:\t0000000000000000"), status);
            assertTrue(status.contains("NoNewPrivs:\t1"), status);
            assertTrue(status.contains("Seccomp:\t2"), status);
            assertTrue(status.contains("Name:\tpicket-stub"), status);
            try (var descriptors = Files.list(Path.of("/proc/" + stubOf(guest) + "/fd"))) {
                assertEquals(3, descriptors.count());
            }
        }
    }

    @Test
    void signals_from_outside_do_not_reach_the_guest() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.syscall();
            a.jmp(loop);
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            int[] signals = {
                Signal.SIGTERM, Signal.SIGSEGV, Signal.SIGSTOP, Signal.SIGCONT, Signal.SIGTRAP, Signal.SIGINT
            };
            for (int signal : signals) {
                assertEquals(0, Host.kill(stubOf(guest), signal));
                assertEquals(Stop.SYSCALL, guest.run());
            }
        }
    }

    @Test
    void a_stub_that_is_killed_is_lost() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.jmp(loop);
        })) {
            int stub = stubOf(guest);
            var killer = new Thread(() -> {
                Guest.pause(20);
                Host.kill(stub, Signal.SIGKILL);
            });
            killer.start();
            assertEquals(Stop.LOST, guest.run());
            assertEquals(Stop.LOST, guest.run());
        }
    }

    @Test
    void a_stub_that_is_killed_while_it_is_stopped_is_lost_at_the_next_run() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.syscall();
            a.jmp(loop);
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            Host.kill(stubOf(guest), Signal.SIGKILL);
            assertEquals(Stop.LOST, guest.run());
        }
    }

    @Test
    void a_stub_that_is_killed_while_one_thread_runs_and_another_is_stopped_is_lost() throws Exception {
        try (var guest = new Guest(platform, a -> {
            a.syscall();
            a.test(RAX, RAX);
            var child = a.label();
            a.jz(child);
            var loop = a.here();
            a.jmp(loop);
            a.bind(child);
            a.syscall();
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            var child = platform.newContext();
            child.copyStateFrom(guest.context);
            child.setSyscallResult(0);
            guest.context.setSyscallResult(1);
            var thread = new Thread(() -> {
                Guest.run(child, guest.space);
                Host.kill(stubOf(guest), Signal.SIGKILL);
                Guest.pause(5_000); // stopped, and its owner busy elsewhere
                child.close();
            });
            thread.start();
            long start = System.nanoTime();
            assertEquals(Stop.LOST, guest.run());
            assertTrue(System.nanoTime() - start < 4_000_000_000L, "noticed too late");
            thread.join();
        }
    }

    private static int stubOf(Guest guest) {
        return ((StubProcess) guest.space).processId();
    }
}
