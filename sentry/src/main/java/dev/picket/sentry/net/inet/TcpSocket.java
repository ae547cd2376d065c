package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.platform.linux.Ioctl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.socket.ByteQueue;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.net.socket.SocketOptions;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.wait.WaitQueue;

/**
 * A socket of tcp(7). The two ends of a connection know each other and call each other where segments would go to and fro:
 * {@link #endedByPeer} is a FIN, {@link #resetByPeer} a RST. So a connection is there or refused at once, and what was
 * written is where it is read.
 *
 * <p>The monitor guards the state; no two sockets are locked at once.
 */
final class TcpSocket extends InetSocket {
    private static final int DEFAULT_SEND_BYTES = 16_384;
    private static final int DEFAULT_RECEIVE_BYTES = 131_072;

    /** What Linux's send buffer has grown to on a fresh connection over the loopback. */
    private static final int CONNECTED_SEND_BYTES = 2_626_560;

    /** What a connection may hold for its sender if the guest did not set SO_SNDBUF. */
    private static final int SEND_ROOM_BYTES = 512 * 1024;

    /** Of the sandbox's budget for each connection that nobody has accepted yet. */
    private static final int UNACCEPTED_COST_BYTES = 2048;

    private static final int SCRATCH_BYTES = 8192;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MILLISECOND = 1_000_000L;

    private final TcpOptions tcpOptions = new TcpOptions();
    private final ByteQueue incoming;

    // Guarded by this; what is volatile may be read without.
    private volatile TcpState state = TcpState.CLOSE;
    private volatile TcpSocket peer;

    /** connect(2) was called and has not told its outcome; SS_CONNECTING. */
    private boolean connecting;

    /** There is, or was, a connection: SS_CONNECTED. */
    private boolean associated;

    private volatile boolean sendingEnded;
    private volatile boolean receivingEnded;
    private boolean peerEnded;
    private boolean closed;
    private boolean unaccepted;
    private volatile AcceptQueue backlog;
    private AcceptQueue waitsAt;
    private Runnable connectTimer;
    private Connection connection;
    private TimeWait left;

    TcpSocket(InetStack stack, AnonymousInode inode, int domain, int flags, Credentials owner) {
        super(stack, inode, domain, SOCK_STREAM, IPPROTO_TCP, flags, stack.tcpPorts(), owner);
        incoming = new ByteQueue(stack.budget());
        options().setDefaultBuffers(DEFAULT_SEND_BYTES, DEFAULT_RECEIVE_BYTES);
    }

    TcpState state() {
        return state;
    }

    TcpOptions tcpOptions() {
        return tcpOptions;
    }

    TcpSocket peer() {
        return peer;
    }

    long unreadBytes() {
        var queue = backlog;
        return queue != null ? queue.length() : incoming.length();
    }

    int backlogLength() {
        var queue = backlog;
        return queue == null ? 0 : queue.backlog();
    }

    // ---- Listening

    @Override
    boolean mayBind() {
        return state == TcpState.CLOSE;
    }

    @Override
    public boolean isListening() {
        return state == TcpState.LISTEN;
    }

    @Override
    public void listen(SocketCaller caller, int wanted) throws ErrnoException {
        int length = Integer.compareUnsigned(wanted, SOMAXCONN) > 0 ? SOMAXCONN : wanted;
        AcceptQueue grown = null;
        synchronized (this) {
            if (associated || connecting || state != TcpState.CLOSE && state != TcpState.LISTEN) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (state == TcpState.LISTEN) {
                grown = backlog;
                grown.setBacklog(length);
            } else {
                beginToListen(length);
            }
        }
        if (grown != null) {
            letIn(grown);
        }
    }

    private void beginToListen(int length) throws ErrnoException {
        bindAutomatically();
        state = TcpState.LISTEN; // from now on the port is shared with nobody who listens
        if (ports().conflictsWhereItIs(this, local())) {
            state = TcpState.CLOSE;
            throw ErrnoException.of(Errno.EADDRINUSE);
        }
        sendingEnded = false;
        receivingEnded = false;
        backlog = new AcceptQueue(length);
        ports().addReceiver(this, local().port());
    }

