package dev.picket.sentry.kernel.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CountdownTest {
    private static final long MILLI = 1_000_000L;

    private final AtomicReference<Throwable> crash = new AtomicReference<>();
    private final TimerService service = new TimerService((where, bug) -> crash.set(bug));
    private final LinkedBlockingQueue<Long> expiries = new LinkedBlockingQueue<>();
    private final Countdown countdown = new Countdown(service, System::nanoTime, false, expiries::add);

    @AfterEach
    void close() {
        service.close();
        assertNull(crash.get());
    }

    @Test
    void it_expires_once_without_an_interval() throws InterruptedException {
        countdown.set(5 * MILLI, 0);
        assertTrue(countdown.remainingNanos() > 0);

        assertEquals(1L, expiries.poll(5, TimeUnit.SECONDS));
        assertEquals(0, countdown.remainingNanos());
        assertNull(expiries.poll(30, TimeUnit.MILLISECONDS));
    }

    @Test
    void it_repeats_with_an_interval_until_it_is_stopped() throws InterruptedException {
        countdown.set(MILLI, 2 * MILLI);
        for (int i = 0; i < 3; i++) {
            assertTrue(expiries.poll(5, TimeUnit.SECONDS) >= 1);
        }
        countdown.set(0, 0);
        expiries.clear();
        assertNull(expiries.poll(30, TimeUnit.MILLISECONDS));
    }

    @Test
    void an_interval_of_a_nanosecond_is_counted_and_not_run_one_by_one() throws InterruptedException {
        countdown.set(1, 1);
        Thread.sleep(20);
        countdown.cancel();

        assertTrue(expiries.size() <= 220, "ran " + expiries.size() + " times in 20 ms");
        assertTrue(expiries.stream().mapToLong(Long::longValue).sum() > 1_000);
    }

    @Test
    void a_clock_of_cpu_time_is_looked_at_until_it_gets_there() throws InterruptedException {
        var cpu = new AtomicLong();
        var timer = new Countdown(service, cpu::get, true, expiries::add);
        timer.set(10 * MILLI, 0);
        assertNull(expiries.poll(30, TimeUnit.MILLISECONDS));

        cpu.set(20 * MILLI);

        assertEquals(1L, expiries.poll(5, TimeUnit.SECONDS));
    }
}
