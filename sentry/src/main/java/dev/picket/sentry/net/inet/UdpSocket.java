package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ioctl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.socket.MessageQueue;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.net.socket.SocketOptions;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.FileClock;
import dev.picket.sentry.wait.WaitQueue;

/**
 * A socket of udp(7), or of udplite(7). A datagram is put straight into its receiver's queue, or lost if that is full; one that nobody hears
 * is reported as an ICMP message would be: to a sender that is connected, by ECONNREFUSED of its next call.
 */
final class UdpSocket extends InetSocket {
    /** What a packet of IPv4 has room for. */
    private static final int MAXIMUM_V4_BYTES = 65_507;

    private static final int MAXIMUM_V6_BYTES = 65_527;
    private static final int HEADER_BYTES = 8;
    private static final byte[] NOTHING = {};

    private static final OptionValues.Kinds KINDS = new OptionValues.Kinds()
            .addSwitch(UDP_CORK, false)
            .addSwitch(UDP_NO_CHECK6_TX, false)
            .addSwitch(UDP_NO_CHECK6_RX, false)
            .add(UDPLITE_SEND_CSCOV, 0, 0xffff, 0)
            .add(UDPLITE_RECV_CSCOV, 0, 0xffff, 0);

    private final MessageQueue incoming;
    private final ErrorQueue errors = new ErrorQueue();
    private final OptionValues udpOptions = new OptionValues(KINDS);
    private volatile boolean sendingEnded;
    private volatile boolean receivingEnded;

    UdpSocket(InetStack stack, AnonymousInode inode, int domain, int protocol, int flags, Credentials owner) {
        super(stack, inode, domain, SOCK_DGRAM, protocol, flags, ports(stack, protocol), owner);
        incoming = new MessageQueue(stack.budget(), waiters());
    }

    private static PortTable ports(InetStack stack, int protocol) {
        return protocol == IPPROTO_UDP ? stack.udpPorts() : stack.udpLitePorts();
    }

    long unreadBytes() {
        return incoming.cost();
    }

    // ---- Names

    @Override
    boolean mayBind() {
        return true;
    }

    @Override
    void wasBound() {
        ports().addReceiver(this, local().port());
    }

    @Override
    public boolean isListening() {
        return false;
    }

    @Override
    public void listen(SocketCaller caller, int backlog) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    @Override
    public Socket accept(SocketCaller caller, int flags) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    /** Sets where send(2) sends to, and whom alone datagrams come from; AF_UNSPEC takes that back. */
    @Override
    public long connect(SocketCaller caller, byte[] bytes) throws ErrnoException {
        if (SocketAddresses.family(bytes) == AF_UNSPEC) {
            synchronized (this) {
                setRemote(null);
                widen();
                forgetChosenPort();
            }
            return 0;
        }
        var asked = decode(bytes);
        synchronized (this) {
            bindAutomatically();
            var destination = reachable(asked);
            checkBroadcast(destination);
            var source = source(destination, null, bytes);
            narrow(source);
            setRemote(destination);
        }
        return 0;
    }

    /** A destination; a socket of AF_INET6 also takes addresses of AF_INET. */
    private Endpoint decode(byte[] bytes) throws ErrnoException {
        int family = SocketAddresses.family(bytes);
        if (domain() == AF_INET6 && family == AF_INET) {
            if (isV6Only()) {
                throw ErrnoException.of(Errno.ENETUNREACH);
            }
            return SocketAddresses.decode(AF_INET, bytes);
        }
        if (domain() == AF_INET && family == AF_UNSPEC && bytes.length >= SOCKADDR_IN_BYTES) {
            return SocketAddresses.decodeUnspecified(bytes); // udp_sendmsg() takes it
        }
        var destination = SocketAddresses.decode(domain(), bytes);
        if (destination.address().isV4() && isV6Only()) {
            throw ErrnoException.of(Errno.ENETUNREACH);
        }
        return destination;
    }

    private void checkBroadcast(Endpoint destination) throws ErrnoException {
        var address = destination.address();
        boolean isLoopbackBroadcast = address.isV4() && address.v4Bits() == 0x7fffffff;
        if (isLoopbackBroadcast && !options().isOn(SO_BROADCAST)) {
            throw ErrnoException.of(Errno.EACCES);
        }
    }

