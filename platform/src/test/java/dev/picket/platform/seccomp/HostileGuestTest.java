package dev.picket.platform.seccomp;

import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RBX;
import static dev.picket.platform.amd64.Register.RCX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSI;
import static dev.picket.platform.amd64.Register.RSP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.contract.Guest;
import dev.picket.platform.contract.HostileGuestContract;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Signal;
import dev.picket.platform.linux.SignalFrameLayout;
import dev.picket.platform.linux.SyscallNumber;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The hostile guests of every platform, and those that look for a way through a stub under seccomp filters. */
class HostileGuestTest extends HostileGuestContract {
    private static final long DATA = 0x80_0000;

    @Override
    protected Platform open() {
        return SeccompPlatform.open();
    }

    // ---- The stub's code

    @Test
    void jumping_into_the_stub_gets_nothing() throws IOException {
        int length = image().instructionBytes();
        int calls = 0;
        var guest = loop();
        var maps = maps(guest);
        for (int at = 0; at < length; at++) {
            var registers = guest.context.registers();
            registers.rip(StubLayout.TEXT + at);
            registers.rax(SyscallNumber.MMAP); // what the guest would like to have made for it
            registers.rdi(DATA);
            registers.rsi(Guest.PAGE);
            registers.rdx(7);
            registers.r10(0x11);
            registers.r8(0);
            registers.r9(0);
            registers.rbx(StubLayout.COMMANDS);
            registers.r12(1);
            registers.rsp(Guest.STACK + Guest.PAGE - 64);
            var stop = guest.run();
            calls += stop == Stop.SYSCALL ? 1 : 0;
            if (stop == Stop.LOST) {
                guest.close(); // it has ended itself
                guest = loop();
                maps = maps(guest);
            } else {
                assertEquals(maps, maps(guest), "entry " + at);
            }
        }
        assertTrue(calls >= 10, "the stub's own system calls are the guest's when the guest makes them: " + calls);
        guest.close();
        assertOthersLive();
    }

    @Test
    void the_calls_that_hand_a_listener_over_are_the_guests_too() {
        for (long call : image().handOverCalls()) {
            try (var guest = new Guest(platform, a -> {
                a.mov32(RAX, SyscallNumber.SECCOMP);
                a.mov(RBX, call - 2);
                a.jmp(RBX);
            })) {
                assertEquals(Stop.SYSCALL, guest.run());
                assertEquals(SyscallNumber.SECCOMP, guest.context.syscallNumber());
            }
        }
    }

    @Test
    void the_calls_that_no_filter_sees_do_nothing() {
        for (int number : new int[] {SyscallNumber.URETPROBE, SyscallNumber.URETPROBE + 1}) {
            try (var guest = new Guest(platform, a -> {
                a.mov32(RAX, number);
                a.syscall();
                a.mov32(RAX, 110);
                a.syscall();
            })) {
                assertEquals(Stop.SYSCALL, guest.run());
                if (guest.context.syscallNumber() != 110) {
                    assertEquals(number, guest.context.syscallNumber());
                    guest.context.setSyscallResult(-38);
                    assertEquals(Stop.SYSCALL, guest.run());
                }
                assertEquals(110, guest.context.syscallNumber()); // else the host's kernel has refused it
            }
        }
    }

    @Test
    void a_guest_that_ends_its_thread_at_the_stubs_exit_is_lost() {
        try (var guest = new Guest(platform, a -> {
            a.mov32(RAX, SyscallNumber.EXIT);
            a.mov(RBX, image().threadExit() - 2);
            a.jmp(RBX);
        })) {
            assertEquals(Stop.LOST, guest.run());
            assertOthersLive();
        }
    }

    @Test
    void no_page_of_the_stub_but_frames_and_scratch_can_be_written() {
        for (long address : new long[] {StubLayout.TEXT, StubLayout.COMMANDS, StubLayout.COMMANDS + 4096}) {
            try (var guest = new Guest(platform, a -> {
                a.mov(RBX, address);
                a.store(RBX, RAX);
                a.ud2();
            })) {
                assertEquals(Stop.FAULT, guest.run());
                assertEquals(address, guest.context.faultAddress());
                assertEquals(Access.WRITE, guest.context.faultAccess());
            }
        }
    }

