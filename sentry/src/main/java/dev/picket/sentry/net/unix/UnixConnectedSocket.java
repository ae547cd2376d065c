package dev.picket.sentry.net.unix;

import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ioctl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.socket.Message;
import dev.picket.sentry.net.socket.MessageQueue;
import dev.picket.sentry.net.socket.PeerIdentity;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.wait.WaitQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A socket of type SOCK_STREAM or SOCK_SEQPACKET of AF_UNIX. */
final class UnixConnectedSocket extends UnixSocket {
    /** A long write of a stream becomes messages of so much. */
    private static final int CHUNK_BYTES = 32 * 1024;

    private static final int UNLIMITED_MESSAGES = Integer.MAX_VALUE;

    private enum State {
        FRESH,
        LISTENING,
        CONNECTED
    }

    private final boolean stream;
    private final MessageQueue incoming;

    // Guarded by this.
    private State state = State.FRESH;
    private UnixConnectedSocket peer;
    private PeerIdentity peerIdentity = PeerIdentity.NOBODY;
    private PeerIdentity listener;
    private byte[] peerAddress;
    private int backlog;
    private ArrayDeque<UnixConnectedSocket> pending;
    private boolean sendingEnded;
    private boolean closed;
    private volatile WaitQueue connectWaiters;

    UnixConnectedSocket(UnixSockets family, AnonymousInode inode, int type, int flags, PeerIdentity maker) {
        super(family, inode, type, 0, flags, maker);
        this.stream = type == SOCK_STREAM;
        this.incoming = new MessageQueue(family.budget(), waiters());
    }

    // ---- Connecting

    @Override
    void pairWith(UnixSocket other) {
        var that = (UnixConnectedSocket) other;
        this.joinTo(that, that.maker(), UnixAddress.unnamed());
        that.joinTo(this, maker(), UnixAddress.unnamed());
    }

    private synchronized void joinTo(UnixConnectedSocket other, PeerIdentity identity, byte[] address) {
        state = State.CONNECTED;
        peer = other;
        peerIdentity = identity;
        peerAddress = address;
    }

    @Override
    public void listen(SocketCaller caller, int wanted) throws ErrnoException {
        synchronized (this) {
            // unix_listen(): a name, and no connection.
            if (address() == null || state == State.CONNECTED) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            backlog = Integer.compareUnsigned(wanted, SOMAXCONN) > 0 ? SOMAXCONN : wanted;
            if (state != State.LISTENING) {
                state = State.LISTENING;
                pending = new ArrayDeque<>();
            }
            listener = caller.identity();
        }
        waiters().wake(WRITABLE); // whoever waits for room in a backlog that has grown
    }

    @Override
    protected synchronized boolean isListening() {
        return state == State.LISTENING;
    }

    @Override
    public long connect(SocketCaller caller, byte[] bytes) throws ErrnoException {
        var wanted = UnixAddress.decode(bytes);
        synchronized (this) {
            if (state == State.CONNECTED) {
                throw ErrnoException.of(Errno.EISCONN);
            }
            if (state == State.LISTENING) {
                throw ErrnoException.of(Errno.EINVAL);
            }
        }
        var server = (UnixConnectedSocket) family().find(caller, wanted, type());
        var end = (UnixConnectedSocket) family().make(caller, type(), 0);
        end.adoptName(server.address());

        // Both ends know each other before the server can see its own.
        long result;
        PeerIdentity serverIdentity;
        synchronized (server) {
            serverIdentity = server.listener;
            if (server.state != State.LISTENING || server.closed) {
                result = -1;
            } else if (server.pending.size() > server.backlog) {
                result = WOULD_BLOCK;
            } else {
                result = 0;
            }
        }
        if (result != 0) {
            family().forget(end);
            if (result == WOULD_BLOCK) {
                connectWaiters = server.waiters();
                return WOULD_BLOCK;
            }
            throw ErrnoException.of(Errno.ECONNREFUSED);
        }
        end.joinTo(this, caller.identity(), encoded());
        synchronized (this) {
            if (state != State.FRESH) {
                family().forget(end);
                throw ErrnoException.of(state == State.CONNECTED ? Errno.EISCONN : Errno.EINVAL);
            }
            joinTo(end, serverIdentity, end.encoded());
        }
        if (!server.enqueue(end)) {
            synchronized (this) {
                state = State.FRESH;
                peer = null;
            }
            family().forget(end);
            throw ErrnoException.of(Errno.ECONNREFUSED);
        }
        return 0;
    }

