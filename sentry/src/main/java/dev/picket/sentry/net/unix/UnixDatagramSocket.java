package dev.picket.sentry.net.unix;

import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
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
import java.util.List;

/** A socket of type SOCK_DGRAM of AF_UNIX. */
final class UnixDatagramSocket extends UnixSocket {
    /** net.unix.max_dgram_qlen: how many datagrams wait at one socket. */
    private static final int MAXIMUM_QUEUED = 512;

    private final MessageQueue incoming;

    // Guarded by this.
    private UnixDatagramSocket peer;
    private PeerIdentity peerIdentity = PeerIdentity.NOBODY;
    private boolean sendingEnded;
    private boolean closed;

    UnixDatagramSocket(UnixSockets family, AnonymousInode inode, int flags, PeerIdentity maker) {
        super(family, inode, SOCK_DGRAM, 0, flags, maker);
        incoming = new MessageQueue(family.budget(), waiters());
    }

    @Override
    void pairWith(UnixSocket other) {
        var that = (UnixDatagramSocket) other;
        setPeer(that, that.maker());
        that.setPeer(this, maker());
    }

    private synchronized void setPeer(UnixDatagramSocket other, PeerIdentity identity) {
        peer = other;
        peerIdentity = identity;
    }

    private synchronized UnixDatagramSocket peer() {
        return peer;
    }

    @Override
    public void listen(SocketCaller caller, int backlog) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    @Override
    public Socket accept(SocketCaller caller, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    @Override
    protected boolean isListening() {
        return false;
    }

    /** Sets where send(2) sends to, and whom alone messages come from; AF_UNSPEC takes that back. */
    @Override
    public long connect(SocketCaller caller, byte[] bytes) throws ErrnoException {
        if (bytes.length >= 2 && Bytes.getShort(bytes, 0) == AF_UNSPEC) {
            setPeer(null, PeerIdentity.NOBODY);
            waiters().wake(WRITABLE);
            return 0;
        }
        var target = find(caller, bytes);
        target.checkTakesFrom(this);
        if (options().passesCredentials()) {
            bindIfUnnamed();
        }
        setPeer(target, target.maker());
        waiters().wake(WRITABLE);
        return 0;
    }

    private UnixDatagramSocket find(Caller caller, byte[] address) throws ErrnoException {
        return (UnixDatagramSocket) family().find(caller, UnixAddress.decode(address), SOCK_DGRAM);
    }

    /** A connected socket hears nobody but its peer: EPERM for the others. */
    private void checkTakesFrom(UnixDatagramSocket sender) throws ErrnoException {
        var only = peer();
        if (only != null && only != sender) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    @Override
    public WaitQueue connectWaiters() {
        throw new IllegalStateException("datagram sockets connect at once");
    }

    @Override
    public byte[] peerAddress() throws ErrnoException {
        var other = peer();
        if (other == null) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        return other.encoded();
    }

    @Override
    protected synchronized PeerIdentity peerIdentity() {
        return peerIdentity;
    }

    @Override
    public long send(SendRequest request) throws ErrnoException {
        checkFlags(request.flags());
        int limit = options().sendBufferBytes();
        long length = request.source().remaining();
        synchronized (this) {
            if (sendingEnded) {
                throw ErrnoException.of(Errno.EPIPE);
            }
        }
        if (length > limit - Message.OVERHEAD_BYTES) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        var target = target(request);
        target.checkTakesFrom(this);
        if (options().passesCredentials()) {
            bindIfUnnamed();
        }
        if (!target.incoming.hasRoom(limit, MAXIMUM_QUEUED, waiters())) {
            return WOULD_BLOCK;
        }
        byte[] data = copyIn(request, limit);
        if (data.length < length) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        launch(request);
        List<OpenFile> files = request.files().take();
        var message = new Message(data, encoded(), senderOf(request), files.isEmpty() ? null : files);
        var offer = target.incoming.offer(message, limit, MAXIMUM_QUEUED, waiters());
        if (offer == MessageQueue.Offer.TAKEN) {
            return data.length;
        }
        family().budget().land(files.size());
        request.files().putBack(files);
        request.source().rewind(data.length);
        if (offer == MessageQueue.Offer.REFUSED) {
            throw refusal(target);
        }
        if (offer == MessageQueue.Offer.NO_MEMORY) {
            throw ErrnoException.of(Errno.ENOBUFS);
        }
        return WOULD_BLOCK;
    }

    private UnixDatagramSocket target(SendRequest request) throws ErrnoException {
        if (request.address() != null) {
            return find(request.caller(), request.address());
        }
        var target = peer();
        if (target == null) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        return target;
    }

    /** The target takes nothing any more: closed, or its reading half is shut down. */
    private ErrnoException refusal(UnixDatagramSocket target) {
        boolean gone;
        synchronized (target) {
            gone = target.closed;
        }
        if (!gone) {
            return ErrnoException.of(Errno.EPIPE);
        }
        synchronized (this) {
            if (peer == target) {
                peer = null;
            }
        }
        return ErrnoException.of(Errno.ECONNREFUSED);
    }

    @Override
    public long receive(ReceiveRequest request) throws ErrnoException {
        checkFlags(request.flags());
        if (hasError()) {
            throwError();
        }
        return incoming.receiveMessage(request);
    }

    @Override
    public void shutdown(int how) {
        if (how != SHUT_WR) {
            incoming.refuse();
            incoming.end();
        }
        if (how != SHUT_RD) {
            synchronized (this) {
                sendingEnded = true;
            }
        }
        waiters().wake(READABLE | WRITABLE | POLLHUP | POLLRDHUP);
    }

    @Override
    protected void released() {
        UnixDatagramSocket other;
        synchronized (this) {
            closed = true;
            other = peer;
            peer = null;
        }
        releaseName();
        incoming.discard();
        if (other != null && other.peer() == this) {
            // A connected peer hears of it, as of an error of its own.
            other.setError(Errno.ECONNRESET);
            other.waiters().wake(READABLE | WRITABLE | POLLERR);
        }
    }

    @Override
    public int readiness() {
        UnixDatagramSocket other;
        boolean ended;
        synchronized (this) {
            other = peer;
            ended = sendingEnded;
        }
        int events = hasError() ? POLLERR : 0;
        boolean incomingEnded = incoming.hasEnded();
        if (!incoming.isEmpty() || incomingEnded) {
            events |= READABLE;
        }
        if (incomingEnded) {
            events |= POLLRDHUP | (ended ? POLLHUP : 0);
        }
        if (other == null || other.incoming.hasRoom(options().sendBufferBytes(), MAXIMUM_QUEUED, waiters())) {
            events |= WRITABLE;
        }
        return events;
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (request == Ioctl.SIOCINQ) {
            caller.memory().putInt(argument, incoming.firstLength());
            return 0;
        }
        if (request == Ioctl.SIOCOUTQ) {
            caller.memory().putInt(argument, 0);
            return 0;
        }
        return super.control(caller, request, argument);
    }

    @Override
    int shownState() {
        return peer() == null ? 1 : 3;
    }
}
