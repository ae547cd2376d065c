package dev.picket.sentry.net.netlink;

import static dev.picket.platform.linux.Netlink.*;
import static dev.picket.platform.linux.Poll.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ioctl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.socket.Message;
import dev.picket.sentry.net.socket.MessageQueue;
import dev.picket.sentry.net.socket.NoticeReceiver;
import dev.picket.sentry.net.socket.PeerIdentity;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.net.socket.SocketOptions;
import dev.picket.sentry.vfs.AnonymousInode;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.wait.WaitQueue;
import java.util.Arrays;
import java.util.List;

/** A socket of netlink(7), whose other end is the Sentry itself: an answer is there when the request was sent. */
final class NetlinkSocket extends Socket implements NoticeReceiver {
    private static final PeerIdentity KERNEL = new PeerIdentity(0, 0, 0);

    /** An answer of several messages is cut into pieces of no more, as Linux cuts it for readers with small buffers. */
    private static final int PIECE_BYTES = 8192;

    private static final int MAXIMUM_OPTION = 12;

    private final NetlinkSockets family;
    private final AnonymousInode socketInode;
    private final int processId;
    private final MessageQueue incoming;

    // Guarded by this.
    private int port;
    private boolean bound;
    private volatile int groups;
    private int destination;
    private volatile int switches;
    private volatile boolean overrun;

    NetlinkSocket(NetlinkSockets family, AnonymousInode inode, int type, int flags, int processId) {
        super(inode, AF_NETLINK, type, NETLINK_ROUTE, flags);
        this.family = family;
        this.socketInode = inode;
        this.processId = processId;
        this.incoming = new MessageQueue(family.budget(), waiters());
    }

    int groups() {
        return groups;
    }

    long inodeNumber() {
        return socketInode.number();
    }

    // ---- Names

    private static void checkAddress(byte[] bytes) throws ErrnoException {
        if (bytes.length < SOCKADDR_NL_BYTES || Bytes.getShort(bytes, 0) != AF_NETLINK) {
            throw ErrnoException.of(Errno.EINVAL);
        }
    }

    @Override
    public void bind(SocketCaller caller, byte[] bytes) throws ErrnoException {
        checkAddress(bytes);
        int wanted = Bytes.getInt(bytes, 4);
        synchronized (this) {
            if (bound && wanted != port) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (!bound) {
                if (wanted != 0) {
                    family.bind(this, wanted);
                    port = wanted;
                    bound = true;
                } else {
                    bindAutomatically();
                }
            }
            groups = Bytes.getInt(bytes, 8);
        }
    }

    private void bindAutomatically() {
        if (!bound) {
            port = family.bindAutomatically(this, processId);
            bound = true;
        }
    }

