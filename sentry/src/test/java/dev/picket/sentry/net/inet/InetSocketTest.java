package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileSystemMagic;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.loader.ArrayBuffer;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.link.Links;
import dev.picket.sentry.net.socket.PeerIdentity;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketBudget;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.net.socket.SocketOptions;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.TestFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InetSocketTest {
    private final List<Runnable> due = new ArrayList<>();
    private final AnonymousFileSystem inodes = new AnonymousFileSystem("sockfs", 8, FileSystemMagic.SOCKFS_MAGIC);
    private final SocketBudget budget = new SocketBudget(64L << 20);
    private final InetStack stack = new InetStack(inodes, budget, new Links(), (time, action) -> {
        due.add(action);
        return () -> due.remove(action);
    });
    private final SocketCaller root = new TestCaller(TestFiles.user(0, Credentials.DOCKER_DEFAULT));
    private final SocketCaller nobody = new TestCaller(TestFiles.user(1000, 0));

    private record TestCaller(Credentials credentials) implements SocketCaller {
        @Override
        public PeerIdentity identity() {
            return new PeerIdentity(1, 0, 0);
        }

        @Override
        public int umask() {
            return 0;
        }

        @Override
        public long inFlightLimit() {
            return 0;
        }

        @Override
        public MemoryManager memory() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path root() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path workingDirectory() {
            throw new UnsupportedOperationException();
        }
    }

    private Socket socket(int domain, int type) throws ErrnoException {
        return new InetSockets(domain, stack).create(root, type, 0, 0);
    }

    private Socket tcp() throws ErrnoException {
        return socket(AF_INET, SOCK_STREAM);
    }

    private static byte[] at(IpAddress address, int port) {
        return SocketAddresses.encode(address.isV4() ? AF_INET : AF_INET6, new Endpoint(address, port));
    }

    private static int port(Socket socket) throws ErrnoException {
        return ((InetSocket) socket).local().port();
    }

    private Socket listening(int backlog) throws ErrnoException {
        var server = tcp();
        server.bind(root, at(IpAddress.LOOPBACK_V4, 0));
        server.listen(root, backlog);
        return server;
    }

    private Socket[] pair() throws ErrnoException {
        var server = listening(1);
        var client = tcp();
        assertEquals(0, client.connect(root, at(IpAddress.LOOPBACK_V4, port(server))));
        var end = server.accept(root, 0);
        server.release();
        return new Socket[] {client, end};
    }

    private static TcpState state(Socket socket) {
        return ((TcpSocket) socket).state();
    }

    private static long send(Socket socket, String text) throws ErrnoException {
        return socket.write(new ArrayBuffer(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static String receive(Socket socket) throws ErrnoException {
        byte[] bytes = new byte[100];
        long count = socket.receive(ReceiveRequest.of(new ArrayBuffer(bytes)));
        return count == OpenFile.WOULD_BLOCK
                ? "(would block)"
                : new String(bytes, 0, (int) count, StandardCharsets.ISO_8859_1);
    }

    private static int errno(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(ErrnoException.class, call).errno();
    }

    // ---- Connecting

    @Test
    void accepted_end_and_client_know_each_others_names() throws ErrnoException {
        var ends = pair();
        assertEquals(((InetSocket) ends[0]).local(), ((InetSocket) ends[1]).remote());
        assertEquals(((InetSocket) ends[0]).remote(), ((InetSocket) ends[1]).local());
        assertEquals(TcpState.ESTABLISHED, state(ends[0]));
    }

    @Test
    void nonblocking_connect_is_in_progress_even_when_it_is_done() throws ErrnoException {
        var server = listening(1);
        var client = tcp();
        client.setFlags(client.flags() | Fcntl.O_NONBLOCK);
        byte[] to = at(IpAddress.LOOPBACK_V4, port(server));
        assertEquals(Errno.EINPROGRESS, errno(() -> client.connect(root, to)));
        assertEquals(WRITABLE, client.readiness());
        assertEquals(0, client.connect(root, to));
        assertEquals(Errno.EISCONN, errno(() -> client.connect(root, to)));
    }

    @Test
    void client_that_found_the_backlog_full_comes_in_when_there_is_room() throws ErrnoException {
        var server = listening(0);
        byte[] to = at(IpAddress.LOOPBACK_V4, port(server));
        tcp().connect(root, to);
        var late = tcp();
        assertEquals(OpenFile.WOULD_BLOCK, late.connect(root, to));
        assertEquals(TcpState.SYN_SENT, state(late));
        assertNotNull(server.accept(root, 0));
        assertEquals(TcpState.ESTABLISHED, state(late));
        assertTrue(due.isEmpty(), "its timer was taken back");
    }

    @Test
    void client_gives_up_when_its_time_is_over() throws ErrnoException {
        var server = listening(0);
        byte[] to = at(IpAddress.LOOPBACK_V4, port(server));
        tcp().connect(root, to);
        var late = tcp();
        late.connect(root, to);
        List.copyOf(due).forEach(Runnable::run);
        assertEquals(Errno.ETIMEDOUT, errno(() -> late.connect(root, to)));
        assertNotNull(server.accept(root, 0));
        assertNull(server.accept(root, 0));
    }

    @Test
    void client_that_has_gone_is_not_let_in() throws ErrnoException {
        var server = listening(0);
        byte[] to = at(IpAddress.LOOPBACK_V4, port(server));
        tcp().connect(root, to);
        var late = tcp();
        late.connect(root, to);
        late.release();
        assertNotNull(server.accept(root, 0));
        assertNull(server.accept(root, 0));
    }

    @Test
    void closing_a_listener_resets_those_who_wait_and_refuses_those_who_knock() throws ErrnoException {
        var server = listening(0);
        byte[] to = at(IpAddress.LOOPBACK_V4, port(server));
        var early = tcp();
        early.connect(root, to);
        var late = tcp();
        late.connect(root, to);
        server.release();
        assertEquals(Errno.ECONNRESET, errno(() -> receive(early)));
        assertEquals(Errno.ECONNREFUSED, errno(() -> late.connect(root, to)));
    }

    @Test
    void other_hosts_are_unreachable() throws ErrnoException {
        assertEquals(Errno.ENETUNREACH, errno(() -> tcp().connect(root, at(IpAddress.v4(0x08080808), 80))));
        assertEquals(Errno.ENETUNREACH, errno(() -> socket(AF_INET6, SOCK_STREAM)
                .connect(root, at(new IpAddress(0x20010db8L << 32, 1), 80))));
    }

    @Test
    void low_ports_take_a_privilege() throws ErrnoException {
        assertEquals(Errno.EACCES, errno(() -> tcp().bind(nobody, at(IpAddress.ANY_V4, 80))));
        tcp().bind(root, at(IpAddress.ANY_V4, 80));
    }

    // ---- Ending

    @Test
    void first_to_close_leaves_a_time_wait_that_holds_the_port() throws ErrnoException {
        var server = listening(1);
        int port = port(server);
        var client = tcp();
        client.connect(root, at(IpAddress.LOOPBACK_V4, port));
        var end = server.accept(root, 0);
        server.release();
        end.release();
        assertEquals("", receive(client));
        client.release();
        assertEquals(Errno.EADDRINUSE, errno(() -> tcp().bind(root, at(IpAddress.LOOPBACK_V4, port))));
        var text = new StringBuilder();
        new InetReport(stack).describeTcp(AF_INET, text);
        assertTrue(text.toString().contains(" 06 "), text.toString());
    }

    @Test
    void both_ends_pass_through_the_states_of_closing() throws ErrnoException {
        var ends = pair();
        ends[0].shutdown(SHUT_WR);
        assertEquals(TcpState.FIN_WAIT2, state(ends[0]));
        assertEquals(TcpState.CLOSE_WAIT, state(ends[1]));
        assertEquals(3, send(ends[1], "yes"));
        ends[1].shutdown(SHUT_WR);
        assertEquals(TcpState.CLOSE, state(ends[0]));
        assertEquals("yes", receive(ends[0]));
        assertEquals("", receive(ends[0]));
        assertEquals(Errno.ENOTCONN, errno(ends[0]::peerAddress));
    }

    @Test
    void unread_bytes_make_a_close_a_reset() throws ErrnoException {
        var ends = pair();
        send(ends[0], "nobody reads this");
        ends[1].release();
        assertEquals(POLLERR | POLLHUP, ends[0].readiness() & (POLLERR | POLLHUP));
        assertEquals(Errno.ECONNRESET, errno(() -> receive(ends[0])));
        assertEquals("", receive(ends[0]));
    }

    @Test
    void what_was_sent_before_a_reset_can_still_be_read() throws ErrnoException {
        var ends = pair();
        send(ends[0], "first");
        ends[0].setOption(root, SOL_SOCKET, SO_LINGER, new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
        ends[0].release();
        assertEquals("first", receive(ends[1]));
        assertEquals(Errno.ECONNRESET, errno(() -> receive(ends[1])));
    }

    // ---- Memory

    @Test
    void reader_wakes_a_writer_only_when_a_third_is_free() throws ErrnoException {
        var ends = pair();
        long sent = ends[0].write(new ArrayBuffer(new byte[4 << 20]));
        assertEquals(0, ends[0].readiness() & POLLOUT);
        var woken = new int[1];
        ends[0].addWaiter(events -> woken[0]++, POLLOUT);
        long read = 0;
        while (woken[0] == 0) {
            read += ends[1].read(new ArrayBuffer(new byte[10_000]));
        }
        assertTrue(read >= sent / 3 && read < sent / 2, read + " of " + sent);
        assertTrue((ends[0].readiness() & POLLOUT) != 0);
    }

    @Test
    void used_up_budget_leaves_each_connection_a_little() throws ErrnoException {
        var ends = pair();
        budget.reserveAlways(64L << 20);
        long sent = ends[0].write(new ArrayBuffer(new byte[100_000]));
        assertTrue(sent > 0 && sent <= 4096, "" + sent);
        assertEquals(OpenFile.WOULD_BLOCK, ends[0].write(new ArrayBuffer(new byte[1])));
        assertEquals(sent, ends[1].read(new ArrayBuffer(new byte[100_000])));
        assertTrue((ends[0].readiness() & POLLOUT) != 0);
    }

    @Test
    void closed_connections_give_back_all_they_took() throws ErrnoException {
        for (int round = 0; round < 20; round++) {
            var ends = pair();
            ends[0].write(new ArrayBuffer(new byte[1 << 20]));
            ends[1].read(new ArrayBuffer(new byte[1000 * round]));
            ends[round % 2].release();
            ends[1 - round % 2].release();
            var abandoned = listening(5);
            tcp().connect(root, at(IpAddress.LOOPBACK_V4, port(abandoned)));
            abandoned.release();
        }
        // All of the budget is there: one byte less than all leaves room for one more.
        budget.reserveAlways((64L << 20) - 1);
        assertTrue(budget.reserve(1));
    }

    // ---- Datagrams

    @Test
    void datagrams_beyond_the_buffer_are_lost() throws ErrnoException {
        var receiver = socket(AF_INET, SOCK_DGRAM);
        receiver.bind(root, at(IpAddress.LOOPBACK_V4, 0));
        var sender = socket(AF_INET, SOCK_DGRAM);
        sender.connect(root, at(IpAddress.LOOPBACK_V4, port(receiver)));
        for (int count = 0; count < 2000; count++) {
            assertEquals(1000, sender.write(new ArrayBuffer(new byte[1000])));
        }
        int received = 0;
        while (receiver.read(new ArrayBuffer(new byte[1000])) > 0) {
            received++;
        }
        assertTrue(received > 100 && received < 212_992 / 1000, "" + received);
    }

    @Test
    void closed_port_is_told_to_connected_senders_only() throws ErrnoException {
        byte[] nowhere = at(IpAddress.LOOPBACK_V4, 9);
        var stranger = socket(AF_INET, SOCK_DGRAM);
        var request =
                new SendRequest(new ArrayBuffer(new byte[1]), nowhere, new SendRequest.Files(List.of()), null, root);
        assertEquals(1, stranger.send(request));
        assertEquals(WRITABLE, stranger.readiness());
        var friend = socket(AF_INET, SOCK_DGRAM);
        friend.connect(root, nowhere);
        assertEquals(1, send(friend, "x"));
        assertEquals(Errno.ECONNREFUSED, errno(() -> send(friend, "x")));
        assertEquals(1, send(friend, "x"));
    }

    @Test
    void narrowest_address_hears() throws ErrnoException {
        var any = socket(AF_INET6, SOCK_DGRAM);
        any.setOption(root, SOL_SOCKET, SO_REUSEADDR, SocketOptions.number(1));
        any.bind(root, at(IpAddress.ANY_V6, 0));
        var one = socket(AF_INET, SOCK_DGRAM);
        one.setOption(root, SOL_SOCKET, SO_REUSEADDR, SocketOptions.number(1));
        one.bind(root, at(IpAddress.v4(0x7f000002), port(any)));
        var sender = socket(AF_INET, SOCK_DGRAM);
        sender.connect(root, at(IpAddress.v4(0x7f000002), port(any)));
        send(sender, "to one");
        assertEquals("(would block)", receive(any));
        assertEquals("to one", receive(one));
        sender.connect(root, at(IpAddress.LOOPBACK_V4, port(any)));
        send(sender, "to any");
        assertEquals("to any", receive(any));
    }

    @Test
    void v6_only_leaves_the_port_to_v4() throws ErrnoException {
        var six = socket(AF_INET6, SOCK_STREAM);
        six.setOption(root, IPPROTO_IPV6, IPV6_V6ONLY, SocketOptions.number(1));
        six.bind(root, at(IpAddress.ANY_V6, 4000));
        var four = tcp();
        four.bind(root, at(IpAddress.ANY_V4, 4000));
        assertEquals(4000, port(four));
        var both = socket(AF_INET6, SOCK_STREAM);
        assertEquals(Errno.EADDRINUSE, errno(() -> both.bind(root, at(IpAddress.ANY_V6, 4000))));
    }
}