    @Override
    public Socket accept(SocketCaller caller, int flags) throws ErrnoException {
        var queue = backlog;
        if (queue == null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var accepted = queue.poll();
        if (accepted == null) {
            return null;
        }
        letIn(queue);
        synchronized (accepted) {
            accepted.endWaitForAccept();
        }
        accepted.setFlags(accepted.flags() | flags);
        return accepted;
    }

    private void endWaitForAccept() {
        if (unaccepted) {
            unaccepted = false;
            stack().budget().release(UNACCEPTED_COST_BYTES);
        }
    }

    /** Lets in those who wait for room in the backlog. */
    private void letIn(AcceptQueue queue) {
        for (var client = queue.next(); client != null; client = queue.next()) {
            join(client, queue);
        }
    }

    /** Somebody asks for a connection: a SYN. */
    private void knock(TcpSocket client) {
        var queue = backlog;
        var answer = queue == null ? AcceptQueue.Answer.REFUSED : queue.knock(client);
        switch (answer) {
            case COME -> join(client, queue);
            case WAIT -> client.waitAt(queue);
            default -> client.resetByPeer();
        }
    }

    /** Makes the server's end of a connection, on a place that the queue keeps for it. */
    private void join(TcpSocket client, AcceptQueue queue) {
        var asked = client.asked();
        if (asked == null || !stack().budget().reserve(UNACCEPTED_COST_BYTES)) {
            queue.giveUp();
            if (asked != null) {
                client.resetByPeer();
            }
            return;
        }
        var inode = new AnonymousInode(stack().inodes(), FileMode.S_IFSOCK | 0777, owner(), "socket");
        var end = new TcpSocket(stack(), inode, domain(), 0, owner());
        boolean isNew = end.answer(this, client, asked.reversed());
        if (!isNew || !client.establish(end, asked)) {
            queue.giveUp();
            end.abandon();
            client.resetIfAsking(asked);
            return;
        }
        if (!queue.add(end)) {
            end.abandon();
            client.resetByPeer();
            return;
        }
        waiters().wake(READABLE);
    }

    /** Becomes the server's end; false if there is a connection like it. */
    private synchronized boolean answer(TcpSocket listener, TcpSocket client, Connection own) {
        options().inherit(listener.options());
        options().setDefaultBuffers(CONNECTED_SEND_BYTES, DEFAULT_RECEIVE_BYTES);
        ipOptions().inherit(listener.ipOptions());
        tcpOptions.inherit(listener.tcpOptions);
        unaccepted = true;
        if (!ports().registerAnswer(own, this)) {
            return false;
        }
        ports().share(this, own.local());
        holdPort(own.local());
        setRemote(own.remote());
        connection = own;
        associated = true;
        peer = client;
        state = TcpState.ESTABLISHED;
        return true;
    }

    /** Nobody will ever accept this: lets go of all, and tells nobody. */
    private void abandon() {
        synchronized (this) {
            endWaitForAccept();
            closed = true;
            forgetConnection();
            state = TcpState.CLOSE;
            releasePort();
        }
        incoming.close();
    }

    // ---- Connecting

    @Override
    public long connect(SocketCaller caller, byte[] bytes) throws ErrnoException {
        if (SocketAddresses.family(bytes) == AF_UNSPEC) {
            disconnect();
            return 0;
        }
        boolean begins;
        synchronized (this) {
            if (associated || !connecting && state != TcpState.CLOSE) {
                throw ErrnoException.of(Errno.EISCONN);
            }
            begins = !connecting;
            if (begins) {
                begin(SocketAddresses.decode(domain(), bytes));
            }
        }
        if (begins) {
            ask();
            if (isNonBlocking()) {
                throw ErrnoException.of(Errno.EINPROGRESS); // also if all is done already: Linux never tells at once
            }
        }
        return outcome();
    }

    /** Finds the way and a port; the monitor is held. */
    private void begin(Endpoint asked) throws ErrnoException {
        var destination = reachable(asked);
        if (domain() == AF_INET6 && destination.address().isV4() && isV6Only()) {
            throw ErrnoException.of(Errno.ENETUNREACH);
        }
        if (destination.address().isMulticast() || destination.address().isLimitedBroadcast()) {
            throw ErrnoException.of(Errno.ENETUNREACH);
        }
        if (!local().address().isAny()
                && local().address().isV4() != destination.address().isV4()) {
            throw ErrnoException.of(
                    domain() == AF_INET6 && local().address().isV4() ? Errno.ENETUNREACH : Errno.EINVAL);
        }
        var link = stack().links().route(destination.address());
        var source =
                local().address().isAny() ? stack().links().sourceFor(link, destination.address()) : local().address();
        stack().timeWaits().removeOld();
        Connection made;
        if (hasPort()) {
            made = new Connection(new Endpoint(source, local().port()), destination);
            if (!ports().register(made, this)) {
                throw ErrnoException.of(Errno.EADDRNOTAVAIL);
            }
            narrow(source);
        } else {
            made = ports().bindForConnect(this, source, destination);
            holdPort(made.local());
        }
        connection = made;
        setRemote(destination);
        sendingEnded = false;
        receivingEnded = false;
        peerEnded = false;
        incoming.reset();
        state = TcpState.SYN_SENT;
        connecting = true;
    }

    /** Sends the SYN. */
    private void ask() {
        Connection asked = asked();
        if (asked == null) {
            return;
        }
        var listener = stack().listener(asked.remote(), asked.local());
        if (listener != null) {
            listener.knock(this);
        } else if (asked.remote().equals(asked.local())) {
            establish(this, asked); // both ends at once: tcp_rcv_synsent_state_process() knows it too
        } else {
            resetByPeer();
        }
    }

    /** The connection that is asked for; null if it is no more. */
    private synchronized Connection asked() {
        return state == TcpState.SYN_SENT ? connection : null;
    }

    /** What has become of a connect(2) that has begun. */
    private synchronized long outcome() throws ErrnoException {
        if (state == TcpState.SYN_SENT) {
            if (isNonBlocking()) {
                throw ErrnoException.of(Errno.EALREADY);
            }
            return WOULD_BLOCK;
        }
        connecting = false;
        if (state == TcpState.CLOSE) {
            int errno = takeError();
            associated = false;
            sendingEnded = false;
            receivingEnded = false;
            widen();
            setRemote(null);
            throw ErrnoException.of(errno == 0 ? Errno.ECONNABORTED : errno);
        }
        associated = true;
        return 0;
    }

    @Override
    public WaitQueue connectWaiters() {
        return waiters();
    }

    @Override
    public int connectTimeoutErrno() {
        return Errno.EINPROGRESS;
    }

    /** There is no room at the listener yet. */
    private void waitAt(AcceptQueue queue) {
        long timeout = tcpOptions.get(TCP_USER_TIMEOUT) * NANOS_PER_MILLISECOND;
        if (timeout == 0) {
            // Asked again after 1, 2, 4 seconds and so on, and given up after the last.
            timeout = ((1L << Math.min(tcpOptions.get(TCP_SYNCNT), 16) + 1) - 1) * NANOS_PER_SECOND;
        }
        synchronized (this) {
            if (state == TcpState.SYN_SENT) {
                waitsAt = queue;
                connectTimer = stack().timers().schedule(System.nanoTime() + timeout, this::giveUpConnecting);
                return;
            }
        }
        queue.leave(this);
    }

    private void giveUpConnecting() {
        synchronized (this) {
            if (state != TcpState.SYN_SENT) {
                return;
            }
            end(Errno.ETIMEDOUT);
        }
        waiters().wake(READABLE | WRITABLE | POLLERR | POLLHUP);
    }

    private void endWaitForRoom() {
        if (connectTimer != null) {
            connectTimer.run();
            connectTimer = null;
        }
        if (waitsAt != null) {
            waitsAt.leave(this);
            waitsAt = null;
        }
    }

    /** The other end has answered; false if the connection is not wanted any more. */
    private boolean establish(TcpSocket other, Connection asked) {
        synchronized (this) {
            if (state != TcpState.SYN_SENT || connection != asked) {
                return false;
            }
            endWaitForRoom();
            peer = other;
            state = TcpState.ESTABLISHED;
            options().setDefaultBuffers(CONNECTED_SEND_BYTES, DEFAULT_RECEIVE_BYTES);
        }
        waiters().wake(WRITABLE);
        return true;
    }

    /** connect(2) with AF_UNSPEC, and shutdown(2) of what listens or connects: back to a fresh socket. */
    private void disconnect() {
        AcceptQueue queue;
        TcpSocket other = null;
        synchronized (this) {
            queue = backlog;
            backlog = null;
            if (state == TcpState.LISTEN) {
                ports().removeReceiver(this, local().port());
            } else if (state != TcpState.CLOSE) {
                other = state == TcpState.SYN_SENT ? null : peer;
                setError(Errno.ECONNRESET);
            }
            endWaitForRoom();
            forgetConnection();
            state = TcpState.CLOSE;
            connecting = false;
            associated = false;
            sendingEnded = false;
            receivingEnded = false;
            peerEnded = false;
            setRemote(null);
            widen();
            incoming.reset();
        }
        if (queue != null) {
            turnAway(queue);
        }
        if (other != null && other != this) {
            other.resetByPeer();
        }
        waiters().wake(READABLE | WRITABLE | POLLERR | POLLHUP);
    }

    private static void turnAway(AcceptQueue queue) {
        for (var end : queue.close()) {
            var client = end.peer;
            end.abandon();
            client.resetByPeer();
        }
        for (var client : queue.refused()) {
            client.resetByPeer();
        }
    }

    @Override
    public byte[] peerAddress() throws ErrnoException {
        var other = remote();
        var now = state;
        if (other == null || now == TcpState.CLOSE || now == TcpState.SYN_SENT || now == TcpState.LISTEN) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        return SocketAddresses.encode(domain(), other);
    }

    @Override
    public byte[] acceptedAddress() {
        return SocketAddresses.encode(domain(), remote()); // also if the peer has gone already
    }

    // ---- Sending and receiving

    @Override
    public long send(SendRequest request) throws ErrnoException {
        if ((request.flags() & MSG_FASTOPEN) != 0 && state == TcpState.CLOSE && request.address() != null) {
            connectToSend(request);
        }
        TcpSocket target;
        synchronized (this) {
            if (state == TcpState.SYN_SENT && !hasError()) {
                return WOULD_BLOCK;
            }
            if (state != TcpState.ESTABLISHED && state != TcpState.CLOSE_WAIT || hasError() || sendingEnded) {
                int errno = takeError();
                throw ErrnoException.of(errno == 0 ? Errno.EPIPE : errno);
            }
            target = peer;
        }
        return (request.flags() & MSG_OOB) != 0 ? sendUrgent(request, target) : sendTo(target, request);
    }

    private void connectToSend(SendRequest request) throws ErrnoException {
        if (connect(request.caller(), request.address()) == WOULD_BLOCK) {
            throw ErrnoException.of(Errno.EINPROGRESS);
        }
    }

    private long sendTo(TcpSocket target, SendRequest request) throws ErrnoException {
        var source = request.source();
        long limit = room(target);
        long done = 0;
        while (source.remaining() > 0) {
            long count;
            try {
                count = target.incoming.write(source, limit);
            } catch (ErrnoException e) {
                if (done > 0) {
                    break;
                }
                throw e;
            }
            if (count == ByteQueue.REFUSED) {
                // As on a real network the bytes are sent, and the answer is a RST.
                done += lose(request);
                resetByPeer();
                break;
            }
            if (count == 0) {
                break;
            }
            done += count;
            target.waiters().wake(READABLE);
        }
        return done == 0 && source.remaining() > 0 ? WOULD_BLOCK : done;
    }

    /** Sends, and makes the last byte one out of band. */
    private long sendUrgent(SendRequest request, TcpSocket target) throws ErrnoException {
        long done;
        synchronized (target.incoming) {
            done = sendTo(target, request);
            if (done > 0 && request.source().remaining() == 0) {
                target.incoming.markLastUrgent();
            }
        }
        target.waiters().wake(READABLE | POLLPRI);
        return done;
    }

    private static long lose(SendRequest request) throws ErrnoException {
        byte[] scratch = new byte[(int) Math.min(SCRATCH_BYTES, request.source().remaining())];
        return request.source().copyIn(scratch, 0, scratch.length);
    }

    /** How much may wait at the other end: what Linux would have in both ends' buffers. */
    private long room(TcpSocket target) {
        long sending = options().isSendBufferSet() ? options().sendBufferBytes() : SEND_ROOM_BYTES;
        return sending + target.options().receiveBufferBytes();
    }

    @Override
    public long receive(ReceiveRequest request) throws ErrnoException {
        boolean inLine = options().isOn(SO_OOBINLINE);
        if ((request.flags() & MSG_ERRQUEUE) != 0) {
            throw ErrnoException.of(Errno.EAGAIN); // TCP reports no errors of the network but by SO_ERROR
        }
        if ((request.flags() & MSG_OOB) != 0) {
            return receiveUrgent(request, inLine);
        }
        // Looked at before the bytes: what came before the end is there then.
        boolean ended;
        boolean stopped;
        TcpState now;
        synchronized (this) {
            ended = peerEnded;
            stopped = receivingEnded;
            now = state;
        }
        if (now == TcpState.LISTEN) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        if (!ended && !stopped && waitsForMore(request, inLine)) {
            return WOULD_BLOCK;
        }
        long count = take(request, inLine);
        if (count > 0 || request.destination().remaining() == 0 && incoming.length() > 0) {
            var other = peer;
            if (other != null && incoming.writerCanGoOn()) {
                other.waiters().wake(WRITABLE);
            }
            return count;
        }
        if (ended) {
            return 0;
        }
        throwError();
        if (stopped) {
            return 0;
        }
        if (now == TcpState.CLOSE) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        return WOULD_BLOCK;
    }

    /** SO_RCVLOWAT: a call that may wait does so until so much is there. */
    private boolean waitsForMore(ReceiveRequest request, boolean inLine) {
        int least = options().lowWaterMark();
        if (least <= 1 || isNonBlocking() || (request.flags() & MSG_DONTWAIT) != 0 || hasError()) {
            return false;
        }
        long wanted = Math.min(
                least, Math.min(request.destination().remaining(), options().receiveBufferBytes() / 2));
        return incoming.readable(inLine) < wanted && !incoming.hasUrgent();
    }

    private long take(ReceiveRequest request, boolean inLine) throws ErrnoException {
        if (request.wantsFullLength() && !request.peeks()) {
            return incoming.discard(request.destination().remaining()); // MSG_TRUNC of tcp(7): nothing is copied
        }
        return incoming.read(request.destination(), request.peeks(), inLine);
    }

    /** tcp_recv_urg() */
    private long receiveUrgent(ReceiveRequest request, boolean inLine) throws ErrnoException {
        if (state == TcpState.CLOSE && !associated) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        int urgent = inLine ? -1 : incoming.readUrgent(request.peeks());
        if (urgent < 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        request.addMessageFlags(MSG_OOB);
        if (request.destination().remaining() == 0) {
            request.addMessageFlags(MSG_TRUNC);
            return 0;
        }
        return request.destination().copyOut(new byte[] {(byte) urgent}, 0, 1);
    }

    // ---- Ending

    /** The other end sends no more: a FIN. */
    private void endedByPeer() {
        synchronized (this) {
            if (state == TcpState.CLOSE_WAIT || state == TcpState.CLOSE) {
                if (left != null) {
                    left.peerEnds();
                }
                return;
            }
            peerEnded = true;
            receivingEnded = true;
            if (state == TcpState.FIN_WAIT2) {
                leave(true);
            } else {
                state = TcpState.CLOSE_WAIT;
            }
        }
        waiters().wake(READABLE | WRITABLE | POLLRDHUP | POLLHUP);
    }

    /** The other end knows nothing of the connection any more: a RST. */
    private void resetByPeer() {
        synchronized (this) {
            int errno;
            switch (state) {
                case CLOSE, LISTEN -> {
                    if (left != null) {
                        left.end();
                        left = null;
                    }
                    return;
                }
                case SYN_SENT -> errno = Errno.ECONNREFUSED;
                case CLOSE_WAIT -> errno = Errno.EPIPE;
                default -> errno = Errno.ECONNRESET;
            }
            end(errno);
        }
        waiters().wake(READABLE | WRITABLE | POLLERR | POLLHUP | POLLRDHUP);
    }

    /** There can be no connection like the one that is asked for. */
    private void resetIfAsking(Connection asked) {
        if (asked() == asked) {
            resetByPeer();
        }
    }

    /** The connection has come to a bad end; the monitor is held. */
    private void end(int errno) {
        setError(errno);
        endWaitForRoom();
        forgetConnection();
        state = TcpState.CLOSE;
        sendingEnded = true;
        receivingEnded = true;
        releaseChosenPort();
    }

    private void forgetConnection() {
        if (connection != null) {
            ports().unregister(connection, this);
            connection = null;
        }
    }

    /** Gives the connection over to a {@link TimeWait}; the monitor is held. */
    private void leave(boolean peerHasEnded) {
        left = stack().timeWaits().add(connection, this, domain() == AF_INET6, peerHasEnded);
        connection = null;
        state = TcpState.CLOSE;
        sendingEnded = true;
        receivingEnded = true;
        releaseChosenPort();
    }

    /** Sends a FIN, once. */
    private void endSending() {
        TcpSocket other;
        synchronized (this) {
            if (state != TcpState.ESTABLISHED && state != TcpState.CLOSE_WAIT) {
                sendingEnded = true;
                return;
            }
            sendingEnded = true;
            other = peer;
            if (state == TcpState.ESTABLISHED) {
                state = TcpState.FIN_WAIT2;
            } else {
                forgetConnection();
                state = TcpState.CLOSE;
                releaseChosenPort();
            }
        }
        other.endedByPeer();
    }

    @Override
    public void shutdown(int how) throws ErrnoException {
        boolean disconnects;
        synchronized (this) {
            if (state == TcpState.CLOSE) {
                if (how != SHUT_WR) {
                    receivingEnded = true;
                }
                if (how != SHUT_RD) {
                    sendingEnded = true;
                }
                waiters().wake(READABLE | WRITABLE | POLLHUP | POLLRDHUP);
                throw ErrnoException.of(Errno.ENOTCONN);
            }
            if (state == TcpState.LISTEN && how == SHUT_WR) {
                return;
            }
            disconnects = state == TcpState.LISTEN || state == TcpState.SYN_SENT;
            if (!disconnects && how != SHUT_WR) {
                receivingEnded = true;
            }
        }
        if (disconnects) {
            disconnect();
            return;
        }
        if (how != SHUT_RD) {
            endSending();
        }
        waiters().wake(READABLE | WRITABLE | POLLHUP | POLLRDHUP);
    }

    @Override
    protected void released() {
        AcceptQueue queue;
        TcpSocket other;
        boolean resets = options().lingerSeconds() == 0;
        synchronized (this) {
            closed = true;
            endWaitForAccept();
            endWaitForRoom();
            queue = backlog;
            backlog = null;
            other = peer;
            if (state == TcpState.LISTEN || state == TcpState.SYN_SENT) {
                forgetConnection();
                state = TcpState.CLOSE;
            }
        }
        resets |= incoming.close();
        if (queue != null) {
            turnAway(queue);
        }
        boolean wasReset;
        synchronized (this) {
            wasReset = resets && state != TcpState.CLOSE;
            if (wasReset) {
                forgetConnection();
                state = TcpState.CLOSE;
            }
        }
        if (wasReset) {
            if (other != this) {
                other.resetByPeer();
            }
        } else {
            endSending();
        }
        synchronized (this) {
            if (state == TcpState.FIN_WAIT2) {
                leave(false);
            }
            releasePort();
        }
        if (other != null && other != this) {
            other.waiters().wake(WRITABLE);
        }
    }

    // ---- As an open file

    @Override
    public int readiness() {
        var queue = backlog;
        if (queue != null) {
            return queue.isEmpty() ? 0 : READABLE;
        }
        TcpState now;
        TcpSocket other;
        boolean noMoreIn;
        boolean noMoreOut;
        synchronized (this) {
            now = state;
            other = peer;
            noMoreIn = receivingEnded;
            noMoreOut = sendingEnded;
        }
        int events = hasError() ? POLLERR : 0;
        if (noMoreIn && noMoreOut || now == TcpState.CLOSE) {
            events |= POLLHUP;
        }
        if (noMoreIn) {
            events |= READABLE | POLLRDHUP;
        }
        if (now == TcpState.SYN_SENT) {
            return events;
        }
        long readable = incoming.readable(options().isOn(SO_OOBINLINE));
        if (readable > 0
                && readable >= Math.min(options().lowWaterMark(), options().receiveBufferBytes() / 2)) {
            events |= READABLE;
        }
        if (incoming.hasUrgent()) {
            events |= POLLPRI;
        }
        if (noMoreOut || other == null || other.incoming.isWritable(room(other))) {
            events |= WRITABLE;
        }
        return events;
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        long value =
                switch (request) {
                    case Ioctl.SIOCINQ -> {
                        checkNotListening();
                        yield incoming.readable(options().isOn(SO_OOBINLINE));
                    }
                    case Ioctl.SIOCOUTQ -> {
                        checkNotListening();
                        var other = peer;
                        // What is beyond the receiver's buffer would not have been acknowledged yet.
                        yield other == null
                                ? 0
                                : Math.max(
                                        0,
                                        other.incoming.length()
                                                - other.options().receiveBufferBytes());
                    }
                    case Ioctl.SIOCATMARK -> incoming.isAtMark() ? 1 : 0;
                    default -> {
                        yield super.control(caller, request, argument);
                    }
                };
        caller.memory().putInt(argument, (int) Math.min(Integer.MAX_VALUE, value));
        return 0;
    }

    private void checkNotListening() throws ErrnoException {
        if (state == TcpState.LISTEN) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    // ---- Options

    @Override
    public void setOption(SocketCaller caller, int level, int option, byte[] value) throws ErrnoException {
        if (level == IPPROTO_TCP) {
            tcpOptions.set(option, value, state == TcpState.CLOSE || state == TcpState.LISTEN);
        } else {
            super.setOption(caller, level, option, value);
        }
    }

    @Override
    public byte[] option(SocketCaller caller, int level, int option) throws ErrnoException {
        if (level != IPPROTO_TCP) {
            return super.option(caller, level, option);
        }
        return switch (option) {
            case TCP_INFO -> TcpInfo.of(this);
            case TCP_MAXSEG -> SocketOptions.number(TcpInfo.segmentBytes(this));
            default -> tcpOptions.value(option);
        };
    }
}
