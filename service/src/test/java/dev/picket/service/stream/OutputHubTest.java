package dev.picket.service.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.sentry.control.Command;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputHubTest {
    @TempDir
    Path directory;

    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final AtomicLong granted = new AtomicLong();

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    private OutputHub running(LogFile log) {
        OutputHub hub = new OutputHub(log, executor);
        hub.begin((stream, bytes) -> granted.addAndGet(bytes));
        return hub;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void every_client_gets_every_byte_from_when_it_attached() throws Exception {
        OutputHub hub = running(null);
        byte[] binary = new byte[5000];
        new Random(1).nextBytes(binary);
        hub.output(1, bytes("before"));
        Collector first = new Collector();
        Collector second = new Collector();
        hub.attach(true, true, false, true).subscribe(first);
        hub.attach(true, false, false, true).subscribe(second);
        hub.output(1, binary);
        hub.output(2, bytes("error"));
        hub.finish();

        assertArrayEquals(binary, first.await().outBytes());
        assertEquals("error", first.err());
        assertArrayEquals(binary, second.await().outBytes());
        assertEquals("", second.err());
    }

    @Test
    void without_clients_output_is_credited_in_steps() {
        OutputHub hub = running(null);
        long sent = 0;
        for (int i = 0; i < 100; i++) {
            hub.output(1, new byte[10_000]);
            sent += 10_000;
            assertTrue(sent - granted.get() < Command.OUTPUT_WINDOW_BYTES, "the process never runs dry");
        }
    }

    @Test
    void a_client_that_does_not_read_holds_the_process_back_until_it_does() throws Exception {
        OutputHub hub = running(null);
        Collector slow = new Collector(0);
        hub.attach(true, true, false, true).subscribe(slow);
        int sent = 0;
        // A process that keeps to its credit.
        while (sent - granted.get() + 32_768 <= Command.OUTPUT_WINDOW_BYTES) {
            hub.output(1, new byte[32_768]);
            sent += 32_768;
            assertTrue(sent < 10_000_000, "it is held back at all");
        }
        assertTrue(sent <= OutputHub.SUBSCRIBER_BYTES + 2 * Command.OUTPUT_WINDOW_BYTES, sent + " bytes are in memory");
        long before = granted.get();

        slow.request(Long.MAX_VALUE);
        slow.awaitBytes(sent);

        assertTrue(granted.get() > before, "credit comes when it reads");
        hub.finish();
        assertEquals(sent, slow.await().outBytes().length);
    }

    @Test
    void a_client_that_leaves_holds_nobody_back() throws Exception {
        OutputHub hub = running(null);
        OutputSubscription gone = hub.attach(true, true, false, true);
        gone.subscribe(new Collector(0));
        int sent = 0;
        while (sent - granted.get() + 32_768 <= Command.OUTPUT_WINDOW_BYTES) {
            hub.output(1, new byte[32_768]);
            sent += 32_768;
        }
        long before = granted.get();

        gone.cancel();

        assertTrue(granted.get() > before);
    }

    @Test
    void more_than_was_credited_is_an_offence() {
        OutputHub hub = running(null);
        hub.attach(true, true, false, true).subscribe(new Collector(0));
        assertThrows(IllegalStateException.class, () -> {
            for (int i = 0; i < 200; i++) {
                hub.output(1, new byte[65_536]);
            }
        });
    }

    @Test
    void the_log_comes_first_and_then_what_is_new_with_nothing_twice() throws Exception {
        try (LogFile log = new LogFile(directory.resolve("log"), 0, 1, Clock.systemUTC())) {
            OutputHub hub = running(log);
            for (int i = 0; i < 500; i++) {
                hub.output(1, bytes("old " + i + "\n"));
            }
            Collector client = new Collector();
            OutputSubscription subscription = hub.attach(true, true, true, true);
            for (int i = 0; i < 500; i++) {
                hub.output(1, bytes("new " + i + "\n"));
            }
            subscription.subscribe(client);
            hub.finish();

            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 500; i++) {
                expected.append("old ").append(i).append('\n');
            }
            for (int i = 0; i < 500; i++) {
                expected.append("new ").append(i).append('\n');
            }
            assertEquals(expected.toString(), client.await().out());
        }
    }

    @Test
    void a_client_waits_for_the_next_run() throws Exception {
        OutputHub hub = running(null);
        hub.finish();
        Collector client = new Collector();
        hub.attach(true, true, false, true).subscribe(client);
        hub.begin((stream, bytes) -> {});
        hub.output(1, bytes("second run"));
        hub.finish();
        assertEquals("second run", client.await().out());
    }

    @Test
    void after_the_end_of_all_there_is_nothing_to_wait_for() throws Exception {
        OutputHub hub = running(null);
        hub.close();
        Collector client = new Collector(0);
        hub.attach(true, true, false, true).subscribe(client);
        client.await();
    }
}