    /** Puts a connection's end where accept(2) finds it; the backlog may be exceeded by those who come at once. */
    private boolean enqueue(UnixConnectedSocket end) {
        synchronized (this) {
            if (state != State.LISTENING || closed) {
                return false;
            }
            pending.addLast(end);
        }
        waiters().wake(READABLE);
        return true;
    }

    @Override
    public WaitQueue connectWaiters() {
        return connectWaiters;
    }

    @Override
    public Socket accept(SocketCaller caller, int flags) throws ErrnoException {
        UnixConnectedSocket end;
        synchronized (this) {
            if (state != State.LISTENING) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            end = pending.pollFirst();
        }
        if (end == null) {
            return null;
        }
        end.setFlags(end.flags() | flags);
        waiters().wake(WRITABLE);
        return end;
    }

    @Override
    public synchronized byte[] peerAddress() throws ErrnoException {
        if (state != State.CONNECTED) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        return peerAddress;
    }

    @Override
    protected synchronized PeerIdentity peerIdentity() {
        return peerIdentity;
    }

    // ---- Sending and receiving

    @Override
    public long send(SendRequest request) throws ErrnoException {
        checkFlags(request.flags());
        if (request.address() != null) {
            throw ErrnoException.of(isConnected() ? Errno.EISCONN : Errno.EOPNOTSUPP);
        }
        MessageQueue outgoing;
        synchronized (this) {
            if (state != State.CONNECTED) {
                throw ErrnoException.of(Errno.ENOTCONN);
            }
            if (sendingEnded) {
                throw ErrnoException.of(Errno.EPIPE);
            }
            outgoing = peer.incoming;
        }
        // An error that waits, such as ECONNRESET, is told to the reader: after a close, EPIPE comes first here.
        return stream ? sendStream(request, outgoing) : sendPacket(request, outgoing);
    }

    private long sendStream(SendRequest request, MessageQueue outgoing) throws ErrnoException {
        int limit = options().sendBufferBytes();
        int chunk = CHUNK_BYTES;
        long done = 0;
        while (request.source().remaining() > 0) {
            if (outgoing.isRefused()) {
                if (done > 0) {
                    return done;
                }
                throw ErrnoException.of(Errno.EPIPE);
            }
            if (!outgoing.hasRoom(limit, UNLIMITED_MESSAGES, waiters())) {
                break;
            }
            byte[] data;
            try {
                data = copyIn(request, chunk);
            } catch (ErrnoException e) {
                if (done > 0) {
                    return done;
                }
                throw e;
            }
            var offer = offer(request, data, outgoing, limit);
            if (offer != MessageQueue.Offer.TAKEN) {
                request.source().rewind(data.length);
                if (offer == MessageQueue.Offer.FULL) {
                    break;
                }
                if (offer == MessageQueue.Offer.NO_MEMORY) {
                    chunk = MessageQueue.ALWAYS_BYTES;
                }
                continue;
            }
            done += data.length;
        }
        return done == 0 && request.source().remaining() > 0 ? WOULD_BLOCK : done;
    }

    private long sendPacket(SendRequest request, MessageQueue outgoing) throws ErrnoException {
        int limit = options().sendBufferBytes();
        if (request.source().remaining() > limit - Message.OVERHEAD_BYTES) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        if (outgoing.isRefused()) {
            throw ErrnoException.of(Errno.EPIPE);
        }
        if (!outgoing.hasRoom(limit, UNLIMITED_MESSAGES, waiters())) {
            return WOULD_BLOCK;
        }
        long wanted = request.source().remaining();
        byte[] data = copyIn(request, limit);
        if (data.length < wanted) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        var offer = offer(request, data, outgoing, limit);
        if (offer == MessageQueue.Offer.TAKEN) {
            return data.length;
        }
        request.source().rewind(data.length);
        if (offer == MessageQueue.Offer.FULL) {
            return WOULD_BLOCK;
        }
        throw ErrnoException.of(offer == MessageQueue.Offer.REFUSED ? Errno.EPIPE : Errno.ENOBUFS);
    }

