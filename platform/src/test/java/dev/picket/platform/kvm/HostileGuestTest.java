package dev.picket.platform.kvm;

import static dev.picket.platform.amd64.Register.R11;
import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RCX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.contract.Guest;
import dev.picket.platform.contract.HostileGuestContract;
import dev.picket.platform.linux.Signal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Guests that look for a way out of ring 3, or for what is in ring 0. */
class HostileGuestTest extends HostileGuestContract {
    private static final long DATA = 0x80_0000;

    @Override
    protected Platform open() {
        return KvmHost.open();
    }

    @Test
    void privileged_instructions_and_ports_are_faults_of_the_guest() {
        String[] instructions = {
            "ec",
            "ee",
            "e4 80",
            "e6 80",
            "6c",
            "6e", // in, out, ins, outs
            "f4",
            "fa",
            "fb", // hlt, cli, sti
            "0f 32",
            "0f 30",
            "0f 33", // rdmsr, wrmsr, rdpmc
            "0f 20 c0",
            "0f 22 c0",
            "0f 22 d8",
            "0f 22 e0", // control registers
            "0f 21 c0",
            "0f 23 c0", // debug registers
            "0f 01 17",
            "0f 01 1f",
            "0f 00 d8",
            "0f 00 d0",
            "0f 01 f0", // lgdt, lidt, ltr, lldt, lmsw
            "0f 01 3f",
            "0f 08",
            "0f 09",
            "0f 01 f8",
            "0f 06", // invlpg, invd, wbinvd, swapgs, clts
            "0f 01 d1",
            "0f 07",
            "0f 35", // xsetbv, sysret, sysexit
            "cd 0e",
            "cd 21",
            "cd ff", // int of a fault's vector and others
            "0f 01 c1",
            "0f 01 d9",
            "0f 01 d8", // vmcall, vmmcall, vmrun
        };
        for (String instruction : instructions) {
            byte[] bytes = HexFormat.of().parseHex(instruction.replace(" ", ""));
            try (var guest = new Guest(platform, a -> {
                a.mov(RDI, Guest.STACK);
                a.mov(RCX, 0x10);
                a.mov(RDX, 0x80);
                a.data(bytes);
                a.ud2();
            })) {
                assertEquals(Stop.EXCEPTION, guest.run(), instruction);
                int signal = guest.context.exceptionSignal();
                assertTrue(signal == Signal.SIGSEGV || signal == Signal.SIGILL, instruction + ": signal " + signal);
                assertStillAlive(guest);
            }
        }
    }

    @Test
    void the_kernels_half_can_be_neither_read_nor_written_nor_executed() {
        long[] addresses = {
            KernelPages.BASE,
            KernelPages.BASE + 0x3000,
            KernelPages.BASE + 0x4000,
            KernelPages.SYSCALL_ADDRESS + 1,
            KernelPages.BASE + 0x6000,
            KernelPages.BASE + 0x8000,
            KernelPages.BASE + 0x20_0000,
            0xffff_8000_0000_0000L,
            0xffff_8880_0000_0000L,
            0xffff_ffff_8100_0000L,
            -4096,
            -8,
        };
        for (long address : addresses) {
            for (Consumer<Assembler> access : java.util.List.<Consumer<Assembler>>of(
                    a -> a.load(RAX, RBX), a -> a.store(RBX, RAX), a -> a.jmp(RBX))) {
                try (var guest = new Guest(platform, a -> {
                    a.mov(RBX, address);
                    access.accept(a);
                    a.ud2();
                })) {
                    assertEquals(Stop.FAULT, guest.run(), Long.toHexString(address));
                    assertEquals(address, guest.context.faultAddress());
                    assertStillAlive(guest);
                }
            }
        }
    }