    // ---- The bell and the frames

    @Test
    void a_bell_that_the_guest_rings_itself_shows_nothing_but_what_the_guest_says() {
        // A real frame lies where the last fault left it; the guest rings and says that it is a fault again.
        try (var guest = new Guest(platform, a -> {
            a.mov(RCX, DATA);
            a.load(RDX, RCX);
            a.mov32(RAX, SyscallNumber.GETPID);
            a.mov(RBX, image().bell() - 2);
            a.jmp(RBX);
        })) {
            assertEquals(Stop.FAULT, guest.run());
            long frame = ((SeccompContext) guest.context).frame().areaInStub() + 8;
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, Access.READ, false);
            guest.context.registers().rdi(Signal.SIGSEGV);
            guest.context.registers().rsi(frame);
            var stop = guest.run();
            assertTrue(stop != Stop.SYSCALL, stop.name());
            assertOthersLive();
        }
    }

    @Test
    void a_bell_with_a_frame_that_is_nobodys_ends_the_guest_only() {
        var other = loop();
        long others = ((SeccompContext) other.context).frame().areaInStub();
        long[] frames = {0, -1, StubLayout.LIMIT, Guest.STACK, others + 4096, Long.MIN_VALUE, StubLayout.FRAMES - 8};
        for (long frame : frames) {
            try (var guest = new Guest(platform, a -> {
                a.mov32(RAX, SyscallNumber.GETPID);
                a.mov(RDI, Signal.SIGSEGV);
                a.mov(RSI, frame);
                a.mov(RBX, image().bell() - 2);
                a.jmp(RBX);
            })) {
                assertEquals(Stop.LOST, guest.run(), "frame 0x" + Long.toHexString(frame));
            }
        }
        assertNotEquals(Stop.LOST, other.run());
        other.close();
        assertOthersLive();
    }

    @Test
    void a_guest_that_blocks_all_signals_and_computes_is_ended_when_it_is_to_stop() throws Exception {
        long frame = DATA + 64;
        try (var guest = new Guest(platform, a -> {
            a.mov(RSP, frame + 8);
            a.mov32(RAX, SyscallNumber.RT_SIGRETURN);
            a.mov(RBX, image().signalReturn() - 2);
            a.jmp(RBX);
            a.align(256);
            var spin = a.here();
            a.jmp(spin);
        })) {
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, 3, false);
            long inMemory = platform.memory().address(Guest.FREE_OFFSET) + 64;
            writeFrame(inMemory, Guest.CODE + 256);
            NativeMemory.putLong(inMemory + SignalFrameLayout.UC_SIGMASK, -1);
            var kicker = new Thread(() -> {
                Guest.pause(50);
                guest.context.interrupt();
            });
            kicker.start();
            assertEquals(Stop.LOST, guest.run());
            kicker.join();
            assertOthersLive();
        }
    }

    /** A frame with nothing but a place to go on. */
    private static void writeFrame(long frame, long rip) {
        NativeMemory.fill(frame, SignalFrameLayout.BYTES, (byte) 0);
        NativeMemory.putLong(frame + SignalFrameLayout.UC_FLAGS, SignalFrameLayout.UC_FLAGS_VALUE);
        NativeMemory.putLong(frame + SignalFrameLayout.SC + 15 * 8, Guest.STACK + 64); // rsp
        NativeMemory.putLong(frame + SignalFrameLayout.SC + 16 * 8, rip);
        NativeMemory.putLong(frame + SignalFrameLayout.SC + 17 * 8, 0x202); // rflags
        NativeMemory.putLong(frame + SignalFrameLayout.SC + 18 * 8, 0x002b_0000_0000_0033L); // segments
    }

    @Test
    void a_signal_stack_elsewhere_harms_nobody_but_the_guest() {
        long frame = DATA + 64;
        try (var guest = new Guest(platform, a -> {
            a.mov(RSP, frame + 8);
            a.mov32(RAX, SyscallNumber.RT_SIGRETURN);
            a.mov(RBX, image().signalReturn() - 2);
            a.jmp(RBX);
            a.align(256);
            a.ud2();
        })) {
            guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, 16 * Guest.PAGE, 3, false);
            long inMemory = platform.memory().address(Guest.FREE_OFFSET) + 64;
            writeFrame(inMemory, Guest.CODE + 256);
            NativeMemory.putLong(inMemory + SignalFrameLayout.UC_STACK_SP, DATA + Guest.PAGE);
            NativeMemory.putLong(inMemory + SignalFrameLayout.UC_STACK_SIZE, 14 * Guest.PAGE);
            assertEquals(Stop.LOST, guest.run());
            assertOthersLive();
        }
    }

    @Test
    void a_thread_that_spoils_the_frame_of_another_gains_nothing() throws Exception {
        var random = new java.util.Random(7);
        for (int round = 0; round < 20; round++) {
            try (var guest = new Guest(platform, a -> {
                var loop = a.here();
                a.mov(RCX, DATA);
                a.load(RDX, RCX); // faults: the frame is a whole one, with an FPU state
                a.jmp(loop);
            })) {
                assertEquals(Stop.FAULT, guest.run());
                var context = (SeccompContext) guest.context;
                long area = context.frame().areaInStub();
                var done = new AtomicBoolean();
                // The other thread stores the words that it is told, wherever it is told to in the area.
                var writer = platform.newContext();
                var writes = new Assembler();
                var again = writes.here();
                writes.syscall();
                writes.store(RBX, RCX);
                writes.jmp(again);
                byte[] code = writes.assemble();
                NativeMemory.copyFromArray(code, 0, platform.memory().address(Guest.CODE_OFFSET + 2048), code.length);
                writer.registers().rip(Guest.CODE + 2048);
                var thread = new Thread(() -> {
                    while (!done.get() && Guest.run(writer, guest.space) == Stop.SYSCALL) {
                        int at = random.nextInt(StubLayout.FRAME_BYTES / 8) * 8;
                        long[] words = {0, -1, area, area + 16_000, random.nextLong(), Guest.STACK, 4096};
                        writer.registers()
                                .rbx(area + (random.nextBoolean() ? StubLayout.FRAME_BYTES - 3400 + at % 700 : at));
                        writer.registers().rcx(words[random.nextInt(words.length)]);
                        writer.setSyscallResult(0);
                    }
                    writer.close();
                });
                thread.start();
                byte[] state = new byte[context.fpuStateBytes()];
                for (int i = 0; i < 100; i++) {
                    context.readFpuState(state);
                    context.registers().rip(Guest.CODE);
                    if (Guest.run(context, guest.space) == Stop.LOST) {
                        break;
                    }
                }
                done.set(true);
                thread.join(20_000);
                assertFalse(thread.isAlive());
            }
        }
        assertOthersLive();
    }

    @Test
    void a_child_does_not_see_the_frames_of_its_parent() {
        var guest = loop();
        long area = ((SeccompContext) guest.context).frame().areaInStub();
        try (var child = guest.space.fork();
                var context = platform.newContext()) {
            var code = new Assembler();
            code.mov(RBX, area);
            code.load(RCX, RBX);
            code.ud2();
            byte[] bytes = code.assemble();
            NativeMemory.copyFromArray(bytes, 0, platform.memory().address(Guest.CODE_OFFSET + 2048), bytes.length);
            context.registers().rip(Guest.CODE + 2048);
            assertEquals(Stop.FAULT, Guest.run(context, child));
            assertEquals(area, context.faultAddress());
        }
        guest.close();
    }

    @Test
    void a_stack_pointer_in_the_signal_stack_ends_the_guest_or_is_its_own_affair() {
        try (var guest = loop()) {
            long area = ((SeccompContext) guest.context).frame().areaInStub();
            for (long stack : new long[] {area + 16_000, area + 9_000, area + 100}) {
                guest.context.registers().rsp(stack);
                guest.context.registers().rip(0);
                var stop = guest.run();
                if (stop == Stop.LOST) {
                    break;
                }
                assertEquals(Stop.FAULT, stop);
                assertEquals(stack, guest.context.registers().rsp());
            }
            assertOthersLive();
        }
    }

    // ---- The process

    @Test
    void the_hosts_vdso_and_stack_are_not_in_the_address_space() throws IOException {
        try (var guest = loop()) {
            for (String line : maps(guest)) {
                long start = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
                boolean isStub = start >= StubLayout.LIMIT && start < StubLayout.USER_END;
                assertTrue(isStub || line.contains("guest-memory") || line.contains("[vsyscall]"), line);
            }
        }
    }

    @Test
    void a_stub_has_no_capabilities_no_privileges_to_gain_and_a_filter() throws IOException {
        try (var guest = loop();
                var tasks = Files.list(Path.of("/proc/" + stubOf(guest) + "/task"))) {
            for (Path task : tasks.toList()) {
                var status = Files.readString(task.resolve("status"));
                assertTrue(status.contains("CapPrm:\t0000000000000000"), status);
                assertTrue(status.contains("CapEff:\t0000000000000000"), status);
                assertTrue(status.contains("NoNewPrivs:\t1"), status);
                assertTrue(status.contains("Seccomp:\t2"), status);
                assertTrue(status.contains("Name:\tpicket-stub"), status);
            }
            try (var descriptors = Files.list(Path.of("/proc/" + stubOf(guest) + "/fd"))) {
                assertEquals(5, descriptors.count());
            }
        }
    }

    @Test
    void signals_from_outside_do_not_reach_the_guest() {
        try (var guest = loop()) {
            int[] signals = {
                Signal.SIGTERM,
                Signal.SIGSEGV,
                Signal.SIGHUP,
                Signal.SIGCONT,
                Signal.SIGTRAP,
                Signal.SIGINT,
                Signal.SIGURG
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
        var atCall = loop();
        Host.kill(stubOf(atCall), Signal.SIGKILL);
        assertEquals(Stop.LOST, atCall.run());
        atCall.close();

        var atBell = loop();
        atBell.context.registers();
        Host.kill(stubOf(atBell), Signal.SIGKILL);
        assertEquals(Stop.LOST, atBell.run());
        atBell.close();

        var unasked = loop();
        Host.kill(stubOf(unasked), Signal.SIGKILL);
        unasked.context.registers();
        assertEquals(Stop.LOST, unasked.run());
        unasked.close();
    }

    @Test
    void a_worker_that_is_killed_leaves_no_stub_behind() throws Exception {
        var java = ProcessHandle.current().info().command().orElseThrow();
        var worker = new ProcessBuilder(
                        java, "-cp", System.getProperty("java.class.path"), AbandonedWorker.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output = new BufferedReader(new InputStreamReader(worker.getInputStream()))) {
            var stubs = List.of(output.readLine().split(" "));
            worker.destroyForcibly().waitFor();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (stubs.stream().anyMatch(HostileGuestTest::isRunning)) {
                assertTrue(System.nanoTime() < end, "left behind: " + stubs);
                Guest.pause(10);
            }
        }
    }

    private static boolean isRunning(String processId) {
        try {
            return !Files.readString(Path.of("/proc/" + processId + "/stat")).contains(") Z ");
        } catch (IOException e) {
            return false;
        }
    }

    // ---- Help

    private Guest loop() {
        var guest = new Guest(platform, a -> {
            var loop = a.here();
            a.mov32(RAX, 110);
            a.syscall();
            a.jmp(loop);
        });
        assertEquals(Stop.SYSCALL, guest.run());
        return guest;
    }

    /** A guest that has nothing to do with the hostile one runs as before. */
    private void assertOthersLive() {
        try (var guest = loop()) {
            assertEquals(Stop.SYSCALL, guest.run());
        }
    }

    private StubImage image() {
        return ((SeccompPlatform) platform).image();
    }

    private static List<String> maps(Guest guest) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + stubOf(guest) + "/maps"));
    }

    private static int stubOf(Guest guest) {
        return ((StubProcess) guest.space).processId();
    }
}
