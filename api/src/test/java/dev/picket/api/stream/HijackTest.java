package dev.picket.api.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.api.listen.ListenAddress;
import dev.picket.api.listen.Listeners;
import dev.picket.service.failure.Failure;
import dev.picket.service.stream.Attachment;
import dev.picket.service.stream.OutputFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;

/** Hijacked connections over real sockets, in front of streams that are ours. */
@Timeout(30)
class HijackTest {
    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

    @TempDir
    private Path directory;

    private FakeAttachment attachment = new FakeAttachment(false);
    private Listeners listeners;

    @BeforeEach
    void start() throws IOException {
        WebHandler handler = this::handle;
        var http = WebHttpHandlerBuilder.webHandler(handler).build();
        listeners = new Listeners(
                List.of(new ListenAddress.Unix(directory.resolve("s")), ListenAddress.parse("tcp://127.0.0.1:0")),
                http);
        listeners.start();
    }

    @AfterEach
    void stop() {
        listeners.stop();
    }

    private Mono<Void> handle(ServerWebExchange exchange) {
        var headers = exchange.getResponse().getHeaders();
        for (String name : List.of("Api-Version", "Docker-Experimental", "Ostype", "Server")) {
            headers.set(name, "x");
        }
        if (exchange.getRequest().getPath().value().equals("/fails")) {
            return Hijack.connectAfterHeaders(
                    exchange, StreamFraming.FRAMED, () -> Mono.error(new Failure.BadParameter("exec: not found")));
        }
        if (exchange.getRequest().getPath().value().equals("/slow")) {
            return Hijack.connectAfterHeaders(exchange, StreamFraming.FRAMED, () -> Mono.<Attachment>just(attachment)
                    .delayElement(Duration.ofMillis(500)));
        }
        return exchange.getRequest().getBody().then(Hijack.connect(exchange, attachment));
    }

    private SocketAddress address(String kind) {
        return kind.equals("unix")
                ? UnixDomainSocketAddress.of(directory.resolve("s"))
                : new InetSocketAddress(
                        "127.0.0.1",
                        ((ListenAddress.Tcp) listeners.addresses().get(1))
                                .address()
                                .getPort());
    }

