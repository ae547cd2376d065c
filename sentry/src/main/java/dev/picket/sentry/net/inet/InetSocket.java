package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.link.Link;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.net.socket.SocketOptions;
import dev.picket.sentry.vfs.AnonymousInode;
import java.nio.charset.StandardCharsets;

/** What sockets of TCP and UDP have: addresses, a port, an error that waits to be told, options of IP. */
abstract class InetSocket extends Socket implements PortHolder {
    private static final int FIRST_UNPRIVILEGED_PORT = 1024;
    private static final int INTERFACE_NAME_BYTES = 16;

    private final InetStack stack;
    private final AnonymousInode socketInode;
    private final PortTable ports;
    private final Credentials owner;
    private final IpOptions ipOptions;
    private final IpAddress any;

    // Written with this socket's monitor held.
    private volatile Endpoint local;
    private volatile Endpoint remote;
    private volatile boolean hasPort;
    private boolean boundAddress;
    private boolean boundPort;
    private volatile int error;
    private volatile Link boundLink;

    InetSocket(
            InetStack stack,
            AnonymousInode inode,
            int domain,
            int type,
            int protocol,
            int flags,
            PortTable ports,
            Credentials owner) {
        super(inode, domain, type, protocol, flags);
        this.stack = stack;
        this.socketInode = inode;
        this.ports = ports;
        this.owner = owner;
        this.ipOptions = new IpOptions(domain, type, stack.links());
        this.any = domain == AF_INET ? IpAddress.ANY_V4 : IpAddress.ANY_V6;
        this.local = new Endpoint(any, 0);
    }

    final InetStack stack() {
        return stack;
    }

    final PortTable ports() {
        return ports;
    }

    final Credentials owner() {
        return owner;
    }

    final IpOptions ipOptions() {
        return ipOptions;
    }

    final long inodeNumber() {
        return socketInode.number();
    }

    final Endpoint local() {
        return local;
    }

    /** Whom the socket is connected with; null for nobody. */
    final Endpoint remote() {
        return remote;
    }

    final void setRemote(Endpoint endpoint) {
        remote = endpoint;
    }

    final boolean hasPort() {
        return hasPort;
    }

    @Override
    public final boolean reusesAddress() {
        return options().isOn(SO_REUSEADDR);
    }

    @Override
    public final boolean reusesPort() {
        return options().isOn(SO_REUSEPORT);
    }

    @Override
    public final boolean isV6Only() {
        return domain() == AF_INET6 && ipOptions.isOnV6(IPV6_V6ONLY);
    }

    @Override
    public final boolean isInTimeWait() {
        return false;
    }

    @Override
    public final int user() {
        return owner.effectiveUser();
    }

    // ---- Names

    /** Whether the socket is in a state to be given a name. */
    abstract boolean mayBind();

    /** The socket has got its port, by bind(2). */
    void wasBound() {}

    @Override
    public final void bind(SocketCaller caller, byte[] bytes) throws ErrnoException {
        var wanted = SocketAddresses.decodeForBind(domain(), bytes);
        checkBindable(wanted.address());
        if (wanted.port() != 0
                && wanted.port() < FIRST_UNPRIVILEGED_PORT
                && !caller.credentials().has(Credentials.CAP_NET_BIND_SERVICE)) {
            throw ErrnoException.of(Errno.EACCES);
        }
        stack.timeWaits().removeOld();
        synchronized (this) {
            if (hasPort || !mayBind()) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            local = ports.bind(this, wanted);
            hasPort = true;
            boundAddress = !wanted.address().isAny();
            boundPort = wanted.port() != 0;
            wasBound();
        }
    }

