package dev.picket.platform.contract;

import static dev.picket.platform.amd64.Register.R11;
import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RCX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RSI;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Signal;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guests that look for a way to the host: each gets a signal, or a system call that is its own. */
@Timeout(60)
public abstract class HostileGuestContract {
    private static final long MARKER = 0x5a5a_5a5aL;
    private static final long DATA = 0x80_0000;

    protected Platform platform;

    /** Opens the platform that is tested. */
    protected abstract Platform open();

    @BeforeEach
    void openPlatform() {
        platform = open();
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
                if (stop == Stop.SYSCALL) { // the host was about to emulate a call of this page: gettimeofday, time,
                    // getcpu
                    int index = (int) (entry >> 10 & 3);
                    assertEquals(new int[] {96, 201, 309}[index], guest.context.syscallNumber());
                    assertEquals(DATA, guest.context.syscallArgument(0));
                    guest.context.setSyscallResult(77);
                    assertEquals(Stop.SYSCALL, guest.run()); // back at its caller, with the result
                    assertEquals(77, guest.context.syscallNumber());
                } else {
                    assertTrue(stop == Stop.EXCEPTION || stop == Stop.FAULT, stop.name());
                }
                assertEquals(0, NativeMemory.getLong(platform.memory().address(Guest.FREE_OFFSET)));
                assertStillAlive(guest);
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
    void odd_segments_bases_and_flags_do_not_stop_the_guest() {
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

    protected void assertStillAlive(Guest guest) {
        NativeMemory.putByte(platform.memory().address(Guest.CODE_OFFSET + 2048), (byte) 0x0f);
        NativeMemory.putByte(platform.memory().address(Guest.CODE_OFFSET + 2049), (byte) 0x05);
        guest.context.registers().rip(Guest.CODE + 2048);
        assertEquals(Stop.SYSCALL, guest.run());
    }
}