    /**
     * The address that a datagram comes from.
     *
     * @param chosen what the sender named for this one; null for nothing
     * @param name the destination as the guest gave it; null for the peer
     * @throws ErrnoException ENETUNREACH; EINVAL if the two are of different families
     */
    private IpAddress source(Endpoint destination, IpAddress chosen, byte[] name) throws ErrnoException {
        var address = destination.address();
        var own = chosen != null ? chosen : local().address();
        if (chosen != null && !stack().links().isLocal(chosen)) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (!own.isAny() && own.isV4() != address.isV4()) {
            throw ErrnoException.of(own.isV4() ? Errno.ENETUNREACH : Errno.EINVAL);
        }
        boolean isLocalOnly = address.isMulticast() || address.isLimitedBroadcast();
        boolean hasLink = ipOptions().multicastLink() != null
                || !own.isAny()
                || name != null && domain() == AF_INET6 && SocketAddresses.scope(name) != 0;
        var links = stack().links();
        // A group has no route of its own: somebody must have named the interface.
        var link = isLocalOnly && hasLink ? links.loopback() : links.route(address);
        return own.isAny() ? links.sourceFor(link, address) : own;
    }

    @Override
    public WaitQueue connectWaiters() {
        throw new IllegalStateException("datagram sockets connect at once");
    }

    @Override
    public byte[] peerAddress() throws ErrnoException {
        var other = remote();
        if (other == null) {
            throw ErrnoException.of(Errno.ENOTCONN);
        }
        return SocketAddresses.encode(domain(), other);
    }

    // ---- Sending