    private SocketChannel open(String kind, String path, String headers) throws IOException {
        SocketChannel channel = SocketChannel.open(address(kind));
        send(channel, "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + headers + "\r\n");
        return channel;
    }

    private static void send(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String readHead(SocketChannel channel) throws IOException {
        var head = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (head.indexOf("\r\n\r\n") < 0) {
            one.clear();
            assertEquals(1, channel.read(one), head.toString());
            head.append((char) one.get(0));
        }
        return head.toString();
    }

    private static byte[] readToEnd(SocketChannel channel) throws IOException {
        var bytes = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(65536);
        while (channel.read(buffer.clear()) >= 0) {
            bytes.write(buffer.array(), 0, buffer.position());
        }
        return bytes.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void with_upgrade_the_answer_is_101() throws Exception {
        try (SocketChannel channel = open("unix", "/", UPGRADE)) {
            String head = readHead(channel);
            assertTrue(head.startsWith("HTTP/1.1 101 UPGRADED\r\n"), head);
            assertTrue(head.contains("Content-Type: application/vnd.docker.multiplexed-stream\r\n"), head);
            assertTrue(head.contains("Connection: Upgrade\r\nUpgrade: tcp\r\n"), head);
            attachment.complete();
        }
    }

    @Test
    void without_upgrade_it_is_200_and_a_raw_stream_to_the_end() throws Exception {
        try (SocketChannel channel = open("unix", "/", "")) {
            String head = readHead(channel);
            assertTrue(head.startsWith("HTTP/1.1 200 OK\r\n"), head);
            assertFalse(head.contains("Upgrade"), head);
            attachment.emit(OutputFrame.STDOUT, bytes("x"));
            attachment.complete();
            assertArrayEquals(new byte[] {1, 0, 0, 0, 0, 0, 0, 1, 'x'}, readToEnd(channel));
        }
    }

    @Test
    void output_is_framed_and_in_order() throws Exception {
        try (SocketChannel channel = open("unix", "/", UPGRADE)) {
            readHead(channel);
            attachment.emit(OutputFrame.STDOUT, bytes("out"));
            attachment.emit(OutputFrame.STDERR, bytes("err!"));
            attachment.complete();
            var expected = new ByteArrayOutputStream();
            expected.writeBytes(new byte[] {1, 0, 0, 0, 0, 0, 0, 3});
            expected.writeBytes(bytes("out"));
            expected.writeBytes(new byte[] {2, 0, 0, 0, 0, 0, 0, 4});
            expected.writeBytes(bytes("err!"));
            assertArrayEquals(expected.toByteArray(), readToEnd(channel));
        }
    }

    @Test
    void a_terminal_has_no_framing() throws Exception {
        attachment = new FakeAttachment(true);
        try (SocketChannel channel = open("unix", "/", UPGRADE)) {
            String head = readHead(channel);
            assertTrue(head.contains("Content-Type: application/vnd.docker.raw-stream\r\n"), head);
            attachment.emit(OutputFrame.STDOUT, bytes("$ "));
            attachment.complete();
            assertArrayEquals(bytes("$ "), readToEnd(channel));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix", "tcp"})
    void input_that_comes_before_the_process_runs_is_kept(String kind) throws Exception {
        try (SocketChannel channel = open(kind, "/slow", UPGRADE)) {
            readHead(channel);
            send(channel, "early");
            channel.shutdownOutput();
            assertTrue(attachment.inputClosed.await(10, TimeUnit.SECONDS));
            assertArrayEquals(bytes("early"), attachment.received());
            attachment.complete();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix", "tcp"})
    void a_half_closed_client_still_gets_output(String kind) throws Exception {
        try (SocketChannel channel = open(kind, "/", UPGRADE)) {
            readHead(channel);
            send(channel, "data");
            channel.shutdownOutput();
            assertTrue(attachment.inputClosed.await(10, TimeUnit.SECONDS));
            assertArrayEquals(bytes("data"), attachment.received());
            attachment.emit(OutputFrame.STDOUT, bytes("late"));
            attachment.complete();
            assertArrayEquals(bytes("late"), Arrays.copyOfRange(readToEnd(channel), 8, 12));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix", "tcp"})
    void a_half_closed_client_that_reads_slowly_gets_all_output(String kind) throws Exception {
        try (SocketChannel channel = open(kind, "/", UPGRADE)) {
            readHead(channel);
            channel.shutdownOutput();
            assertTrue(attachment.inputClosed.await(10, TimeUnit.SECONDS));
            Thread process = new Thread(() -> {
                try {
                    for (int i = 0; i < 500; i++) {
                        attachment.emit(OutputFrame.STDOUT, new byte[64 * 1024]);
                    }
                    attachment.complete();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            process.start();
            Thread.sleep(500);
            assertEquals(500L * (8 + 64 * 1024), readToEnd(channel).length);
            process.join();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix", "tcp"})
    void a_client_that_does_not_read_holds_output_back(String kind) throws Exception {
        try (SocketChannel channel = open(kind, "/", UPGRADE)) {
            readHead(channel);
            byte[] piece = new byte[64 * 1024];
            int[] emitted = {0};
            Thread process = new Thread(() -> {
                try {
                    while (emitted[0] < 1000) {
                        attachment.emit(OutputFrame.STDOUT, piece);
                        emitted[0]++;
                    }
                    attachment.complete();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            process.start();
            Thread.sleep(1000);
            assertTrue(emitted[0] < 400, emitted[0] + " pieces went to a client that reads nothing");
            assertEquals(1000L * (8 + piece.length), readToEnd(channel).length);
            process.join();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix", "tcp"})
    void a_process_that_does_not_read_holds_input_back(String kind) throws Exception {
        attachment.holdInput();
        try (SocketChannel channel = open(kind, "/", UPGRADE)) {
            readHead(channel);
            int total = 64 << 20;
            Thread client = new Thread(() -> {
                try {
                    ByteBuffer data = ByteBuffer.allocate(1 << 20);
                    for (int sent = 0; sent < total; sent += data.capacity()) {
                        data.clear();
                        while (data.hasRemaining()) {
                            channel.write(data);
                        }
                    }
                    channel.shutdownOutput();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            client.start();
            Thread.sleep(1000);
            int taken = attachment.received().length;
            assertTrue(taken > 0 && taken < 4 << 20, taken + " bytes were taken for a process that reads nothing");
            attachment.releaseInput();
            attachment.awaitReceived(total);
            assertTrue(attachment.inputClosed.await(10, TimeUnit.SECONDS));
            client.join();
            attachment.complete();
        }
    }

    @Test
    void a_client_that_goes_away_gives_the_streams_up() throws Exception {
        SocketChannel channel = open("unix", "/", UPGRADE);
        readHead(channel);
        channel.close();
        attachment.emit(OutputFrame.STDOUT, new byte[1024]);
        assertTrue(attachment.closed.await(10, TimeUnit.SECONDS));
    }

    @Test
    void an_error_of_the_streams_is_told_inside_them() throws Exception {
        try (SocketChannel channel = open("unix", "/", UPGRADE)) {
            readHead(channel);
            attachment.fail(new Failure.Unavailable("the worker died"));
            byte[] answer = readToEnd(channel);
            assertEquals(3, answer[0]);
            assertEquals("the worker died\n", new String(answer, 8, answer.length - 8, StandardCharsets.UTF_8));
        }
    }

    @Test
    void what_fails_after_the_headers_is_told_inside_the_stream() throws Exception {
        try (SocketChannel channel = open("unix", "/fails", UPGRADE)) {
            assertTrue(readHead(channel).startsWith("HTTP/1.1 101"));
            byte[] answer = readToEnd(channel);
            assertEquals(1, answer[0]);
            assertEquals("exec: not found\r\n", new String(answer, 8, answer.length - 8, StandardCharsets.UTF_8));
        }
    }
}
