package dev.picket.platform.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.host.GuestMemoryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is left behind when guests are gone. */
@Timeout(120)
public abstract class LeakContract {
    private static final int EXECUTE = Access.READ | Access.EXECUTE;

    /** Opens the platform that is tested. */
    protected abstract Platform open();

    /** How many child processes an open platform has without any guest. */
    protected abstract int idleProcesses();

    /** How many threads of the host an address space has. */
    protected abstract int hostThreads(AddressSpace space) throws IOException;

    @Test
    void two_hundred_address_spaces_leave_nothing() throws IOException {
        warmUp();
        int descriptors = count("/proc/self/fd");
        int maps = Files.readAllLines(Path.of("/proc/self/maps")).size();
        int children = children();
        try (var platform = open()) {
            for (int i = 0; i < 20; i++) {
                try (var guest = loop(platform)) {
                    var spaces = new ArrayList<AddressSpace>();
                    for (int j = 0; j < 10; j++) {
                        assertEquals(Stop.SYSCALL, guest.run());
                        spaces.add(guest.space.fork());
                        assertEquals(Stop.SYSCALL, Guest.run(guest.context, spaces.get(j)));
                    }
                    spaces.forEach(AddressSpace::close);
                }
            }
            assertEquals(children + idleProcesses(), children(), "processes of guests that are gone");
            assertEquals(1, ((GuestMemoryFile) platform.memory()).usedBytes() > 0 ? 1 : 0);
        }
        assertEquals(children, children());
        assertEquals(descriptors, count("/proc/self/fd"));
        assertTrue(Files.readAllLines(Path.of("/proc/self/maps")).size() <= maps + 20, "mappings of this process");
    }

    @Test
    void a_hundred_threads_one_after_another_leave_few_threads_on_the_host() throws Exception {
        try (var platform = open();
                var guest = loop(platform)) {
            for (int i = 0; i < 100; i++) {
                assertEquals(Stop.SYSCALL, guest.run());
                var child = platform.newContext();
                child.copyStateFrom(guest.context);
                runOnNewThread(child, guest.space);
            }
            int threads = hostThreads(guest.space);
            assertTrue(threads <= 10, threads + " threads");
            assertEquals(Stop.SYSCALL, guest.run());
        }
    }

    @Test
    void an_owner_that_ends_without_closing_its_context_costs_the_address_space_only() throws Exception {
        try (var platform = open();
                var other = loop(platform)) {
            var space = platform.newAddressSpace();
            space.map(Guest.CODE, platform.memory(), Guest.CODE_OFFSET, Guest.PAGE, EXECUTE, false);
            var context = platform.newContext();
            context.registers().rip(Guest.CODE);
            var thread = new Thread(() -> assertEquals(Stop.SYSCALL, Guest.run(context, space)));
            thread.start();
            thread.join();
            context.close();
            space.close();
            assertEquals(Stop.SYSCALL, other.run());
        }
    }

    @Test
    void closing_an_address_space_ends_guests_that_run_in_it() throws Exception {
        int children = children();
        try (var platform = open()) {
            for (int round = 0; round < 20; round++) {
                var guest = new Guest(platform, a -> {
                    var loop = a.here();
                    a.jmp(loop);
                });
                var stops = new java.util.concurrent.ConcurrentLinkedQueue<Stop>();
                var threads = new ArrayList<Thread>();
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
                Guest.pause(round % 10);
                guest.space.close();
                for (var thread : threads) {
                    thread.join(10_000);
                    assertFalse(thread.isAlive(), "round " + round);
                }
                assertEquals(java.util.Collections.nCopies(3, Stop.LOST), java.util.List.copyOf(stops));
                guest.close();
            }
        }
        assertEquals(children, children());
    }

    private void warmUp() {
        try (var platform = open();
                var guest = loop(platform)) {
            assertEquals(Stop.SYSCALL, guest.run());
        }
    }

    private static Guest loop(Platform platform) {
        return new Guest(platform, a -> {
            var loop = a.here();
            a.syscall();
            a.jmp(loop);
        });
    }

    private static void runOnNewThread(GuestContext context, AddressSpace space) throws InterruptedException {
        var stops = new ArrayList<Stop>();
        var thread = new Thread(() -> {
            stops.add(Guest.run(context, space));
            context.close();
        });
        thread.start();
        thread.join(10_000);
        assertEquals(java.util.List.of(Stop.SYSCALL), stops);
    }

    protected static int count(String directory) throws IOException {
        try (var entries = Files.list(Path.of(directory))) {
            return (int) entries.count();
        }
    }

    protected static int children() {
        return (int) ProcessHandle.current().children().count();
    }
}
