package dev.picket.sentry.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameCodecTest {
    private static final Command.ProcessSpec PROCESS = new Command.ProcessSpec(
            List.of("sh", "-c", "echo \u00e9\ud83d\ude00"),
            List.of("A=1", "EMPTY="),
            "/w",
            "1000:100",
            true,
            24,
            80,
            true);

    private static final List<Command> COMMANDS = List.of(
            new Command.Start(
                    "c0ffee",
                    "host",
                    new Command.Root.Image(3),
                    List.of(new Command.Mount("/data", 1, true, 0), new Command.Mount("/scratch", -1, false, 1L << 40)),
                    PROCESS,
                    new Command.Limits(1L << 33, 100, 1024, Long.MAX_VALUE, 5, 2),
                    true),
            new Command.Start(
                    "",
                    "",
                    new Command.Root.HostDirectories(List.of(
                            new Command.HostEntry("/usr", 0, null), new Command.HostEntry("/bin", -1, "usr/bin"))),
                    List.of(),
                    new Command.ProcessSpec(List.of(), List.of(), "", "", false, 0, 0, false),
                    new Command.Limits(0, 0, 0, 0, 0, 0),
                    false),
            new Command.Exec(7, PROCESS),
            new Command.Signal(1, 15, true),
            new Command.CloseInput(2),
            new Command.Resize(0, 50, -1),
            new Command.OutputCredit(0, Command.STDERR, 4096),
            new Command.Pause(),
            new Command.Resume(),
            new Command.Shutdown());

    private static final List<Event> EVENTS = List.of(
            new Event.Ready("ptrace", 4711),
            new Event.Started(0, 1),
            new Event.StartFailed(3, Event.Reason.NOT_EXECUTABLE, "permission denied"),
            new Event.OutputEnd(0, Command.STDOUT),
            new Event.InputCredit(0, 65536),
            new Event.Exited(0, 137, true, false, new Event.Usage(1, 2, Long.MAX_VALUE)),
            new Event.Crashed("java.lang.IllegalStateException\n\tat ..."));

    @Test
    void every_command_comes_back_as_it_was() throws IOException {
        for (Command command : COMMANDS) {
            assertEquals(command, FrameCodec.decodeCommand(body(FrameCodec.encode(command))));
        }
    }

    @Test
    void every_event_comes_back_as_it_was() throws IOException {
        for (Event event : EVENTS) {
            assertEquals(event, FrameCodec.decodeEvent(body(FrameCodec.encode(event))));
        }
    }

    @Test
    void the_samples_hold_every_kind_of_message() {
        // Input and Output hold arrays, which equals() does not compare: they have a test of their own.
        assertEquals(
                Command.class.getPermittedSubclasses().length - 1,
                COMMANDS.stream().map(Object::getClass).distinct().count());
        assertEquals(
                Event.class.getPermittedSubclasses().length - 1,
                EVENTS.stream().map(Object::getClass).distinct().count());
    }

    @Test
    void data_comes_back_byte_by_byte() throws IOException {
        byte[] data = new byte[FrameCodec.MAXIMUM_DATA_BYTES];
        new Random(1).nextBytes(data);

        var output = (Event.Output) FrameCodec.decodeEvent(body(FrameCodec.encode(new Event.Output(5, 2, data))));
        var input = (Command.Input) FrameCodec.decodeCommand(body(FrameCodec.encode(new Command.Input(6, data))));

        assertEquals(5, output.process());
        assertEquals(2, output.stream());
        assertArrayEquals(data, output.data());
        assertEquals(6, input.process());
        assertArrayEquals(data, input.data());
    }

    @Test
    void every_truncation_is_refused() {
        for (Command command : COMMANDS) {
            byte[] body = body(FrameCodec.encode(command));
            for (int length = 0; length < body.length; length++) {
                byte[] cut = Arrays.copyOf(body, length);
                assertThrows(FrameException.class, () -> FrameCodec.decodeCommand(cut), command::toString);
            }
        }
        for (Event event : EVENTS) {
            byte[] body = body(FrameCodec.encode(event));
            for (int length = 0; length < body.length; length++) {
                byte[] cut = Arrays.copyOf(body, length);
                assertThrows(FrameException.class, () -> FrameCodec.decodeEvent(cut), event::toString);
            }
        }
    }

    @Test
    void a_byte_too_many_is_refused() {
        byte[] body = body(FrameCodec.encode(new Command.Pause()));
        assertThrows(FrameException.class, () -> FrameCodec.decodeCommand(Arrays.copyOf(body, body.length + 1)));
    }

    @Test
    void commands_are_no_events() {
        for (Command command : COMMANDS) {
            assertThrows(FrameException.class, () -> FrameCodec.decodeEvent(body(FrameCodec.encode(command))));
        }
    }

    @Test
    void a_huge_count_is_refused_before_it_is_allocated() {
        // Exec of a process with 2^31-1 arguments, in a frame of nine bytes.
        byte[] body = {2, 0, 0, 0, 1, 0x7f, -1, -1, -1};
        assertThrows(FrameException.class, () -> FrameCodec.decodeCommand(body));
    }

    @Test
    void unknown_streams_and_reasons_are_refused() {
        assertThrows(FrameException.class, () -> FrameCodec.decodeEvent(new byte[] {69, 0, 0, 0, 0, 3}));
        assertThrows(FrameException.class, () -> FrameCodec.decodeEvent(new byte[] {67, 0, 0, 0, 0, 5, 0, 0, 0, 0}));
    }

    @Test
    void random_bytes_are_decoded_or_refused_but_nothing_else() throws IOException {
        Random random = new Random(42);
        int decoded = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] body = new byte[1 + random.nextInt(40)];
            random.nextBytes(body);
            body[0] = (byte) (random.nextBoolean() ? 1 + random.nextInt(10) : 65 + random.nextInt(8));
            try {
                FrameCodec.decodeCommand(body);
                decoded++;
            } catch (FrameException expected) {
                // Anything else fails the test.
            }
            try {
                FrameCodec.decodeEvent(body);
                decoded++;
            } catch (FrameException expected) {
                // As above.
            }
        }
        assertEquals(true, decoded > 100, "some of them are valid: " + decoded);
    }

    @Test
    void a_message_too_long_is_not_sent() {
        byte[] data = new byte[FrameCodec.MAXIMUM_EVENT_BYTES];
        assertThrows(IllegalArgumentException.class, () -> FrameCodec.encode(new Event.Output(0, 1, data)));
    }

    @Test
    void reader_finds_frames_however_the_bytes_arrive() throws IOException {
        byte[] small = FrameCodec.encode(new Command.Pause());
        byte[] large = FrameCodec.encode(new Command.Input(0, new byte[60_000]));
        byte[] stream = new byte[small.length * 2 + large.length];
        System.arraycopy(small, 0, stream, 0, small.length);
        System.arraycopy(large, 0, stream, small.length, large.length);
        System.arraycopy(small, 0, stream, small.length + large.length, small.length);

        for (int piece : new int[] {1, 3, 7, 4096, stream.length}) {
            var bytes = new ByteArrayInputStream(stream);
            var reader = new FrameReader(
                    (destination, offset, length) -> bytes.read(destination, offset, Math.min(length, piece)), 1 << 20);
            assertArrayEquals(body(small), reader.next());
            assertArrayEquals(body(large), reader.next());
            assertArrayEquals(body(small), reader.next());
            assertNull(reader.next());
        }
    }

    @Test
    void reader_refuses_lengths_out_of_bounds() {
        for (byte[] length : new byte[][] {{0, 0, 0, 0}, {-1, -1, -1, -1}, {0, 0, 1, 1}, {0x7f, -1, -1, -1}}) {
            var bytes = new ByteArrayInputStream(Arrays.copyOf(length, 400));
            assertThrows(FrameException.class, () -> new FrameReader(bytes::read, 256).next());
        }
    }

    @Test
    void reader_tells_a_cut_stream_from_an_ended_one() throws IOException {
        byte[] frame = FrameCodec.encode(new Command.CloseInput(1));
        for (int length = 1; length < frame.length; length++) {
            var bytes = new ByteArrayInputStream(frame, 0, length);
            assertThrows(EOFException.class, () -> new FrameReader(bytes::read, 256).next());
        }
        assertNull(new FrameReader(new ByteArrayInputStream(new byte[0])::read, 256).next());
    }

    private static byte[] body(byte[] frame) {
        return Arrays.copyOfRange(frame, Integer.BYTES, frame.length);
    }
}