    @Override
    public long send(SendRequest request) throws ErrnoException {
        if ((request.flags() & MSG_OOB) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        long length = request.source().remaining();
        if (length > 0xffff) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        var asked = request.address() == null ? remote() : decode(request.address());
        if (asked == null) {
            throw ErrnoException.of(Errno.EDESTADDRREQ);
        }
        if (asked.port() == 0 && request.address() != null) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var destination = reachable(asked);
        boolean isV4 = destination.address().isV4();
        var chosen = DatagramControls.read(request, isV4);
        if (!hasPort()) {
            synchronized (this) {
                bindAutomatically();
            }
        }
        var source = source(destination, chosen.source(), request.address());
        checkBroadcast(destination);
        if (length > (isV4 ? MAXIMUM_V4_BYTES : MAXIMUM_V6_BYTES)) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        throwError();
        if (sendingEnded) {
            throw ErrnoException.of(Errno.EPIPE);
        }
        byte[] data = copyIn(request, (int) length);
        var header = new Datagram.Header(
                new Endpoint(source, local().port()),
                destination,
                chosen.trafficClass() >= 0 ? chosen.trafficClass() : trafficClass(isV4),
                chosen.hops() >= 0 ? chosen.hops() : hops(destination.address()));
        deliver(data, header);
        return data.length;
    }

    private static byte[] copyIn(SendRequest request, int length) throws ErrnoException {
        if (length == 0) {
            return NOTHING;
        }
        byte[] data = new byte[length];
        if (request.source().copyIn(data, 0, length) < length) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        return data;
    }

    private int trafficClass(boolean isV4) {
        return isV4 ? ipOptions().v4(IP_TOS) : ipOptions().v6(IPV6_TCLASS);
    }

    private int hops(IpAddress destination) {
        boolean toGroup = destination.isMulticast();
        if (destination.isV4()) {
            return ipOptions().v4(toGroup ? IP_MULTICAST_TTL : IP_TTL);
        }
        return ipOptions().v6(toGroup ? IPV6_MULTICAST_HOPS : IPV6_UNICAST_HOPS);
    }

    private void deliver(byte[] data, Datagram.Header header) {
        var address = header.destination().address();
        if (address.isMulticast() || address.isLimitedBroadcast()) {
            deliverToAll(data, header);
            return;
        }
        var receiver = (UdpSocket) ports().find(header.destination(), header.source());
        if (receiver != null) {
            receiver.take(data, header);
        } else {
            unheard(data, header.destination());
        }
    }

    private void deliverToAll(byte[] data, Datagram.Header header) {
        var group = header.destination().address();
        boolean isJoined = group.isMulticast() && stack().isJoined(group);
        for (var socket : ports().receivers(header.destination().port())) {
            var receiver = (UdpSocket) socket;
            if (receiver.hears(group, isJoined) && receiver.isFrom(header.source())) {
                receiver.take(data, header);
            }
        }
    }

    private boolean hears(IpAddress group, boolean isJoined) {
        var own = local().address();
        if (!own.isAny() && !own.equals(group) || domain() == AF_INET && !group.isV4()) {
            return false;
        }
        if (group.isLimitedBroadcast()) {
            return true;
        }
        boolean hearsAll = group.isV4()
                ? ipOptions().isOnV4(IP_MULTICAST_ALL)
                : ipOptions().isOnV6(IPV6_MULTICAST_ALL);
        return ipOptions().memberships().contains(group) || isJoined && hearsAll;
    }

    private boolean isFrom(Endpoint source) {
        var only = remote();
        return only == null || only.equals(source);
    }

    private void take(byte[] data, Datagram.Header header) {
        boolean wantsTime = options().isOn(SO_TIMESTAMP) || options().isOn(SO_TIMESTAMPNS);
        byte[] sender = SocketAddresses.encode(domain(), header.source());
        var datagram = new Datagram(data, sender, header, wantsTime ? FileClock.nowNanos() : 0);
        // Lost if there is no room, as datagrams may be.
        incoming.offer(datagram, options().receiveBufferBytes(), Integer.MAX_VALUE, null);
    }

    /** Nobody is there: what ICMP would report. */
    private void unheard(byte[] data, Endpoint destination) {
        boolean wantsErrors = ipOptions().isOnV4(IP_RECVERR) || ipOptions().isOnV6(IPV6_RECVERR);
        if (wantsErrors) {
            errors.add(data, destination);
        }
        if (wantsErrors || remote() != null) {
            setError(Errno.ECONNREFUSED);
            waiters().wake(READABLE | WRITABLE | POLLERR);
        }
    }

    // ---- Receiving

    @Override
    public long receive(ReceiveRequest request) throws ErrnoException {
        if ((request.flags() & MSG_OOB) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        if ((request.flags() & MSG_ERRQUEUE) != 0) {
            return errors.receive(request, domain());
        }
        throwError();
        long length = incoming.receiveMessage(request);
        if (request.message() instanceof Datagram datagram) {
            DatagramControls.write(this, request, datagram);
        }
        return length;
    }

    @Override
    public void shutdown(int how) throws ErrnoException {
        if (how != SHUT_WR) {
            receivingEnded = true;
            incoming.end();
        }
        if (how != SHUT_RD) {
            sendingEnded = true;
        }
        waiters().wake(READABLE | WRITABLE | POLLHUP | POLLRDHUP);
        if (remote() == null) {
            throw ErrnoException.of(Errno.ENOTCONN); // and yet it is done
        }
    }

    @Override
    protected void released() {
        synchronized (this) {
            releasePort();
        }
        incoming.discard();
    }

    @Override
    public int readiness() {
        int events = WRITABLE;
        if (hasError() || !errors.isEmpty()) {
            events |= POLLERR;
        }
        if (!incoming.isEmpty()) {
            events |= READABLE;
        }
        if (receivingEnded) {
            events |= READABLE | POLLRDHUP | (sendingEnded ? POLLHUP : 0);
        }
        return events;
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        switch (request) {
            case Ioctl.SIOCINQ -> caller.memory().putInt(argument, incoming.firstLength());
            case Ioctl.SIOCOUTQ -> caller.memory().putInt(argument, 0);
            default -> {
                return super.control(caller, request, argument);
            }
        }
        return 0;
    }

    // ---- Options

    @Override
    public void setOption(SocketCaller caller, int level, int option, byte[] value) throws ErrnoException {
        if (level != protocol()) {
            super.setOption(caller, level, option, value);
            return;
        }
        if (value.length < Integer.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        checkUdpOption(option);
        int number = Bytes.getInt(value, 0);
        // Of UDP-Lite less than the header cannot be covered; checksums cost nothing here, and nothing is ever damaged.
        udpOptions.set(option, isCoverage(option) && number > 0 ? Math.max(number, HEADER_BYTES) : number);
    }

    @Override
    public byte[] option(SocketCaller caller, int level, int option) throws ErrnoException {
        if (level != protocol()) {
            return super.option(caller, level, option);
        }
        checkUdpOption(option);
        return SocketOptions.number(udpOptions.get(option));
    }

    private static boolean isCoverage(int option) {
        return option == UDPLITE_SEND_CSCOV || option == UDPLITE_RECV_CSCOV;
    }

    private void checkUdpOption(int option) throws ErrnoException {
        if (!udpOptions.has(option) || isCoverage(option) && protocol() != IPPROTO_UDPLITE) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
    }
}
