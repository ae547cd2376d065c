package dev.picket.sentry.net.unix;

import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.loader.ArrayBuffer;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.net.Network;
import dev.picket.sentry.net.socket.Message;
import dev.picket.sentry.net.socket.MessageQueue;
import dev.picket.sentry.net.socket.PeerIdentity;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketBudget;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.pipe.PipeBudget;
import dev.picket.sentry.pipe.PipeEnd;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.TestFiles;
import dev.picket.sentry.wait.WaitQueue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UnixSocketTest {
    private final AnonymousFileSystem inodes = new AnonymousFileSystem("sockfs", 8, FileSystemMagic.SOCKFS_MAGIC);
    private final Network network = new Network(inodes, (due, action) -> () -> {});
    private TestFiles files;
    private SocketCaller caller;

    /** Somebody in the file system of the test. */
    private record TestSocketCaller(Credentials credentials, Path root, int processId) implements SocketCaller {
        @Override
        public PeerIdentity identity() {
            return PeerIdentity.of(this, processId);
        }

        @Override
        public int umask() {
            return 022;
        }

        @Override
        public long inFlightLimit() {
            return 10;
        }

        @Override
        public MemoryManager memory() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path workingDirectory() {
            return root;
        }
    }

    @BeforeEach
    void mount() throws ErrnoException {
        files = TestFiles.inMemory();
        caller = callerOf(0, 100);
    }

    @AfterEach
    void unmount() {
        files.close();
    }

    private SocketCaller callerOf(int user, int process) {
        return new TestSocketCaller(
                TestFiles.user(user, user == 0 ? Credentials.DOCKER_DEFAULT : 0),
                files.mounts().rootPath(),
                process);
    }

    private Socket socket(int type) throws ErrnoException {
        return network.family(AF_UNIX).create(caller, type, 0, 0);
    }

    private Socket[] pair(int type) throws ErrnoException {
        return network.family(AF_UNIX).createPair(caller, type, 0, 0);
    }

    private static byte[] address(String name) {
        byte[] text = name.getBytes(StandardCharsets.ISO_8859_1);
        byte[] bytes = new byte[2 + text.length + (name.startsWith("\0") ? 0 : 1)];
        Bytes.putShort(bytes, 0, AF_UNIX);
        System.arraycopy(text, 0, bytes, 2, text.length);
        return bytes;
    }

    private static ArrayBuffer text(String text) {
        return new ArrayBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private long send(Socket socket, String text) throws ErrnoException {
        return socket.write(text(text));
    }

    private long sendTo(Socket socket, String text, String name) throws ErrnoException {
        return socket.send(new SendRequest(text(text), address(name), new SendRequest.Files(List.of()), null, caller));
    }

    private long sendFiles(Socket socket, String text, OpenFile... passed) throws ErrnoException {
        var held = new SendRequest.Files(List.of(passed));
        try {
            return socket.send(new SendRequest(text(text), null, held, null, caller));
        } finally {
            held.release();
        }
    }

    private static String receive(Socket socket, int count) throws ErrnoException {
        byte[] bytes = new byte[count];
        long got = socket.receive(ReceiveRequest.of(new ArrayBuffer(bytes)));
        return got == OpenFile.WOULD_BLOCK
                ? "(would block)"
                : new String(bytes, 0, (int) got, StandardCharsets.ISO_8859_1);
    }

    private static int errno(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(ErrnoException.class, call).errno();
    }

    private Socket listening(int type, String name, int backlog) throws ErrnoException {
        var server = socket(type);
        server.bind(caller, address(name));
        server.listen(caller, backlog);
        return server;
    }

    // ---- Streams

    @Test
    void stream_has_no_bounds_between_writes() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        send(ends[0], "hel");
        send(ends[0], "lo");
        assertEquals("hell", receive(ends[1], 4));
        assertEquals("o", receive(ends[1], 4));
        assertEquals("(would block)", receive(ends[1], 4));
    }

    @Test
    void full_stream_waits_and_goes_on() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        byte[] much = new byte[1 << 20];
        long sent = ends[0].write(new ArrayBuffer(much));
        assertTrue(sent > 100_000 && sent < much.length);
        assertEquals(OpenFile.WOULD_BLOCK, ends[0].write(new ArrayBuffer(much)));
        assertEquals(0, ends[0].readiness() & POLLOUT);
        var woken = new int[1];
        ends[0].addWaiter(events -> woken[0] |= events, POLLOUT);
        assertEquals(64 * 1024, ends[1].read(new ArrayBuffer(new byte[64 * 1024])));
        assertEquals(WRITABLE, woken[0]);
        assertTrue((ends[0].readiness() & POLLOUT) != 0);
    }

    @Test
    void single_bytes_are_not_free() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        int sent = 0;
        while (ends[0].write(new ArrayBuffer(new byte[1])) == 1) {
            sent++;
        }
        assertTrue(sent < 1000, "each message takes more of the Sentry than its byte: " + sent);
    }

    @Test
    void used_up_budget_lets_small_messages_into_empty_queues_only() throws ErrnoException {
        var poor = new UnixSockets(inodes, new SocketBudget(100_000));
        var hog = poor.createPair(caller, SOCK_STREAM, 0, 0);
        hog[0].write(new ArrayBuffer(new byte[1 << 20]));
        var stream = poor.createPair(caller, SOCK_STREAM, 0, 0);
        assertEquals(4096, stream[0].write(new ArrayBuffer(new byte[100_000])));
        assertEquals(OpenFile.WOULD_BLOCK, stream[0].write(new ArrayBuffer(new byte[1])));
        assertEquals(0, stream[0].readiness() & POLLOUT);
        var packets = poor.createPair(caller, SOCK_SEQPACKET, 0, 0);
        assertEquals(Errno.ENOBUFS, errno(() -> packets[0].write(new ArrayBuffer(new byte[10_000]))));
        hog[1].release();
        assertTrue(stream[0].write(new ArrayBuffer(new byte[100_000])) > 4096);
    }

    @Test
    void close_ends_the_stream_after_what_was_sent() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        send(ends[0], "bye");
        ends[0].release();
        assertEquals(POLLIN | POLLRDHUP | POLLHUP, ends[1].readiness() & (POLLIN | POLLRDHUP | POLLHUP));
        assertEquals("bye", receive(ends[1], 10));
        assertEquals("", receive(ends[1], 10));
        assertEquals(Errno.EPIPE, errno(() -> send(ends[1], "x")));
    }

    @Test
    void close_with_unread_bytes_resets() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        send(ends[0], "never read");
        ends[1].release();
        assertEquals(Errno.ECONNRESET, errno(() -> receive(ends[0], 1)));
        assertEquals("", receive(ends[0], 1), "told once");
    }

    @Test
    void halves_are_shut_down_apart() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        ends[0].shutdown(SHUT_WR);
        assertEquals(Errno.EPIPE, errno(() -> send(ends[0], "x")));
        assertEquals("", receive(ends[1], 1));
        assertEquals(POLLRDHUP, ends[1].readiness() & (POLLRDHUP | POLLHUP));
        send(ends[1], "still");
        assertEquals("still", receive(ends[0], 10));
        ends[0].shutdown(SHUT_RD);
        assertEquals(Errno.EPIPE, errno(() -> send(ends[1], "x")));
    }

    @Test
    void peek_leaves_what_it_sees() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        send(ends[0], "ab");
        send(ends[0], "cd");
        byte[] bytes = new byte[3];
        assertEquals(3, ends[1].receive(new ReceiveRequest(new ArrayBuffer(bytes), MSG_PEEK)));
        assertEquals("abc", new String(bytes, StandardCharsets.ISO_8859_1));
        assertEquals("abcd", receive(ends[1], 10));
    }

    // ---- Connecting

    @Test
    void server_and_client_find_each_other_by_path() throws ErrnoException {
        var server = listening(SOCK_STREAM, "/socket", 1);
        assertEquals(0140755, files.stat("/socket").mode());
        var client = socket(SOCK_STREAM);
        assertNull(server.accept(caller, 0));
        assertEquals(0, client.connect(callerOf(0, 200), address("/socket")));
        send(client, "before accept");
        assertTrue((server.readiness() & POLLIN) != 0);
        var end = server.accept(caller, Fcntl.O_NONBLOCK);
        assertTrue(end.isNonBlocking());
        assertEquals("before accept", receive(end, 20));
        assertArrayEquals(address("/socket"), client.peerAddress());
        assertArrayEquals(address("/socket"), end.localAddress());
        assertEquals(2, client.localAddress().length, "the family only");
        assertEquals(200, Bytes.getInt(end.option(caller, SOL_SOCKET, SO_PEERCRED), 0));
        assertEquals(100, Bytes.getInt(client.option(caller, SOL_SOCKET, SO_PEERCRED), 0));
        assertEquals(Errno.EISCONN, errno(() -> client.connect(caller, address("/socket"))));
    }

    @Test
    void name_is_taken_once_and_outlives_its_socket_as_a_file() throws ErrnoException {
        var server = listening(SOCK_STREAM, "/socket", 1);
        assertEquals(Errno.EADDRINUSE, errno(() -> socket(SOCK_STREAM).bind(caller, address("/socket"))));
        assertEquals(Errno.EPROTOTYPE, errno(() -> socket(SOCK_DGRAM).connect(caller, address("/socket"))));
        server.release();
        assertEquals(Errno.ECONNREFUSED, errno(() -> socket(SOCK_STREAM).connect(caller, address("/socket"))));
        assertEquals(Errno.EADDRINUSE, errno(() -> socket(SOCK_STREAM).bind(caller, address("/socket"))));
        files.unlink("/socket");
        assertEquals(Errno.ENOENT, errno(() -> socket(SOCK_STREAM).connect(caller, address("/socket"))));
        files.write("/plain", "");
        assertEquals(Errno.ECONNREFUSED, errno(() -> socket(SOCK_STREAM).connect(caller, address("/plain"))));
    }

    @Test
    void connecting_takes_write_permission() throws ErrnoException {
        listening(SOCK_STREAM, "/socket", 1);
        assertEquals(Errno.EACCES, errno(() -> socket(SOCK_STREAM).connect(callerOf(1000, 1), address("/socket"))));
    }

    @Test
    void abstract_names_come_and_go_with_their_sockets() throws ErrnoException {
        var server = listening(SOCK_STREAM, "\0a\0b", 1);
        assertEquals(0, socket(SOCK_STREAM).connect(caller, address("\0a\0b")));
        assertEquals(Errno.ECONNREFUSED, errno(() -> socket(SOCK_STREAM).connect(caller, address("\0a"))));
        assertEquals(Errno.EADDRINUSE, errno(() -> socket(SOCK_DGRAM).bind(caller, address("\0a\0b"))));
        server.release();
        assertEquals(Errno.ECONNREFUSED, errno(() -> socket(SOCK_STREAM).connect(caller, address("\0a\0b"))));
    }

    @Test
    void family_alone_binds_to_a_name_of_five_digits() throws ErrnoException {
        var socket = socket(SOCK_DGRAM);
        socket.bind(caller, UnixAddress.unnamed());
        assertEquals(2 + 1 + 5, socket.localAddress().length);
        assertEquals(0, socket.localAddress()[2]);
    }

    @Test
    void full_backlog_waits_for_accept() throws ErrnoException {
        var server = listening(SOCK_STREAM, "\0full", 0);
        assertEquals(0, socket(SOCK_STREAM).connect(caller, address("\0full")));
        var late = socket(SOCK_STREAM);
        assertEquals(OpenFile.WOULD_BLOCK, late.connect(caller, address("\0full")));
        var woken = new int[1];
        late.connectWaiters().add(events -> woken[0] |= events, POLLOUT);
        assertNotNull(server.accept(caller, 0));
        assertTrue((woken[0] & POLLOUT) != 0);
        assertEquals(0, late.connect(caller, address("\0full")));
    }

    @Test
    void closing_a_server_resets_those_that_wait() throws ErrnoException {
        var server = listening(SOCK_STREAM, "\0gone", 5);
        var client = socket(SOCK_STREAM);
        client.connect(caller, address("\0gone"));
        server.release();
        assertEquals(Errno.ECONNRESET, errno(() -> receive(client, 1)));
    }

    @Test
    void calls_in_the_wrong_state_fail_as_on_linux() throws ErrnoException {
        var fresh = socket(SOCK_STREAM);
        assertEquals(Errno.EINVAL, errno(() -> receive(fresh, 1)));
        assertEquals(Errno.ENOTCONN, errno(() -> send(fresh, "x")));
        assertEquals(Errno.ENOTCONN, errno(fresh::peerAddress));
        assertEquals(Errno.EINVAL, errno(() -> fresh.accept(caller, 0)));
        assertEquals(Errno.EINVAL, errno(() -> fresh.listen(caller, 1)), "it has no name");
        assertEquals(POLLHUP | POLLOUT, fresh.readiness() & (POLLHUP | POLLOUT | POLLIN));
        assertEquals(Errno.EOPNOTSUPP, errno(() -> socket(SOCK_DGRAM).listen(caller, 1)));
        assertEquals(Errno.ESOCKTNOSUPPORT, errno(() -> socket(SOCK_RDM)));
        assertEquals(Errno.EAFNOSUPPORT, errno(() -> network.family(AF_PACKET)));
    }

    // ---- Datagrams and packets

    @Test
    void datagrams_keep_their_bounds_and_tell_their_length() throws ErrnoException {
        var ends = pair(SOCK_DGRAM);
        send(ends[0], "first");
        send(ends[0], "");
        send(ends[0], "third");
        byte[] two = new byte[2];
        var request = new ReceiveRequest(new ArrayBuffer(two), MSG_TRUNC);
        assertEquals(5, ends[1].receive(request));
        assertTrue(request.isTruncated());
        assertEquals("", receive(ends[1], 10));
        assertEquals("third", receive(ends[1], 10));
    }

    @Test
    void datagrams_go_to_names_and_tell_the_sender() throws ErrnoException {
        var server = socket(SOCK_DGRAM);
        server.bind(caller, address("\0server"));
        var client = socket(SOCK_DGRAM);
        client.bind(caller, address("\0client"));
        assertEquals(2, sendTo(client, "hi", "\0server"));
        var request = ReceiveRequest.of(new ArrayBuffer(new byte[10]));
        server.receive(request);
        assertArrayEquals(address("\0client"), request.senderAddress());
        assertEquals(Errno.ECONNREFUSED, errno(() -> sendTo(client, "x", "\0nobody")));
        assertEquals(Errno.ENOTCONN, errno(() -> send(client, "x")));
    }

    @Test
    void connected_datagram_socket_hears_only_its_peer() throws ErrnoException {
        var server = socket(SOCK_DGRAM);
        server.bind(caller, address("\0server"));
        var friend = socket(SOCK_DGRAM);
        friend.bind(caller, address("\0friend"));
        server.connect(caller, address("\0friend"));
        assertEquals(Errno.EPERM, errno(() -> sendTo(socket(SOCK_DGRAM), "x", "\0server")));
        assertEquals(1, sendTo(friend, "x", "\0server"));
    }

    @Test
    void full_datagram_queue_wakes_senders_when_it_is_read() throws ErrnoException {
        var ends = pair(SOCK_DGRAM);
        while (send(ends[0], "x") == 1) {
            continue;
        }
        assertEquals(0, ends[0].readiness() & POLLOUT);
        var woken = new int[1];
        ends[0].addWaiter(events -> woken[0] |= events, POLLOUT);
        receive(ends[1], 1);
        assertEquals(WRITABLE, woken[0]);
        assertEquals(1, send(ends[0], "x"));
    }

    @Test
    void packets_are_connected_and_keep_their_bounds() throws ErrnoException {
        var ends = pair(SOCK_SEQPACKET);
        send(ends[0], "one");
        send(ends[0], "two");
        assertEquals("on", receive(ends[1], 2));
        assertEquals("two", receive(ends[1], 10));
        assertEquals(Errno.EMSGSIZE, errno(() -> ends[0].write(new ArrayBuffer(new byte[1 << 20]))));
    }

    // ---- Files

    private PipeEnd[] pipe() {
        var pipes = new AnonymousFileSystem("pipefs", 9, FileSystemMagic.PIPEFS_MAGIC);
        return PipeEnd.pair(new PipeBudget(1 << 20), pipes, caller.credentials(), 0);
    }

    @Test
    void files_travel_and_stay_open_on_the_way() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        var pipe = pipe();
        sendFiles(ends[0], "take", pipe[1]);
        var request = ReceiveRequest.of(new ArrayBuffer(new byte[10]));
        assertEquals(4, ends[1].receive(request));
        assertEquals(List.of(pipe[1]), request.files());
        assertEquals(1, request.files().get(0).write(text("x")));
        request.releaseFiles();
        assertTrue((pipe[0].readiness() & POLLHUP) != 0, "the last reference is gone");
    }

    @Test
    void bytes_with_files_end_a_read() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        send(ends[0], "a");
        sendFiles(ends[0], "b", pipe()[1]);
        send(ends[0], "c");
        var request = ReceiveRequest.of(new ArrayBuffer(new byte[10]));
        assertEquals(2, ends[1].receive(request));
        assertEquals(1, request.files().size());
        assertEquals("c", receive(ends[1], 10));
    }

    @Test
    void files_nobody_receives_are_closed_with_the_socket() throws ErrnoException {
        var ends = pair(SOCK_STREAM);
        var pipe = pipe();
        sendFiles(ends[0], "x", pipe[1]);
        ends[1].release();
        assertTrue((pipe[0].readiness() & POLLHUP) != 0);
    }

    @Test
    void files_in_flight_are_bounded() throws ErrnoException {
        var ends = pair(SOCK_DGRAM);
        for (int index = 0; index < 10; index++) {
            sendFiles(ends[0], "x", pipe()[1]);
        }
        assertEquals(Errno.ETOOMANYREFS, errno(() -> sendFiles(ends[0], "x", pipe()[1])));
        var request = ReceiveRequest.of(new ArrayBuffer(new byte[1]));
        ends[1].receive(request);
        request.releaseFiles();
        assertEquals(1, sendFiles(ends[0], "x", pipe()[1]));
    }

    @Test
    void sockets_nested_in_sockets_are_closed_without_recursion() throws ErrnoException {
        var budget = new SocketBudget(1 << 20);
        var generous = new UnixSockets(inodes, budget);
        Socket outer = generous.create(caller, SOCK_DGRAM, 0, 0);
        for (int depth = 0; depth < 20_000; depth++) {
            var pair = generous.createPair(caller, SOCK_DGRAM, 0, 0);
            var message = new Message(new byte[0], null, PeerIdentity.NOBODY, List.of(outer));
            assertTrue(budget.launch(1, Long.MAX_VALUE));
            var queue = new MessageQueue(budget, new WaitQueue());
            queue.offer(message, Long.MAX_VALUE, 1, new WaitQueue());
            pair[0].release();
            pair[1].release();
            outer = new Holder(inodes, queue);
        }
        outer.release();
    }

    /** A socket that only holds a queue, as any does. */
    private static final class Holder extends Socket {
        private final MessageQueue queue;

        Holder(AnonymousFileSystem inodes, MessageQueue queue) {
            super(
                    new AnonymousInode(inodes, 0140777, Credentials.initial(0, 0, new int[0], 0), "socket"),
                    AF_UNIX,
                    SOCK_DGRAM,
                    0,
                    0);
            this.queue = queue;
        }

        @Override
        protected void released() {
            queue.discard();
        }

        @Override
        public void bind(SocketCaller caller, byte[] address) {}

        @Override
        public void listen(SocketCaller caller, int backlog) {}

        @Override
        public Socket accept(SocketCaller caller, int flags) {
            return null;
        }

        @Override
        public long connect(SocketCaller caller, byte[] address) {
            return 0;
        }

        @Override
        public WaitQueue connectWaiters() {
            return waiters();
        }

        @Override
        public byte[] localAddress() {
            return new byte[0];
        }

        @Override
        public byte[] peerAddress() {
            return new byte[0];
        }

        @Override
        public long send(SendRequest request) {
            return 0;
        }

        @Override
        public long receive(ReceiveRequest request) {
            return 0;
        }

        @Override
        public void shutdown(int how) {}

        @Override
        protected int takeError() {
            return 0;
        }

        @Override
        protected boolean isListening() {
            return false;
        }
    }

    // ---- Options

    @Test
    void buffers_are_doubled_and_bounded() throws ErrnoException {
        var socket = socket(SOCK_STREAM);
        byte[] value = new byte[4];
        Bytes.putInt(value, 0, 10_000);
        socket.setOption(caller, SOL_SOCKET, SO_SNDBUF, value);
        assertEquals(20_000, Bytes.getInt(socket.option(caller, SOL_SOCKET, SO_SNDBUF), 0));
        Bytes.putInt(value, 0, Integer.MAX_VALUE);
        socket.setOption(caller, SOL_SOCKET, SO_SNDBUF, value);
        assertEquals(2 * 212_992, Bytes.getInt(socket.option(caller, SOL_SOCKET, SO_SNDBUF), 0));
        assertEquals(SOCK_STREAM, Bytes.getInt(socket.option(caller, SOL_SOCKET, SO_TYPE), 0));
        assertEquals(Errno.ENOPROTOOPT, errno(() -> socket.option(caller, SOL_SOCKET, 1000)));
    }

    @Test
    void receive_timeout_sets_the_deadline() throws ErrnoException {
        var socket = socket(SOCK_STREAM);
        assertEquals(Long.MAX_VALUE, socket.waitDeadlineNanos(5, READABLE));
        byte[] value = new byte[16];
        Bytes.putLong(value, 0, 1);
        Bytes.putLong(value, 8, 500_000);
        socket.setOption(caller, SOL_SOCKET, SO_RCVTIMEO, value);
        assertEquals(1_500_000_005L, socket.waitDeadlineNanos(5, READABLE));
        assertEquals(Long.MAX_VALUE, socket.waitDeadlineNanos(5, WRITABLE));
        Bytes.putLong(value, 8, 1_000_000);
        assertEquals(Errno.EDOM, errno(() -> socket.setOption(caller, SOL_SOCKET, SO_RCVTIMEO, value)));
    }
}
