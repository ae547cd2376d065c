package dev.picket.platform.contract;

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
import dev.picket.platform.host.NativeMemory;
import java.util.ArrayList;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads, forks, mappings and interrupts all at once: nothing may hang, fail, or show an old mapping. */
@Timeout(120)
public abstract class StormContract {
    private static final long DATA = 0x80_0000;
    private static final int THREADS = 4;
    private static final long DURATION_MILLIS = 3_000;

    /** Opens the platform that is tested. */
    protected abstract Platform open();

    @Test
    void threads_forks_mappings_and_interrupts_at_once() throws Exception {
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var done = new AtomicBoolean();
        var calls = new AtomicLong();
        try (var platform = open()) {
            // Each thread loads the word at DATA and reports it in a system call, over and over.
            var guest = new Guest(platform, a -> {
                a.mov(RBX, DATA);
                var loop = a.here();
                a.load(RDI, RBX);
                a.mov32(RCX, 300);
                var spin = a.here();
                a.sub(RCX, 1);
                a.jnz(spin);
                a.syscall();
                a.jmp(loop);
            });
            for (int page = 0; page < 2; page++) {
                NativeMemory.putLong(platform.memory().address(Guest.FREE_OFFSET + page * Guest.PAGE), 100 + page);
            }
            var memory = platform.memory();
            guest.space.map(DATA, memory, Guest.FREE_OFFSET, Guest.PAGE, Access.READ, false);
            assertEquals(Stop.SYSCALL, guest.run());

            var threads = new ArrayList<Thread>();
            var contexts = new ArrayList<GuestContext>();
            for (int i = 0; i < THREADS; i++) {
                var context = platform.newContext();
                context.copyStateFrom(guest.context);
                contexts.add(context);
                boolean forks = i == 0;
                threads.add(start(failures, () -> {
                    for (int n = 0; !done.get(); n++) {
                        var stop = context.run(guest.space);
                        if (stop == Stop.INTERRUPTED) {
                            continue;
                        }
                        assertEquals(Stop.SYSCALL, stop);
                        long word = context.syscallArgument(0);
                        assertTrue(word == 100 || word == 101, "word " + word);
                        calls.incrementAndGet();
                        if (forks && n % 20 == 0) {
                            guest.space.fork().close();
                        }
                    }
                    context.close();
                }));
            }
            threads.add(start(failures, () -> {
                for (int n = 0; !done.get(); n++) {
                    long offset = Guest.FREE_OFFSET + n % 2 * Guest.PAGE;
                    guest.space.map(DATA, memory, offset, Guest.PAGE, Access.READ, false);
                }
            }));
            threads.add(start(failures, () -> {
                for (int n = 0; !done.get(); n++) {
                    contexts.get(n % THREADS).interrupt();
                    if (n % 8 == 0) {
                        Guest.pause(1);
                    }
                }
            }));
            Guest.pause(DURATION_MILLIS);
            done.set(true);
            contexts.forEach(GuestContext::interrupt);
            for (var thread : threads) {
                thread.join(TimeUnit.SECONDS.toMillis(20));
                assertFalse(
                        thread.isAlive(),
                        thread.getName() + " hangs: " + java.util.Arrays.toString(thread.getStackTrace()));
            }
            guest.close();
        }
        assertEquals(java.util.List.of(), java.util.List.copyOf(failures));
        assertTrue(calls.get() > 100, calls + " system calls");
    }

    private static Thread start(ConcurrentLinkedQueue<Throwable> failures, Runnable action) {
        var thread = new Thread(action);
        thread.setUncaughtExceptionHandler((dying, thrown) -> failures.add(thrown));
        thread.start();
        return thread;
    }
}