    private MessageQueue.Offer offer(SendRequest request, byte[] data, MessageQueue outgoing, int limit)
            throws ErrnoException {
        launch(request);
        List<OpenFile> files = request.files().take();
        var message = new Message(data, null, senderOf(request), files.isEmpty() ? null : files);
        var offer = outgoing.offer(message, limit, UNLIMITED_MESSAGES, waiters());
        if (offer != MessageQueue.Offer.TAKEN) {
            family().budget().land(files.size());
            request.files().putBack(files);
        }
        return offer;
    }

    @Override
    public long receive(ReceiveRequest request) throws ErrnoException {
        checkFlags(request.flags());
        if (!isConnected()) {
            throw ErrnoException.of(stream ? Errno.EINVAL : Errno.ENOTCONN);
        }
        long result = stream
                ? incoming.receiveStream(request, options().passesCredentials())
                : incoming.receiveMessage(request);
        if (result <= 0 && request.sender() == null && hasError()) {
            throwError();
        }
        return result;
    }

    private synchronized boolean isConnected() {
        return state == State.CONNECTED;
    }

    private synchronized UnixConnectedSocket peer() {
        return peer;
    }

    // ---- Ending

    @Override
    public void shutdown(int how) {
        var other = peer();
        if (how != SHUT_WR) {
            incoming.refuse();
            incoming.end();
            if (other != null) {
                other.waiters().wake(WRITABLE | POLLHUP | POLLERR);
            }
        }
        if (how != SHUT_RD) {
            synchronized (this) {
                sendingEnded = true;
            }
            if (other != null) {
                other.incoming.end();
            }
        }
        waiters().wake(READABLE | WRITABLE | POLLHUP | POLLRDHUP);
    }

    @Override
    protected void released() {
        List<UnixConnectedSocket> abandoned = List.of();
        UnixConnectedSocket other;
        synchronized (this) {
            closed = true;
            sendingEnded = true;
            other = peer;
            if (state == State.LISTENING) {
                abandoned = new ArrayList<>(pending);
                pending.clear();
            }
        }
        releaseName();
        boolean lost = incoming.discard();
        if (other != null) {
            if (lost) {
                other.setError(Errno.ECONNRESET);
            }
            other.incoming.end();
            other.waiters().wake(WRITABLE | POLLHUP | POLLERR | POLLRDHUP);
        }
        for (var end : abandoned) {
            var client = end.peer();
            client.setError(Errno.ECONNRESET);
            end.release();
        }
        waiters().wake(WRITABLE | POLLHUP | POLLERR);
    }

    // ---- As an open file

    @Override
    public int readiness() {
        UnixConnectedSocket other;
        boolean ended;
        synchronized (this) {
            if (state == State.LISTENING) {
                return pending.isEmpty() ? 0 : READABLE;
            }
            if (state == State.FRESH) {
                return WRITABLE | POLLHUP;
            }
            other = peer;
            ended = sendingEnded;
        }
        int events = hasError() ? POLLERR : 0;
        boolean incomingEnded = incoming.hasEnded();
        if (!incoming.isEmpty() || incomingEnded) {
            events |= READABLE;
        }
        if (incomingEnded) {
            events |= POLLRDHUP;
        }
        boolean outgoingEnded = ended || other.incoming.isRefused();
        if (incomingEnded && outgoingEnded) {
            events |= POLLHUP;
        }
        if (outgoingEnded || other.incoming.hasRoom(options().sendBufferBytes(), UNLIMITED_MESSAGES, waiters())) {
            events |= WRITABLE;
        }
        return events;
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (request != Ioctl.SIOCINQ && request != Ioctl.SIOCOUTQ) {
            return super.control(caller, request, argument);
        }
        if (isListening()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        long bytes;
        if (request == Ioctl.SIOCOUTQ) {
            var other = peer();
            bytes = other == null ? 0 : other.incoming.bytes();
        } else {
            bytes = stream ? incoming.bytes() : incoming.firstLength();
        }
        caller.memory().putInt(argument, (int) Math.min(Integer.MAX_VALUE, bytes));
        return 0;
    }

    @Override
    int shownState() {
        return isConnected() ? 3 : 1;
    }
}
