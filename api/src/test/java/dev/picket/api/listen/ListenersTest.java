package dev.picket.api.listen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.HttpHandler;

class ListenersTest {
    private static final HttpHandler TEAPOT = (request, response) -> {
        response.setStatusCode(HttpStatus.I_AM_A_TEAPOT);
        return response.setComplete();
    };

    @TempDir
    private Path directory;

    private Listeners listeners(String... addresses) {
        return new Listeners(
                List.of(addresses).stream().map(ListenAddress::parse).toList(), TEAPOT);
    }

    private static String statusLine(SocketAddress address) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            channel.write(ByteBuffer.wrap(
                    "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(12);
            while (answer.hasRemaining() && channel.read(answer) >= 0) {
                // until the status is there
            }
            return new String(answer.array(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void one_handler_answers_on_every_address() throws Exception {
        Path socket = directory.resolve("a.sock");
        var listeners = listeners("unix://" + socket, "tcp://127.0.0.1:0");
        listeners.start();
        try {
            var tcp = (ListenAddress.Tcp) listeners.addresses().get(1);
            assertTrue(tcp.address().getPort() > 0);
            assertEquals("HTTP/1.1 418", statusLine(UnixDomainSocketAddress.of(socket)));
            assertEquals(
                    "HTTP/1.1 418",
                    statusLine(new InetSocketAddress("127.0.0.1", tcp.address().getPort())));
        } finally {
            listeners.stop();
        }
    }

    @Test
    void the_socket_belongs_to_its_owner_alone_and_goes_with_the_service() throws Exception {
        Path socket = directory.resolve("new/b.sock");
        var listeners = listeners("unix://" + socket);
        listeners.start();
        try {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())));
        } finally {
            listeners.stop();
        }
        try (var left = Files.list(socket.getParent())) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void a_socket_that_a_dead_service_left_behind_is_replaced() throws Exception {
        Path socket = directory.resolve("c.sock");
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket))
                .close();
        assertTrue(Files.exists(socket));
        var listeners = listeners("unix://" + socket);
        listeners.start();
        try {
            assertEquals("HTTP/1.1 418", statusLine(UnixDomainSocketAddress.of(socket)));
        } finally {
            listeners.stop();
        }
    }

    @Test
    void a_socket_that_answers_is_left_alone() throws Exception {
        Path socket = directory.resolve("d.sock");
        var first = listeners("unix://" + socket);
        first.start();
        try {
            var error = assertThrows(
                    IOException.class, () -> listeners("unix://" + socket).start());
            assertTrue(error.getMessage().contains("another service"), error.getMessage());
            assertEquals("HTTP/1.1 418", statusLine(UnixDomainSocketAddress.of(socket)));
        } finally {
            first.stop();
        }
    }

    @Test
    void a_file_that_is_no_socket_is_left_alone() throws Exception {
        Path file = Files.writeString(directory.resolve("e.sock"), "precious");
        assertThrows(IOException.class, () -> listeners("unix://" + file).start());
        assertEquals("precious", Files.readString(file));
    }

    @Test
    void when_one_address_fails_none_stays_bound() throws Exception {
        Path socket = directory.resolve("f.sock");
        Path file = Files.writeString(directory.resolve("g.sock"), "");
        assertThrows(IOException.class, () -> listeners("unix://" + socket, "unix://" + file)
                .start());
        assertFalse(Files.exists(socket));
    }
}