    private void checkBindable(IpAddress address) throws ErrnoException {
        if (domain() == AF_INET6 && address.isV4() && isV6Only()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (address.isMulticast() && type() == SOCK_STREAM && domain() == AF_INET6) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        boolean isFree = ipOptions.isOnV4(IP_FREEBIND)
                || ipOptions.isOnV4(IP_TRANSPARENT)
                || ipOptions.isOnV6(IPV6_FREEBIND)
                || ipOptions.isOnV6(IPV6_TRANSPARENT);
        if (!address.isAny()
                && !address.isMulticast()
                && !address.isLimitedBroadcast()
                && !stack.links().isLocal(address)
                && !isFree) {
            throw ErrnoException.of(Errno.EADDRNOTAVAIL);
        }
    }

    /** Gives the socket a port if it has none; its monitor is held. */
    final void bindAutomatically() throws ErrnoException {
        if (!hasPort) {
            local = ports.bind(this, local.withPort(0));
            hasPort = true;
            wasBound();
        }
    }

    /** Notes a port that was got otherwise; the monitor is held. */
    final void holdPort(Endpoint endpoint) {
        local = endpoint;
        hasPort = true;
    }

    /** Sets the address that the socket speaks from, if it has none; the monitor is held. */
    final void narrow(IpAddress source) {
        if (local.address().isAny()) {
            local = local.withAddress(source);
            ports.move(this, local);
        }
    }

    /** After a disconnect: what bind(2) did not set is forgotten; the monitor is held. */
    final void widen() {
        if (!boundAddress) {
            local = local.withAddress(any);
            ports.move(this, local);
        }
        releaseChosenPort();
    }

    /** Shows no port any more, if bind(2) did not ask for it; the monitor is held. */
    final void forgetChosenPort() {
        if (!boundPort) {
            local = local.withPort(0);
        }
    }

    /** Gives up the port, unless bind(2) asked for it by number; the monitor is held. */
    final void releaseChosenPort() {
        if (!boundPort) {
            releasePort();
        }
    }

    final void releasePort() {
        if (hasPort) {
            hasPort = false;
            ports.release(this, local.port());
        }
    }

    @Override
    public final byte[] localAddress() {
        return SocketAddresses.encode(domain(), local);
    }

    /** Where a connect or a datagram goes that names 0.0.0.0 or {@code ::}: to the sandbox itself. */
    final Endpoint reachable(Endpoint destination) {
        if (!destination.address().isAny()) {
            return destination;
        }
        var own = local.address();
        if (!own.isAny()) {
            return destination.withAddress(own);
        }
        return destination.withAddress(destination.address().isV4() ? IpAddress.LOOPBACK_V4 : IpAddress.LOOPBACK_V6);
    }

    /**
     * How well this socket fits what comes from {@code source} to {@code destination}; -1 if not at all. See
     * compute_score() of net/ipv4/udp.c and inet_hashtables.c.
     */
    final int score(Endpoint destination, Endpoint source) {
        var own = local.address();
        var to = destination.address();
        int score = domain() == AF_INET ? 1 : 0;
        if (own.equals(to)) {
            score += 4;
        } else if (own.equals(IpAddress.ANY_V6)) {
            if (to.isV4() && isV6Only()) {
                return -1;
            }
        } else if (!own.isAny() || !to.isV4()) {
            return -1;
        }
        if (domain() == AF_INET && !to.isV4()) {
            return -1;
        }
        var only = remote;
        if (only != null) {
            if (!only.equals(source)) {
                return -1;
            }
            score += 8;
        }
        return score;
    }

    // ---- Errors

    final void setError(int errno) {
        error = errno;
    }

    final boolean hasError() {
        return error != 0;
    }

    @Override
    protected final synchronized int takeError() {
        int errno = error;
        error = 0;
        return errno;
    }

    /** Throws the error that waits to be told, once. */
    final void throwError() throws ErrnoException {
        int errno = takeError();
        if (errno != 0) {
            throw ErrnoException.of(errno);
        }
    }

    // ---- Options

    @Override
    public void setOption(SocketCaller caller, int level, int option, byte[] value) throws ErrnoException {
        switch (level) {
            case SOL_SOCKET -> {
                if (option == SO_BINDTODEVICE) {
                    bindToLink(value);
                } else {
                    super.setOption(caller, level, option, value);
                }
            }
            case IPPROTO_IP -> ipOptions.setV4(caller, option, value);
            case IPPROTO_IPV6 -> ipOptions.setV6(option, value, hasPort);
            default -> throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
    }

    private void bindToLink(byte[] value) throws ErrnoException {
        int end = 0;
        while (end < value.length && end < INTERFACE_NAME_BYTES - 1 && value[end] != 0) {
            end++;
        }
        String name = new String(value, 0, end, StandardCharsets.ISO_8859_1);
        var link = stack.links().byName(name);
        if (link == null && !name.isEmpty()) {
            throw ErrnoException.of(Errno.ENODEV);
        }
        boundLink = link;
    }

    @Override
    public byte[] option(SocketCaller caller, int level, int option) throws ErrnoException {
        return switch (level) {
            case SOL_SOCKET -> socketOption(caller, option);
            case IPPROTO_IP -> ipOptions.getV4(option, remote != null);
            case IPPROTO_IPV6 -> ipOptions.getV6(option, remote != null);
            default -> throw ErrnoException.of(Errno.ENOPROTOOPT);
        };
    }

    private byte[] socketOption(SocketCaller caller, int option) throws ErrnoException {
        var link = boundLink;
        return switch (option) {
            case SO_BINDTODEVICE -> link == null
                    ? new byte[0]
                    : (link.name() + "\0").getBytes(StandardCharsets.ISO_8859_1);
            case SO_BINDTOIFINDEX -> SocketOptions.number(link == null ? 0 : link.index());
            case SO_PEERNAME -> peerAddress();
            default -> super.option(caller, SOL_SOCKET, option);
        };
    }
}
