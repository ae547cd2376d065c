package dev.picket.platform.ptrace;

import static dev.picket.platform.amd64.Register.R11;
import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RCX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSI;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guests that look for a way to the host: each gets a signal, or a system call that is its own. */
@Timeout(60)
class HostileGuestTest {
    private static final long MARKER = 0x5a5a_5a5aL;
    private static final long DATA = 0x80_0000;

    private PtracePlatform platform;

    @BeforeEach
    void open() {
        platform = PtracePlatform.open();
    }

    @AfterEach
    void close() {
        platform.close();
    }

    @Test
    void int_0x80_is_a_segmentation_fault_at_the_instruction() {
        try (var guest = new Guest(platform, a -> {
            a.mov32(RAX, 20); // getpid of 32-bit programs
            a.interrupt(0x80);
            a.ud2();
        })) {
            assertEquals(Stop.EXCEPTION, guest.run());
            assertEquals(Signal.SIGSEGV, guest.context.exceptionSignal());
            assertEquals(20, guest.context.registers().rax());
            assertEquals(Guest.CODE + 5, guest.context.registers().rip());
        }
    }

    @Test
    void int_0x80_dressed_up_as_a_system_call_is_not_executed_by_the_host() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RCX, Guest.CODE + 10 + 5 + 2); // where rip will be: looks like what syscall leaves in rcx
            a.mov32(RAX, 1); // exit of 32-bit programs
            a.interrupt(0x80);
            a.ud2();
        })) {
            var stop = guest.run();
            assertTrue(stop == Stop.SYSCALL || stop == Stop.EXCEPTION, stop.name());
            assertStillAlive(guest);
        }
    }

    @Test
    void sysenter_is_an_exception() {
        // Intel enters the kernel, AMD has no such instruction in 64-bit mode: SIGSEGV or SIGILL.
        for (long stackPointer : new long[] {Guest.STACK + 64, 0}) {
            try (var guest = new Guest(platform, a -> {
                a.mov32(RAX, 20);
                a.mov(dev.picket.platform.amd64.Register.RBP, Guest.STACK + 64);
                a.sysenter();
                a.ud2();
            })) {
                guest.context.registers().rsp(stackPointer);
                assertEquals(Stop.EXCEPTION, guest.run());
                int signal = guest.context.exceptionSignal();
                assertTrue(signal == Signal.SIGSEGV || signal == Signal.SIGILL, "signal " + signal);
                assertStillAlive(guest);
            }
        }
    }

    @Test
    void thirty_two_bit_code_cannot_make_system_calls() {
        try (var guest = new Guest(platform, a -> {
            var target = a.label();
            a.lea(RBX, target);
            a.mov32(RAX, 0x23); // the 32-bit code segment
            a.push(RAX);
            a.push(RBX);
            a.retfq();
            a.bind(target);
            a.data((byte) 0xb8, (byte) 20, (byte) 0, (byte) 0, (byte) 0); // mov eax, 20
            a.interrupt(0x80);
            a.ud2();
        })) {
            assertEquals(Stop.EXCEPTION, guest.run());
            assertEquals(Signal.SIGSEGV, guest.context.exceptionSignal());
            assertStillAlive(guest);
        }
    }

    @Test
    void the_vsyscall_page_tells_nothing_of_the_host() {
        for (long entry : new long[] {0xffff_ffff_ff60_0000L, 0xffff_ffff_ff60_0400L, 0xffff_ffff_ff60_0800L}) {
            try (var guest = new Guest(platform, a -> {
                a.mov(RDI, DATA);
                a.mov(RSI, 0);
                a.mov(RBX, entry);
                a.call(RBX);
                a.syscall();
            })) {
                guest.space.map(
                        DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, Access.READ | Access.WRITE, false);
                var stop = guest.run();
                assertTrue(stop == Stop.EXCEPTION || stop == Stop.FAULT, stop.name());
                assertEquals(0, NativeMemory.getLong(platform.memory().address(Guest.FREE_OFFSET)));
                assertStillAlive(guest);
            }
        }
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
    void wild_registers_are_the_guests_problem() {
        long[] wild = {0, -1, 0x8000_0000_0000L, 0x7fff_ffff_fff0L, 0xffff_8000_0000_0000L, 0x8000_0000_0000_0000L, 1};
        for (long value : wild) {
            try (var guest = new Guest(platform, Assembler::syscall)) {
                assertEquals(Stop.SYSCALL, guest.run());
                guest.context.registers().rip(value);
                var stop = guest.run();
                assertTrue(stop == Stop.EXCEPTION || stop == Stop.FAULT, stop + " for rip " + Long.toHexString(value));
                assertStillAlive(guest);

                guest.context.registers().rsp(value);
                guest.context.registers().cs(0x10);
                guest.context.registers().ss(0x18);
                guest.context.registers().ds(value);
                guest.context.registers().gs(value);
                guest.context.registers().eflags(value & ~0x100);
                assertStillAlive(guest);

                guest.context.registers().fsBase(value);
                guest.context.registers().rip(Guest.CODE);
                stop = guest.run();
                assertTrue(stop == Stop.EXCEPTION || stop == Stop.SYSCALL, stop.name());
                guest.context.registers().gsBase(value);
                guest.context.registers().rip(Guest.CODE);
                guest.run();
                assertStillAlive(guest);
            }
        }
    }

    @Test
    void segments_that_ptrace_would_not_write_back_do_not_stop_the_guest() {
        for (Consumer<Assembler> trick : java.util.List.<Consumer<Assembler>>of(
                a -> {
                    a.mov32(RCX, 1); // a null selector with a privilege level
                    a.movDs(RCX);
                },
                a -> {
                    a.mov(RCX, 0xffff_8000_0000_0000L); // canonical, but in the kernel's half
                    a.wrfsbase(RCX);
                },
                a -> {
                    a.pushfq();
                    a.pop(RCX);
                    a.mov(R11, RCX);
                    a.add(RCX, 0x0004_0000); // alignment check
                    a.push(RCX);
                    a.popfq();
                })) {
            try (var guest = new Guest(platform, a -> {
                trick.accept(a);
                a.mov32(RAX, (int) MARKER);
                a.syscall();
                a.mov(RBX, RAX);
                a.syscall();
            })) {
                assertEquals(Stop.SYSCALL, guest.run());
                assertEquals(MARKER, guest.context.syscallNumber());
                guest.context.setSyscallResult(5);
                assertEquals(Stop.SYSCALL, guest.run());
                assertEquals(5, guest.context.registers().rbx());
            }
        }
    }

    @Test
    void single_stepping_itself_is_the_guests_business_and_does_not_disturb_injected_calls() {
        try (var guest = new Guest(platform, a -> {
            a.pushfq();
            a.pop(RCX);
            a.add(RCX, 0x100);
            a.push(RCX);
            a.popfq();
            a.nop();
            a.nop();
            a.syscall();
        })) {
            assertEquals(Stop.EXCEPTION, guest.run());
            assertEquals(Signal.SIGTRAP, guest.context.exceptionSignal());
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, Access.READ, false);
            assertEquals(Stop.EXCEPTION, guest.run());
            guest.context.registers().eflags(0x202);
            assertEquals(Stop.SYSCALL, guest.run());
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
                PtracePlatformTest.pause(20);
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
                PtracePlatformTest.pause(5_000); // stopped, and its owner busy elsewhere
                child.close();
            });
            thread.start();
            long start = System.nanoTime();
            assertEquals(Stop.LOST, guest.run());
            assertTrue(System.nanoTime() - start < 4_000_000_000L, "noticed too late");
            thread.join();
        }
    }

    private void assertStillAlive(Guest guest) {
        NativeMemory.putByte(platform.memory().address(Guest.CODE_OFFSET + 2048), (byte) 0x0f);
        NativeMemory.putByte(platform.memory().address(Guest.CODE_OFFSET + 2049), (byte) 0x05);
        guest.context.registers().rip(Guest.CODE + 2048);
        assertEquals(Stop.SYSCALL, guest.run());
    }

    private static int stubOf(Guest guest) {
        return ((StubProcess) guest.space).processId();
    }
}
