package dev.picket.service.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class InputGateTest {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private boolean closed;

    private final InputGate.Sink sink = new InputGate.Sink() {
        @Override
        public void data(byte[] data) {
            received.writeBytes(data);
        }

        @Override
        public void close() {
            closed = true;
        }
    };

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean done(CompletionStage<Void> stage) {
        return stage.toCompletableFuture().isDone();
    }

    @Test
    void what_is_written_before_the_start_waits_for_it() {
        var gate = new InputGate();
        var passed = gate.write(bytes("early"));
        gate.close();
        assertFalse(done(passed));

        gate.open(sink);
        gate.credit(100);

        assertTrue(done(passed));
        assertEquals("early", received.toString(StandardCharsets.UTF_8));
        assertTrue(closed);
    }

    @Test
    void no_more_is_passed_on_than_there_is_room_for() {
        var gate = new InputGate();
        gate.open(sink);
        gate.credit(4);
        var passed = gate.write(bytes("abcdefgh"));
        assertEquals("abcd", received.toString(StandardCharsets.UTF_8));
        assertFalse(done(passed));

        gate.credit(3);
        assertEquals("abcdefg", received.toString(StandardCharsets.UTF_8));
        gate.credit(3);
        assertTrue(done(passed));
        assertEquals("abcdefgh", received.toString(StandardCharsets.UTF_8));
    }

    @Test
    void the_end_comes_behind_the_data() {
        var gate = new InputGate();
        gate.open(sink);
        gate.write(bytes("abc"));
        gate.close();
        assertFalse(closed);
        gate.credit(3);
        assertTrue(closed);
    }

    @Test
    void room_that_a_worker_invents_is_bounded() {
        var gate = new InputGate();
        gate.open(sink);
        for (int i = 0; i < 5; i++) {
            gate.credit(Integer.MAX_VALUE);
        }
        gate.credit(-5);
        var passed = gate.write(new byte[2 * 1024 * 1024]);
        assertFalse(done(passed));
        assertEquals(1024 * 1024, received.size());
    }

    @Test
    void nobody_waits_for_a_process_that_has_ended() {
        var gate = new InputGate();
        gate.open(sink);
        var waiting = gate.write(bytes("abc"));
        gate.finish();
        assertTrue(done(waiting));
        assertTrue(done(gate.write(bytes("later"))));
        assertEquals(0, received.size());
    }

    @Test
    void a_second_run_has_input_of_its_own() {
        var gate = new InputGate();
        gate.open(sink);
        gate.write(bytes("lost"));
        gate.finish();
        gate.renew();
        gate.write(bytes("second"));
        gate.open(sink);
        gate.credit(100);
        assertEquals("second", received.toString(StandardCharsets.UTF_8));
        assertFalse(closed);
    }

    @Test
    void writers_that_do_not_wait_are_stopped() {
        var gate = new InputGate();
        for (int i = 0; i < 8; i++) {
            assertFalse(done(gate.write(new byte[1024 * 1024])));
        }
        assertTrue(gate.write(new byte[1]).toCompletableFuture().isCompletedExceptionally());
    }
}
