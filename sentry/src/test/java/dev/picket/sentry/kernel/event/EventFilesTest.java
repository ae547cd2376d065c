package dev.picket.sentry.kernel.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Clocks;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Poll;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.AnonymousFiles;
import dev.picket.sentry.kernel.time.Clock;
import dev.picket.sentry.kernel.time.TimerService;
import dev.picket.sentry.loader.ArrayBuffer;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventFilesTest {
    private static final long MILLISECOND = 1_000_000;

    private final AnonymousFiles files = new AnonymousFiles();
    private final Clock clock = new Clock();
    private final TimerService timers = new TimerService((where, bug) -> {
        throw new AssertionError(where, bug);
    });

    @AfterEach
    void close() {
        timers.close();
        clock.close();
    }

    private Inode inode() {
        return files.inode(Credentials.initial(0, 0, new int[0], 0), "[test]");
    }

    private static long write(OpenFile file, long value) throws ErrnoException {
        byte[] bytes = new byte[8];
        Bytes.putLong(bytes, 0, value);
        return file.write(new ArrayBuffer(bytes));
    }

    private static long read(OpenFile file) throws ErrnoException {
        byte[] bytes = new byte[8];
        long result = file.read(new ArrayBuffer(bytes));
        return result == OpenFile.WOULD_BLOCK ? result : Bytes.getLong(bytes, 0);
    }

    private TimerFile timer() {
        return new TimerFile(inode(), Fcntl.O_RDWR, Clocks.CLOCK_MONOTONIC, clock, timers);
    }

    @Test
    void counter_adds_up_and_is_read_at_once() throws ErrnoException {
        var counter = new EventCounter(inode(), Fcntl.O_RDWR, 3, false);
        write(counter, 4);
        assertEquals(7, read(counter));
        assertEquals(OpenFile.WOULD_BLOCK, read(counter));
    }

    @Test
    void semaphore_is_taken_one_by_one() throws ErrnoException {
        var counter = new EventCounter(inode(), Fcntl.O_RDWR, 2, true);
        assertEquals(1, read(counter));
        assertEquals(1, read(counter));
        assertEquals(OpenFile.WOULD_BLOCK, read(counter));
    }

    @Test
    void counter_never_overflows() throws ErrnoException {
        var counter = new EventCounter(inode(), Fcntl.O_RDWR, 0, false);
        assertEquals(
                Errno.EINVAL,
                assertThrows(ErrnoException.class, () -> write(counter, -1)).errno());
        assertEquals(8, write(counter, -2));
        assertEquals(0, counter.readiness() & Poll.POLLOUT);
        assertEquals(OpenFile.WOULD_BLOCK, write(counter, 1));
        assertEquals(-2, read(counter));
    }

    @Test
    void timer_expires_once_and_wakes() throws Exception {
        var timer = timer();
        var woken = new Semaphore(0);
        timer.addWaiter(events -> woken.release(), Poll.POLLIN);
        timer.set(20 * MILLISECOND, 0, false);
        assertEquals(OpenFile.WOULD_BLOCK, read(timer));
        assertTrue(timer.get().leftNanos() > 0);
        assertTrue(woken.tryAcquire(5, TimeUnit.SECONDS));
        assertEquals(1, read(timer));
        assertEquals(0, timer.get().leftNanos());
        assertEquals(OpenFile.WOULD_BLOCK, read(timer));
    }

    @Test
    void interval_counts_what_was_missed() throws Exception {
        var timer = timer();
        timer.set(MILLISECOND, 5 * MILLISECOND, false);
        Thread.sleep(60);
        assertTrue(read(timer) >= 5);
        timer.set(0, 0, false);
        Thread.sleep(20);
        assertEquals(OpenFile.WOULD_BLOCK, read(timer), "disarmed");
    }

    @Test
    void absolute_time_in_the_past_expires_at_once() throws Exception {
        var timer = timer();
        var woken = new Semaphore(0);
        timer.addWaiter(events -> woken.release(), Poll.POLLIN);
        timer.set(1, 0, true);
        assertTrue(woken.tryAcquire(5, TimeUnit.SECONDS));
        assertEquals(1, read(timer));
    }
}
