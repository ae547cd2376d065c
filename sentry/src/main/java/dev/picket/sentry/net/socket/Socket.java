package dev.picket.sentry.net.socket;

import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.WaitableFile;
import dev.picket.sentry.wait.WaitQueue;

/**
 * A socket of any family. As with every open file, calls answer WOULD_BLOCK where Linux would wait. Addresses are the
 * bytes of a {@code struct sockaddr} of the family.
 */
public abstract class Socket extends WaitableFile {
    private final Inode inode;
    private final int domain;
    private final int type;
    private final int protocol;
    private final SocketOptions options = new SocketOptions();

    /**
     * @param domain AF_UNIX and so on
     * @param flags O_NONBLOCK or 0
     */
    protected Socket(Inode inode, int domain, int type, int protocol, int flags) {
        super(Fcntl.O_RDWR | flags);
        this.inode = inode;
        this.domain = domain;
        this.type = type;
        this.protocol = protocol;
    }

    @Override
    public final Inode inode() {
        return inode;
    }

    public final int domain() {
        return domain;
    }

    /** SOCK_STREAM and so on. */
    public final int type() {
        return type;
    }

    /** IPPROTO_TCP and so on. */
    public final int protocol() {
        return protocol;
    }

    public final SocketOptions options() {
        return options;
    }

    // ---- What the families do

    /** bind(2). */
    public abstract void bind(SocketCaller caller, byte[] address) throws ErrnoException;

    /** listen(2). */
    public abstract void listen(SocketCaller caller, int backlog) throws ErrnoException;

    /**
     * Takes the next connection.
     *
     * @param flags O_NONBLOCK or 0, for the new socket
     * @return the new socket; null if there is no connection yet
     */
    public abstract Socket accept(SocketCaller caller, int flags) throws ErrnoException;

    /** connect(2): 0, or WOULD_BLOCK: try again when {@link #connectWaiters} is woken. */
    public abstract long connect(SocketCaller caller, byte[] address) throws ErrnoException;

    /** What a connect that waits waits on; valid after {@link #connect} answered WOULD_BLOCK. */
    public abstract WaitQueue connectWaiters();

    /** What a connect that has waited until its deadline fails with. */
    public int connectTimeoutErrno() {
        return Errno.EAGAIN;
    }

    /** The socket's own address. */
    public abstract byte[] localAddress() throws ErrnoException;

    /** The peer's address; ENOTCONN. */
    public abstract byte[] peerAddress() throws ErrnoException;

    /** The peer's address, of a connection that was just accepted. */
    public byte[] acceptedAddress() throws ErrnoException {
        return peerAddress();
    }

    /** Sends; answers the bytes sent, or WOULD_BLOCK. EPIPE comes without its signal. */
    public abstract long send(SendRequest request) throws ErrnoException;

    /** Receives; answers the bytes received, 0 at the end of a stream, or WOULD_BLOCK. */
    public abstract long receive(ReceiveRequest request) throws ErrnoException;

    /** shutdown(2); {@code how} was checked. */
    public abstract void shutdown(int how) throws ErrnoException;

    /** Takes the error that waits to be told: SO_ERROR. 0 if there is none. */
    protected abstract int takeError();

    /** Whether listen(2) was called. */
    protected abstract boolean isListening();

    /** Who the peer is: SO_PEERCRED. */
    protected PeerIdentity peerIdentity() throws ErrnoException {
        throw ErrnoException.of(Errno.ENOPROTOOPT);
    }

    // ---- Options

    /** setsockopt(2). */
    public void setOption(SocketCaller caller, int level, int option, byte[] value) throws ErrnoException {
        if (level != SOL_SOCKET) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        options.set(caller, option, value);
    }

    /** getsockopt(2). */
    public byte[] option(SocketCaller caller, int level, int option) throws ErrnoException {
        if (level != SOL_SOCKET) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        return switch (option) {
            case SO_TYPE -> SocketOptions.number(type);
            case SO_DOMAIN -> SocketOptions.number(domain);
            case SO_PROTOCOL -> SocketOptions.number(protocol);
            case SO_ERROR -> SocketOptions.number(takeError());
            case SO_ACCEPTCONN -> SocketOptions.number(isListening() ? 1 : 0);
            case SO_PEERCRED -> {
                var peer = peerIdentity();
                byte[] value = new byte[UCRED_BYTES];
                Bytes.putInt(value, 0, peer.processId());
                Bytes.putInt(value, 4, peer.user());
                Bytes.putInt(value, 8, peer.group());
                yield value;
            }
            default -> options.get(option);
        };
    }

    // ---- As an open file

    @Override
    public long read(GuestBuffer destination) throws ErrnoException {
        var request = ReceiveRequest.of(destination);
        long result = receive(request);
        request.releaseFiles(); // read(2) has nowhere to put them
        return result;
    }

    @Override
    public long write(GuestBuffer source) throws ErrnoException {
        return send(SendRequest.of(source));
    }

    @Override
    public boolean writesWhole() {
        return type == SOCK_STREAM;
    }

    @Override
    public long waitDeadlineNanos(long startNanos, int events) {
        long timeout = (events & POLLIN) != 0 ? options.receiveTimeoutNanos() : options.sendTimeoutNanos();
        return timeout == Long.MAX_VALUE || startNanos + timeout < startNanos ? Long.MAX_VALUE : startNanos + timeout;
    }

    /** With a timeout set, calls are not restarted: nobody knows how much of it is left. */
    @Override
    public ErrnoException interruption(int events) {
        boolean hasTimeout = waitDeadlineNanos(0, events) != Long.MAX_VALUE;
        return hasTimeout ? ErrnoException.of(Errno.EINTR) : super.interruption(events);
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        throw ErrnoException.of(Errno.ENOTTY);
    }
}
