package dev.picket.platform.kvm;

import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RCX;
import static dev.picket.platform.amd64.Register.RDI;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.GuestContext;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.contract.Guest;
import dev.picket.platform.contract.PlatformContract;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.ImageFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import java.nio.file.Files;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** The contract on the KVM platform, and what only page tables of our own can get wrong. */
class KvmPlatformTest extends PlatformContract {
    private static final long DATA = 0x4000_0000;
    private static final long LARGE = 2L << 20;
    private static final int READ_WRITE = Access.READ | Access.WRITE;

    @Override
    protected Platform open() {
        return KvmHost.open();
    }

    @Test
    void a_fault_says_what_was_tried() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA);
            a.load(RCX, RBX);
            a.store(RBX, RCX);
            a.jmp(RBX);
        })) {
            assertEquals(Stop.FAULT, guest.run());
            assertEquals(Access.READ, guest.context.faultAccess());
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, Access.READ, false);
            assertEquals(Stop.FAULT, guest.run());
            assertEquals(Access.WRITE, guest.context.faultAccess());
            guest.space.protect(DATA, Guest.PAGE, READ_WRITE);
            assertEquals(Stop.FAULT, guest.run());
            assertEquals(Access.EXECUTE, guest.context.faultAccess());
            assertEquals(DATA, guest.context.faultAddress());
        }
    }

    @Test
    void exceptions_are_what_linux_makes_of_them() {
        assertException("cd 04", Signal.SIGSEGV, SignalCode.SI_KERNEL); // int 4
        // mov word [rsp-8], 0x37b; fldcw [rsp-8]; fld1; fldz; fdivp; fwait
        assertException("66 c7 44 24 f8 7b 03 d9 6c 24 f8 d9 e8 d9 ee de f9 9b", Signal.SIGFPE, SignalCode.FPE_FLTDIV);
        // mov rbp, 1 << 63; mov rax, [rbp]: a stack fault, for rbp is of the stack segment
        assertException("48 bd 00 00 00 00 00 00 00 80 48 8b 45 00", Signal.SIGBUS, SignalCode.SI_KERNEL);
        assertException(
                "48 bb 00 00 00 00 00 00 00 80 48 8b 03", Signal.SIGSEGV, SignalCode.SI_KERNEL); // the same by rbx
    }

    @Test
    void what_emulators_of_processors_leave_out_is_there_too() {
        // mov dword [rsp-8], 0x1d80; ldmxcsr [rsp-8]; xorps xmm0, xmm0; mov eax, 1.0; movd xmm1, eax; divss xmm1, xmm0
        assertException(
                "c7 44 24 f8 80 1d 00 00 0f ae 54 24 f8 0f 57 c0 b8 00 00 80 3f 66 0f 6e c8 f3 0f 5e c8",
                Signal.SIGFPE,
                SignalCode.FPE_FLTDIV);
        // pushf; or dword [rsp], AC; popf; mov rax, [rsp+1]
        assertException("9c 81 0c 24 00 00 04 00 9d 48 8b 44 24 01", Signal.SIGBUS, SignalCode.BUS_ADRALN);
    }

    private void assertException(String code, int signal, int signalCode) {
        byte[] bytes = java.util.HexFormat.of().parseHex(code.replace(" ", ""));
        try (var guest = new Guest(platform, a -> a.data(bytes))) {
            assertEquals(Stop.EXCEPTION, guest.run(), code);
            assertEquals(signal, guest.context.exceptionSignal(), code);
            assertEquals(signalCode, guest.context.exceptionCode(), code);
        }
    }

    @Test
    void the_time_stamp_counter_is_the_hosts() {
        try (var guest = new Guest(platform, a -> {
                    a.data((byte) 0x0f, (byte) 0x31); // rdtsc
                    a.syscall();
                });
                var later = new Guest(platform, a -> {
                    a.data((byte) 0x0f, (byte) 0x31);
                    a.syscall();
                })) {
            // Two virtual CPUs, made at different times, agree: they both follow the host's.
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(Stop.SYSCALL, later.run());
            long first = counter(guest.context);
            long second = counter(later.context);
            assertTrue(second > first && second - first < 10_000_000_000L, first + ", " + second);
        }
    }

    private static long counter(GuestContext context) {
        return context.registers().rdx() << 32 | context.syscallNumber();
    }

    @Test
    void a_page_behind_the_end_of_a_file_is_a_bus_error_at_its_address() throws Exception {
        var path = Files.createTempFile("image", ".bin");
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA);
            a.load(RCX, RBX);
            a.mov(RBX, DATA + 2 * Guest.PAGE + 8);
            a.load(RCX, RBX);
            a.syscall();
        })) {
            Files.write(path, new byte[4096]);
            int descriptor = Host.openat(Fcntl.AT_FDCWD, path.toString(), Fcntl.O_RDONLY | Fcntl.O_CLOEXEC, 0);
            try (var file = ImageFile.unmapped(descriptor)) {
                guest.space.map(DATA, file, 0, 4 * Guest.PAGE, Access.READ, false);
                for (int i = 0; i < 2; i++) {
                    assertEquals(Stop.EXCEPTION, guest.run());
                    assertEquals(Signal.SIGBUS, guest.context.exceptionSignal());
                    assertEquals(SignalCode.BUS_ADRERR, guest.context.exceptionCode());
                    assertEquals(DATA + 2 * Guest.PAGE + 8, guest.context.exceptionAddress());
                }
                Files.write(path, new byte[4 * 4096]);
                assertEquals(Stop.SYSCALL, guest.run());
            }
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void mappings_of_two_mebibytes_can_be_divided_moved_and_made_again() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.load(RAX, RDI);
            a.syscall();
            a.jmp(loop);
        })) {
            var memory = platform.memory();
            for (int round = 0; round < 20; round++) {
                long offset = (4 + round % 3 * 4) * LARGE;
                for (long page = 0; page < 4; page++) {
                    NativeMemory.putLong(memory.address(offset + page * LARGE), 1000 * round + page);
                    NativeMemory.putLong(memory.address(offset + page * LARGE + Guest.PAGE), -page - 1);
                }
                guest.space.map(DATA, memory, offset, 4 * LARGE, READ_WRITE, false);
                for (long page = 0; page < 4; page++) {
                    assertEquals(1000 * round + page, load(guest, DATA + page * LARGE));
                }
                // A page in the middle of the second goes elsewhere, one of the third goes away.
                NativeMemory.putLong(memory.address(Guest.FREE_OFFSET), 77 + round);
                guest.space.map(DATA + LARGE + Guest.PAGE, memory, Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
                guest.space.unmap(DATA + 2 * LARGE + Guest.PAGE, Guest.PAGE);
                assertEquals(77 + round, load(guest, DATA + LARGE + Guest.PAGE));
                assertEquals(1000 * round + 1, load(guest, DATA + LARGE));
                assertEquals(1000 * round + 2, load(guest, DATA + 2 * LARGE));
                guest.context.registers().rdi(DATA + 2 * LARGE + Guest.PAGE);
                assertEquals(Stop.FAULT, guest.run());
                guest.space.unmap(DATA, (1 + round % 4) * LARGE);
                guest.context.registers().rdi(DATA);
                assertEquals(Stop.FAULT, guest.run());
            }
        }
    }

    private static long load(Guest guest, long address) {
        guest.context.registers().rdi(address);
        assertEquals(Stop.SYSCALL, guest.run());
        return guest.context.syscallNumber();
    }

    @Test
    void page_tables_of_the_dead_are_used_again() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.load(RAX, RDI);
            a.syscall();
            a.jmp(loop);
        })) {
            var memory = platform.memory();
            int spaces = 300; // at some ten tables each, the pool turns over at least twice
            for (int i = 0; i < spaces; i++) {
                NativeMemory.putLong(memory.address(Guest.FREE_OFFSET + i * Guest.PAGE), i);
                try (var space = guest.space.fork()) {
                    for (long far = 0; far < 3; far++) {
                        long address = DATA + ((long) (i % 7) << 30) + (far << 39);
                        space.map(address, memory, Guest.FREE_OFFSET + i * Guest.PAGE, Guest.PAGE, READ_WRITE, false);
                        guest.context.registers().rdi(address);
                        guest.context.registers().rip(Guest.CODE);
                        assertEquals(Stop.SYSCALL, Guest.run(guest.context, space));
                        assertEquals(i, guest.context.syscallNumber());
                    }
                }
            }
        }
    }

    @Test
    void more_contexts_than_virtual_cpus_take_turns_and_keep_their_fpu_state() throws Exception {
        int count = 80;
        try (var guest = new Guest(platform, a -> {
            a.movqToXmm(5, RDI);
            a.syscall();
            a.movqFromXmm(RBX, 5);
            a.syscall();
        })) {
            var contexts = new ArrayList<GuestContext>();
            for (int i = 0; i < count; i++) {
                var context = platform.newContext();
                context.registers().rip(Guest.CODE);
                context.registers().rdi(1_000 + i);
                contexts.add(context);
                assertEquals(Stop.SYSCALL, Guest.run(context, guest.space));
            }
            assertEquals(64, ((KvmPlatform) platform).cpus().size());
            for (int i = 0; i < count; i++) {
                assertEquals(Stop.SYSCALL, Guest.run(contexts.get(i), guest.space));
                assertEquals(1_000 + i, contexts.get(i).registers().rbx());
            }
            contexts.forEach(GuestContext::close);
        }
    }

    @Test
    void more_guests_that_never_stop_than_virtual_cpus_all_go_on() throws Exception {
        KvmHost.open().close(); // skips where there is no KVM
        try (var small = KvmPlatform.open(2);
                var guest = new Guest(small, a -> {
                    var loop = a.here();
                    a.add(RBX, 1);
                    a.jmp(loop);
                })) {
            var threads = new ArrayList<Thread>();
            var contexts = new ArrayList<GuestContext>();
            for (int i = 0; i < 5; i++) {
                var context = small.newContext();
                context.registers().rip(Guest.CODE);
                contexts.add(context);
                threads.add(new Thread(() -> {
                    while (context.registers().rbx() < 1_000_000) {
                        assertEquals(Stop.INTERRUPTED, context.run(guest.space));
                    }
                }));
            }
            threads.forEach(Thread::start);
            while (threads.stream().anyMatch(Thread::isAlive)) {
                Guest.pause(10);
                contexts.forEach(GuestContext::interrupt);
            }
            for (var context : contexts) {
                assertTrue(context.registers().rbx() >= 1_000_000);
                context.close();
            }
            assertEquals(2, small.cpus().size());
        }
    }

    @Test
    void a_stop_allocates_nothing() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.syscall();
            a.jmp(loop);
        })) {
            var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
            for (int i = 0; i < 200; i++) {
                assertEquals(Stop.SYSCALL, guest.run());
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1_000; i++) {
                guest.run();
                guest.context.setSyscallResult(guest.context.syscallArgument(0));
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 1_000, allocated + " bytes");
        }
    }

    @Test
    void memory_that_is_touched_here_and_there_all_over_the_file_does_not_run_out_of_windows() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.store(RDI, RDI);
            a.syscall();
            a.jmp(loop);
        })) {
            var memory = platform.memory();
            int windows = 1_100; // more than there can be at once
            for (int i = 0; i < windows; i++) {
                long offset = (long) i << 26;
                guest.space.map(DATA, memory, offset + LARGE, Guest.PAGE, READ_WRITE, false);
                guest.context.registers().rdi(DATA);
                assertEquals(Stop.SYSCALL, guest.run());
                assertEquals(DATA, NativeMemory.getLong(memory.address(offset + LARGE)));
            }
        }
    }

    @Test
    void nothing_is_left_running_when_the_platform_is_closed_under_a_guest() throws Exception {
        var doomed = KvmHost.open();
        var guest = new Guest(doomed, a -> {
            var loop = a.here();
            a.jmp(loop);
        });
        var stops = new java.util.concurrent.LinkedBlockingQueue<Stop>();
        var thread = new Thread(() -> stops.add(Guest.run(guest.context, guest.space)));
        thread.start();
        Guest.pause(50);
        doomed.close();
        thread.join(10_000);
        assertFalse(thread.isAlive());
        assertEquals(Stop.LOST, stops.take());
    }
}