    @Test
    void a_jump_to_where_syscall_goes_is_a_system_call_or_a_fault_of_the_guest() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RCX, Guest.CODE + 1000);
            a.mov(R11, -1); // all flags, those of the kernel too
            a.mov(RBX, KernelPages.SYSCALL_ADDRESS);
            a.mov32(RAX, 39);
            a.jmp(RBX);
        })) {
            var stop = guest.run();
            assertTrue(stop == Stop.SYSCALL || stop == Stop.FAULT, stop.name());
            var next = guest.run(); // with whatever flags it asked for
            assertNotEquals(Stop.LOST, next);
            guest.context.registers().eflags(0x202);
            assertStillAlive(guest);
        }
    }

    @Test
    void a_stack_pointer_into_ring_zero_gets_nothing_written_there() {
        for (long stack : new long[] {
            KernelPages.BASE + 0x4000, KernelPages.BASE + 0x5020, KernelPages.BASE + 0x9000, 0x8000_0000_0000L, 8
        }) {
            for (Consumer<Assembler> entry :
                    java.util.List.<Consumer<Assembler>>of(Assembler::syscall, Assembler::int3, Assembler::ud2)) {
                try (var guest = new Guest(platform, a -> {
                    a.mov(RSP, stack);
                    entry.accept(a);
                })) {
                    var stop = guest.run();
                    assertTrue(stop == Stop.SYSCALL || stop == Stop.EXCEPTION, stop.name());
                    assertEquals(stack, guest.context.registers().rsp());
                    assertStillAlive(guest);
                }
            }
        }
    }

    @Test
    void a_single_step_over_a_system_call_is_no_way_into_ring_zero() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RSP, KernelPages.BASE + 0x4000);
            a.syscall();
            a.nop();
            a.syscall();
        })) {
            guest.context.registers().eflags(0x302);
            boolean called = false;
            for (int i = 0; i < 20 && !called; i++) {
                var stop = guest.run();
                assertTrue(stop == Stop.SYSCALL || stop == Stop.EXCEPTION, stop.name());
                called = stop == Stop.SYSCALL;
            }
            assertTrue(called);
            guest.context.registers().eflags(0x202);
            assertStillAlive(guest);
        }
    }

    @Test
    void segment_selectors_of_ring_zero_and_of_its_task_are_refused() {
        for (int selector : new int[] {0x10, 0x13, 0x18, 0x1b, 0x40, 0x43, 0x38, 0x3b, 0xfff8, 0x2f}) {
            try (var guest = new Guest(platform, a -> {
                a.mov32(RCX, selector);
                a.movDs(RCX);
                a.ud2();
            })) {
                assertEquals(Stop.EXCEPTION, guest.run());
                assertStillAlive(guest);
            }
        }
    }

    @Test
    void five_hundred_address_spaces_live_at_once() {
        var spaces = new ArrayList<AddressSpace>();
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.syscall();
            a.jmp(loop);
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            for (int i = 0; i < 500; i++) {
                spaces.add(guest.space.fork());
            }
            for (var space : spaces) {
                assertEquals(Stop.SYSCALL, Guest.run(guest.context, space));
            }
            spaces.forEach(AddressSpace::close);
            assertEquals(Stop.SYSCALL, guest.run());
        }
    }

    @Test
    void memory_that_is_unmapped_while_others_use_it_is_gone_when_the_call_returns() throws Exception {
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA);
            var loop = a.here();
            a.store(RBX, RAX);
            a.add(RAX, 1);
            a.jmp(loop);
        })) {
            var memory = platform.memory();
            int access = Access.READ | Access.WRITE;
            guest.space.map(DATA, memory, Guest.FREE_OFFSET, Guest.PAGE, access, false);
            var done = new AtomicBoolean();
            var threads = new ArrayList<Thread>();
            for (int i = 0; i < 2; i++) {
                var context = platform.newContext();
                context.copyStateFrom(guest.context);
                var thread = new Thread(() -> {
                    while (!done.get()) {
                        Guest.run(context, guest.space); // a fault as a rule: try again
                    }
                    context.close();
                });
                thread.start();
                threads.add(thread);
            }
            for (int i = 0; i < 200; i++) {
                guest.space.unmap(DATA, Guest.PAGE);
                long address = memory.address(Guest.FREE_OFFSET);
                long before = dev.picket.platform.host.NativeMemory.getLong(address);
                Guest.pause(1);
                assertEquals(before, dev.picket.platform.host.NativeMemory.getLong(address), "round " + i);
                guest.space.map(DATA, memory, Guest.FREE_OFFSET, Guest.PAGE, access, false);
            }
            done.set(true);
            guest.space.unmap(DATA, Guest.PAGE);
            for (var thread : threads) {
                thread.join(10_000);
                assertTrue(!thread.isAlive());
            }
        }
    }
}
