package dev.picket.platform.contract;

import static dev.picket.platform.amd64.Register.R10;
import static dev.picket.platform.amd64.Register.R8;
import static dev.picket.platform.amd64.Register.R9;
import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RCX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSI;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.ImageFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What guests can do on every platform: calls, faults, memory, threads, interrupts. */
@Timeout(60)
public abstract class PlatformContract {
    private static final long DATA = 0x80_0000;
    private static final int READ_WRITE = Access.READ | Access.WRITE;

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
    void a_system_call_shows_its_number_and_arguments_and_takes_a_result() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RDI, 1);
            a.mov(RSI, 2);
            a.mov(RDX, 3);
            a.mov(R10, 4);
            a.mov(R8, 5);
            a.mov(R9, -6);
            a.mov32(RAX, 999);
            a.syscall();
            a.mov(RBX, RAX);
            a.mov32(RAX, 60);
            a.syscall();
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(999, guest.context.syscallNumber());
            long[] arguments = new long[6];
            for (int i = 0; i < 6; i++) {
                arguments[i] = guest.context.syscallArgument(i);
            }
            assertArrayEquals(new long[] {1, 2, 3, 4, 5, -6}, arguments);

            guest.context.setSyscallResult(-512); // a restart code of the host, which must not act on it
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(60, guest.context.syscallNumber());
            assertEquals(-512, guest.context.registers().rbx());
        }
    }

    @Test
    void arguments_follow_what_is_written_to_the_registers() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RSI, 2);
            a.mov32(RAX, 39); // getpid, which a platform may show without any registers at first
            a.syscall();
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(2, guest.context.syscallArgument(1));

            guest.context.registers().rsi(77);

            assertEquals(77, guest.context.syscallArgument(1));
        }
    }

    @Test
    void a_fault_is_resolved_by_a_mapping() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA);
            a.mov(RAX, 0x1234_5678_9abcL);
            a.store(RBX, RAX);
            a.load(RCX, RBX);
            a.syscall();
        })) {
            assertEquals(Stop.FAULT, guest.run());
            assertEquals(DATA, guest.context.faultAddress());

            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(
                    0x1234_5678_9abcL, NativeMemory.getLong(platform.memory().address(Guest.FREE_OFFSET)));
        }
    }

    @Test
    void a_jump_to_nowhere_is_a_fault_of_execution() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RAX, DATA);
            a.jmp(RAX);
        })) {
            assertEquals(Stop.FAULT, guest.run());
            assertEquals(DATA, guest.context.faultAddress());
            assertEquals(Access.EXECUTE, guest.context.faultAccess());
        }
    }

    @Test
    void protection_is_obeyed_and_holes_in_the_range_do_not_matter() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA + 2 * Guest.PAGE);
            a.load(RCX, RBX);
            a.syscall();
            a.store(RBX, RCX);
            a.syscall();
        })) {
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
            guest.space.map(DATA + 2 * Guest.PAGE, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
            assertEquals(Stop.SYSCALL, guest.run());

            guest.space.protect(DATA - 4 * Guest.PAGE, 16 * Guest.PAGE, Access.READ);
            assertEquals(Stop.FAULT, guest.run());
            assertEquals(DATA + 2 * Guest.PAGE, guest.context.faultAddress());

            guest.space.protect(DATA, 3 * Guest.PAGE, READ_WRITE);
            assertEquals(Stop.SYSCALL, guest.run());

            guest.space.unmap(DATA - Guest.PAGE, 8 * Guest.PAGE);
            guest.context.registers().rip(Guest.CODE);
            assertEquals(Stop.FAULT, guest.run());
        }
    }

    @Test
    void memory_of_the_platform_and_beyond_cannot_be_mapped() {
        try (var guest = new Guest(platform, a -> a.syscall())) {
            long limit = platform.addressLimit();
            var memory = platform.memory();
            for (long address : new long[] {limit, limit - 0, -4096, Long.MIN_VALUE, limit + (1 << 20)}) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> guest.space.map(address, memory, 0, Guest.PAGE, Access.READ, false));
                assertThrows(IllegalArgumentException.class, () -> guest.space.unmap(address, Guest.PAGE));
                assertThrows(IllegalArgumentException.class, () -> guest.space.protect(address, Guest.PAGE, 0));
            }
            assertThrows(
                    IllegalArgumentException.class,
                    () -> guest.space.map(limit - Guest.PAGE, memory, 0, 2 * Guest.PAGE, Access.READ, false));
            guest.space.map(limit - Guest.PAGE, memory, 0, Guest.PAGE, Access.READ, false);
            assertEquals(Stop.SYSCALL, guest.run());
        }
    }

    @Test
    void the_fpu_state_can_be_read_written_copied_and_reset() {
        try (var guest = new Guest(platform, a -> {
            a.mov(RAX, 0x1111_2222_3333_4444L);
            a.movqToXmm(9, RAX);
            a.syscall();
            a.movqFromXmm(RBX, 9);
            a.syscall();
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            byte[] area = new byte[guest.context.fpuStateBytes()];
            guest.context.readFpuState(area);
            int xmm9 = 160 + 9 * 16;
            var buffer = java.nio.ByteBuffer.wrap(area).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            assertEquals(0x1111_2222_3333_4444L, buffer.getLong(xmm9));

            try (var other = platform.newContext()) {
                other.copyStateFrom(guest.context);
                byte[] copy = new byte[area.length];
                other.readFpuState(copy);
                assertEquals(
                        0x1111_2222_3333_4444L,
                        java.nio.ByteBuffer.wrap(copy)
                                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                                .getLong(xmm9));
            }

            buffer.putLong(xmm9, 77);
            assertTrue(guest.context.writeFpuState(area));
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(77, guest.context.registers().rbx());

            guest.context.resetFpuState();
            guest.context
                    .registers()
                    .rip(guest.context.registers().rip() - 7); // the movq and the system call once more
            assertEquals(Stop.SYSCALL, guest.run());
            assertEquals(0, guest.context.registers().rbx());
        }
    }

    @Test
    void garbage_as_fpu_state_harms_nobody() {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.syscall();
            a.jmp(loop);
        })) {
            assertEquals(Stop.SYSCALL, guest.run());
            var random = new java.util.Random(42);
            byte[] area = new byte[guest.context.fpuStateBytes()];
            for (int i = 0; i < 200; i++) {
                random.nextBytes(area);
                guest.context.writeFpuState(area);
                assertEquals(Stop.SYSCALL, guest.run());
            }
            assertFalse(guest.context.writeFpuState(new byte[100]));
        }
    }

    @Test
    void a_spinning_guest_is_interrupted() throws Exception {
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.add(RBX, 1);
            a.jmp(loop);
        })) {
            for (int i = 0; i < 20; i++) {
                long pauseMillis = i % 4;
                var kicker = new Thread(() -> {
                    Guest.pause(pauseMillis);
                    guest.context.interrupt();
                });
                kicker.start();
                assertEquals(Stop.INTERRUPTED, guest.context.run(guest.space));
                kicker.join();
            }
            assertTrue(guest.context.registers().rbx() > 0);
            assertTrue(guest.context.cpuTimeNanos() > 1_000_000, "CPU time " + guest.context.cpuTimeNanos());

            guest.context.interrupt();
            long before = guest.context.registers().rbx();
            assertEquals(Stop.INTERRUPTED, guest.context.run(guest.space));
            assertEquals(before, guest.context.registers().rbx());
        }
    }

    @Test
    void a_forked_address_space_shares_memory_and_not_later_mappings() throws Exception {
        try (var guest = new Guest(platform, a -> {
            a.syscall();
            a.mov(RBX, DATA);
            a.load(RCX, RBX);
            a.store(RBX, RAX);
            a.syscall();
        })) {
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
            assertEquals(Stop.SYSCALL, guest.run());

            var childSpace = guest.space.fork();
            var child = platform.newContext();
            child.copyStateFrom(guest.context);
            guest.space.unmap(DATA, Guest.PAGE);
            child.setSyscallResult(7);
            onNewThread(() -> {
                assertEquals(Stop.SYSCALL, Guest.run(child, childSpace));
                child.close();
            });
            assertEquals(7, NativeMemory.getLong(platform.memory().address(Guest.FREE_OFFSET)));
            assertEquals(Stop.FAULT, guest.run());
            childSpace.close();
        }
    }

    @Test
    void two_threads_run_in_one_address_space_and_see_each_others_mappings() throws Exception {
        try (var guest = new Guest(platform, a -> {
            a.syscall();
            a.test(RAX, RAX);
            var parent = a.label();
            a.jnz(parent);
            a.mov(RBX, DATA); // the child waits for a value other than zero
            var loop = a.here();
            a.load(RCX, RBX);
            a.test(RCX, RCX);
            a.jz(loop);
            a.syscall();
            a.bind(parent);
            a.syscall();
        })) {
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
            assertEquals(Stop.SYSCALL, guest.run());
            var child = platform.newContext();
            child.copyStateFrom(guest.context);
            child.setSyscallResult(0);
            guest.context.setSyscallResult(1);
            var seen = new AtomicReference<Stop>();
            var started = new CountDownLatch(1);
            var thread = new Thread(() -> {
                started.countDown();
                seen.set(Guest.run(child, guest.space));
                child.close();
            });
            thread.start();
            started.await();
            Guest.pause(20);

            // The other page holds a value: replacing the mapping under the running child ends its loop.
            NativeMemory.putLong(platform.memory().address(Guest.FREE_OFFSET + Guest.PAGE), 5);
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET + Guest.PAGE, Guest.PAGE, READ_WRITE, false);
            thread.join(10_000);
            assertFalse(thread.isAlive());
            assertEquals(Stop.SYSCALL, seen.get());
            assertEquals(Stop.SYSCALL, guest.run());
        }
    }

    @Test
    void a_mapping_by_a_thread_without_a_context_reaches_a_running_guest() throws Exception {
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA);
            var loop = a.here();
            a.load(RCX, RBX);
            a.test(RCX, RCX);
            a.jz(loop);
            a.syscall();
        })) {
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
            NativeMemory.putLong(platform.memory().address(Guest.FREE_OFFSET + Guest.PAGE), 5);
            var mapper = new Thread(() -> {
                Guest.pause(30);
                guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET + Guest.PAGE, Guest.PAGE, READ_WRITE, false);
            });
            mapper.start();
            assertEquals(Stop.SYSCALL, guest.run());
            mapper.join();
        }
    }

    @Test
    void threads_without_a_parent_get_a_stub_thread_from_one_that_runs() throws Exception {
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA);
            var loop = a.here();
            a.load(RCX, RBX);
            a.test(RCX, RCX);
            a.jz(loop);
            a.syscall();
        })) {
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, READ_WRITE, false);
            var threads = new java.util.ArrayList<Thread>();
            var stops = new java.util.concurrent.ConcurrentLinkedQueue<Stop>();
            for (int i = 0; i < 3; i++) {
                var thread = new Thread(() -> {
                    try (var context = platform.newContext()) {
                        context.registers().rip(Guest.CODE);
                        stops.add(Guest.run(context, guest.space));
                    }
                });
                thread.start();
                threads.add(thread);
            }
            Guest.pause(200);
            NativeMemory.putLong(platform.memory().address(Guest.FREE_OFFSET), 1);
            for (var thread : threads) {
                thread.join(10_000);
                assertFalse(thread.isAlive());
            }
            assertEquals(java.util.List.of(Stop.SYSCALL, Stop.SYSCALL, Stop.SYSCALL), java.util.List.copyOf(stops));
        }
    }

    @Test
    void a_context_takes_its_registers_along_to_another_address_space() {
        try (var guest = new Guest(platform, a -> {
            a.syscall();
            a.movqFromXmm(RBX, 3);
            a.syscall();
        })) {
            guest.context.registers().rdi(41);
            assertEquals(Stop.SYSCALL, guest.run());
            try (var other = platform.newAddressSpace()) {
                other.map(
                        Guest.CODE,
                        platform.memory(),
                        Guest.CODE_OFFSET,
                        Guest.PAGE,
                        Access.READ | Access.EXECUTE,
                        false);
                assertEquals(Stop.SYSCALL, Guest.run(guest.context, other));
                assertEquals(41, guest.context.syscallArgument(0));
                guest.space.close();
                guest.context.registers().rip(Guest.CODE);
                assertEquals(Stop.SYSCALL, Guest.run(guest.context, other));
                guest.context.close();
            }
        }
    }

    @Test
    void image_files_are_mapped_in_any_process_of_the_sandbox() throws Exception {
        var path = Files.createTempFile("image", ".bin");
        try (var guest = new Guest(platform, a -> {
            a.mov(RBX, DATA);
            a.load(RCX, RBX);
            a.mov(RDI, RCX);
            a.syscall();
        })) {
            Files.write(path, "ABCDEFGH and more".getBytes(StandardCharsets.ISO_8859_1));
            for (boolean isMapped : new boolean[] {true, false}) {
                int descriptor = Host.openat(Fcntl.AT_FDCWD, path.toString(), Fcntl.O_RDONLY | Fcntl.O_CLOEXEC, 0);
                try (var file = isMapped ? ImageFile.mapped(descriptor) : ImageFile.unmapped(descriptor)) {
                    guest.context.registers().rip(Guest.CODE);
                    guest.space.map(DATA, file, 0, Guest.PAGE, Access.READ, false);
                    assertEquals(Stop.SYSCALL, guest.run());
                    assertEquals(0x4847464544434241L, guest.context.syscallArgument(0));
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> guest.space.map(DATA, file, 0, Guest.PAGE, READ_WRITE, false));

                    try (var other = platform.newAddressSpace()) {
                        int execute = Access.READ | Access.EXECUTE;
                        other.map(Guest.CODE, platform.memory(), Guest.CODE_OFFSET, Guest.PAGE, execute, false);
                        other.map(DATA, file, 0, Guest.PAGE, Access.READ, false);
                        guest.context.registers().rip(Guest.CODE);
                        assertEquals(Stop.SYSCALL, Guest.run(guest.context, other));
                        assertEquals(0x4847464544434241L, guest.context.syscallArgument(0));
                    }
                }
            }
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void more_files_than_a_stub_may_hold_open_can_be_mapped() throws Exception {
        var files = new java.util.ArrayList<ImageFile>();
        var path = Files.createTempFile("image", ".bin");
        try (var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.syscall();
            a.jmp(loop);
        })) {
            Files.write(path, new byte[4096]);
            for (int i = 0; i < 200; i++) {
                int descriptor = Host.openat(Fcntl.AT_FDCWD, path.toString(), Fcntl.O_RDONLY | Fcntl.O_CLOEXEC, 0);
                files.add(i % 2 == 0 ? ImageFile.unmapped(descriptor) : ImageFile.mapped(descriptor));
                guest.space.map(DATA + i * Guest.PAGE, files.get(i), 0, Guest.PAGE, Access.READ, false);
                assertEquals(Stop.SYSCALL, guest.run());
            }
        } finally {
            files.forEach(ImageFile::close);
            Files.delete(path);
        }
    }

    @Test
    void exceptions_are_told_apart() {
        assertException(Signal.SIGILL, SignalCode.ILL_ILLOPN, a -> a.ud2());
        assertException(Signal.SIGTRAP, SignalCode.SI_KERNEL, a -> a.int3());
        assertException(Signal.SIGSEGV, SignalCode.SI_KERNEL, a -> a.hlt());
        assertException(Signal.SIGFPE, SignalCode.FPE_INTDIV, a -> {
            a.xor(RCX, RCX);
            a.div(RCX);
        });
    }

    private void assertException(
            int signal, int code, java.util.function.Consumer<dev.picket.platform.amd64.Assembler> program) {
        try (var guest = new Guest(platform, program)) {
            assertEquals(Stop.EXCEPTION, guest.run());
            assertEquals(signal, guest.context.exceptionSignal());
            assertEquals(code, guest.context.exceptionCode(), "code of signal " + signal);
        }
    }

    private static void onNewThread(Runnable action) throws InterruptedException {
        var failure = new AtomicReference<Throwable>();
        var thread = new Thread(action);
        thread.setUncaughtExceptionHandler((dying, thrown) -> failure.set(thrown));
        thread.start();
        thread.join(TimeUnit.SECONDS.toMillis(20));
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
        assertFalse(thread.isAlive());
    }
}