    @Override
    public long connect(SocketCaller caller, byte[] bytes) throws ErrnoException {
        if (bytes.length < Short.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (Bytes.getShort(bytes, 0) == AF_UNSPEC) {
            destination = 0;
            return 0;
        }
        checkAddress(bytes);
        synchronized (this) {
            bindAutomatically();
            destination = Bytes.getInt(bytes, 4);
        }
        return 0;
    }

    @Override
    public WaitQueue connectWaiters() {
        throw new IllegalStateException("netlink sockets connect at once");
    }

    @Override
    public synchronized byte[] localAddress() {
        return address(port, groups);
    }

    @Override
    public synchronized byte[] peerAddress() {
        return address(destination, 0);
    }

    private static byte[] address(int port, int groups) {
        byte[] bytes = new byte[SOCKADDR_NL_BYTES];
        Bytes.putShort(bytes, 0, AF_NETLINK);
        Bytes.putInt(bytes, 4, port);
        Bytes.putInt(bytes, 8, groups);
        return bytes;
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
    public void shutdown(int how) throws ErrnoException {
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    @Override
    protected int takeError() {
        boolean was = overrun;
        overrun = false;
        return was ? Errno.ENOBUFS : 0;
    }

    @Override
    protected boolean isListening() {
        return false;
    }

    // ---- Asking

    @Override
    public long send(SendRequest request) throws ErrnoException {
        if ((request.flags() & MSG_OOB) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        int target = destination;
        if (request.address() != null) {
            checkAddress(request.address());
            target = Bytes.getInt(request.address(), 4);
        }
        synchronized (this) {
            bindAutomatically();
        }
        long length = request.source().remaining();
        if (length > options().sendBufferBytes() - Message.OVERHEAD_BYTES) {
            throw ErrnoException.of(Errno.EMSGSIZE);
        }
        byte[] data = new byte[(int) length];
        if (length > 0 && request.source().copyIn(data, 0, data.length) < data.length) {
            throw ErrnoException.of(Errno.EFAULT);
        }
        if (target != 0) {
            throw ErrnoException.of(Errno.ECONNREFUSED); // messages from guest to guest: nobody is there
        }
        boolean mayChange =
                request.caller() != null && request.caller().credentials().has(Credentials.CAP_NET_ADMIN);
        carryOut(data, mayChange);
        return length;
    }

    /** Carries out all requests of a message; see netlink_rcv_skb(). */
    private void carryOut(byte[] data, boolean mayChange) {
        int at = 0;
        while (data.length - at >= NLMSGHDR_BYTES) {
            int length = Bytes.getInt(data, at);
            if (length < NLMSGHDR_BYTES || length > data.length - at) {
                return;
            }
            var request = new RouteRequests.Request(
                    Bytes.getShort(data, at + 4) & 0xffff,
                    Bytes.getShort(data, at + 6) & 0xffff,
                    Bytes.getInt(data, at + 8),
                    port(),
                    Arrays.copyOfRange(data, at + NLMSGHDR_BYTES, at + length));
            byte[] whole = Arrays.copyOfRange(data, at, at + length);
            carryOut(request, whole, mayChange);
            at = (int) Math.min(data.length, at + (length + 3L & ~3L));
        }
    }

    private synchronized int port() {
        return port;
    }

    private void carryOut(RouteRequests.Request request, byte[] whole, boolean mayChange) {
        if ((request.flags() & NLM_F_REQUEST) == 0) {
            return;
        }
        int errno = 0;
        boolean done = false;
        if (request.type() >= NLMSG_MIN_TYPE) {
            try {
                if (request.type() > RTM_MAX) {
                    throw ErrnoException.of(Errno.EOPNOTSUPP);
                }
                boolean onlyAsks = (request.type() & 3) == 2;
                if (!onlyAsks) {
                    throw ErrnoException.of(mayChange ? Errno.EOPNOTSUPP : Errno.EPERM);
                }
                var answers = family.requests().answer(request);
                if (request.isDump()) {
                    queueDump(answers, request);
                    done = true; // its end is the acknowledgement
                } else {
                    answers.forEach(this::queue);
                }
            } catch (ErrnoException e) {
                errno = e.errno();
            }
        }
        if (errno != 0 || !done && (request.flags() & NLM_F_ACK) != 0) {
            queue(acknowledge(request, whole, errno));
        }
    }

    /** Several messages share a datagram; the end comes in one of its own. */
    private void queueDump(List<byte[]> messages, RouteRequests.Request request) {
        byte[] piece = new byte[PIECE_BYTES];
        int length = 0;
        for (var message : messages) {
            if (length > 0 && length + message.length > PIECE_BYTES) {
                queue(Arrays.copyOf(piece, length));
                length = 0;
            }
            System.arraycopy(message, 0, piece, length, message.length);
            length += message.length;
        }
        if (length > 0) {
            queue(Arrays.copyOf(piece, length));
        }
        queue(new NetlinkMessage(NLMSG_DONE, NLM_F_MULTI, request.sequence(), request.port(), Integer.BYTES).finish());
    }

    private byte[] acknowledge(RouteRequests.Request request, byte[] whole, int errno) {
        boolean capped = errno == 0 || (switches >> NETLINK_CAP_ACK & 1) != 0;
        return new NetlinkMessage(
                        NLMSG_ERROR, capped ? NLM_F_CAPPED : 0, request.sequence(), request.port(), Integer.BYTES)
                .putInt(0, -errno)
                .append(capped ? Arrays.copyOf(whole, NLMSGHDR_BYTES) : whole)
                .finish();
    }

    private void queue(byte[] message) {
        var offer = incoming.offer(
                new Message(message, address(0, 0), KERNEL, null),
                options().receiveBufferBytes(),
                Integer.MAX_VALUE,
                null);
        if (offer != MessageQueue.Offer.TAKEN) {
            overrun = true; // told by ENOBUFS, as netlink(7) says
            waiters().wake(READABLE | POLLERR);
        }
    }

    @Override
    public void deliver(byte[] notice) {
        queue(notice.clone());
    }

    @Override
    public long receive(ReceiveRequest request) throws ErrnoException {
        if ((request.flags() & MSG_OOB) != 0) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        long result = incoming.receiveMessage(request);
        if (result == WOULD_BLOCK) {
            int errno = takeError();
            if (errno != 0) {
                throw ErrnoException.of(errno);
            }
        }
        return result;
    }

    @Override
    protected void released() {
        synchronized (this) {
            if (bound) {
                family.release(this, port);
            }
        }
        incoming.discard();
    }

    @Override
    public int readiness() {
        return WRITABLE | (incoming.isEmpty() ? 0 : READABLE) | (overrun ? POLLERR : 0);
    }

    @Override
    public long control(Caller caller, int request, long argument) throws ErrnoException {
        if (request != Ioctl.SIOCINQ && request != Ioctl.SIOCOUTQ) {
            return super.control(caller, request, argument);
        }
        caller.memory().putInt(argument, request == Ioctl.SIOCINQ ? incoming.firstLength() : 0);
        return 0;
    }

    // ---- Options

    @Override
    public void setOption(SocketCaller caller, int level, int option, byte[] value) throws ErrnoException {
        if (level != SOL_NETLINK) {
            super.setOption(caller, level, option, value);
            return;
        }
        if (option <= 0 || option > MAXIMUM_OPTION) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
        if (value.length < Integer.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int number = Bytes.getInt(value, 0);
        synchronized (this) {
            switch (option) {
                case NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP -> {
                    if (number <= 0 || number > Integer.SIZE) {
                        throw ErrnoException.of(Errno.EINVAL);
                    }
                    int bit = 1 << number - 1;
                    groups = option == NETLINK_ADD_MEMBERSHIP ? groups | bit : groups & ~bit;
                }
                default -> switches = number != 0 ? switches | 1 << option : switches & ~(1 << option);
            }
        }
    }

    @Override
    public byte[] option(SocketCaller caller, int level, int option) throws ErrnoException {
        if (level != SOL_NETLINK) {
            return super.option(caller, level, option);
        }
        return switch (option) {
            case NETLINK_LIST_MEMBERSHIPS -> SocketOptions.number(groups);
            case NETLINK_PKTINFO,
                    NETLINK_BROADCAST_ERROR,
                    NETLINK_NO_ENOBUFS,
                    NETLINK_CAP_ACK,
                    NETLINK_EXT_ACK,
                    NETLINK_GET_STRICT_CHK -> SocketOptions.number(switches >> option & 1);
            default -> throw ErrnoException.of(Errno.ENOPROTOOPT);
        };
    }
}
