package dev.picket.sentry.net.netlink;

import static dev.picket.platform.linux.Netlink.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.Links;
import dev.picket.sentry.net.socket.AddressFamily;
import dev.picket.sentry.net.socket.Socket;
import dev.picket.sentry.net.socket.SocketBudget;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import dev.picket.sentry.vfs.AnonymousInode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** The family AF_NETLINK: makes sockets of NETLINK_ROUTE, and knows which has which port. */
public final class NetlinkSockets implements AddressFamily {
    private final AnonymousFileSystem inodes;
    private final SocketBudget budget;
    private final RouteRequests requests;

    // Guarded by this.
    private final Map<Integer, NetlinkSocket> ports = new HashMap<>();

    /** @param inodes home of the sockets' inodes */
    public NetlinkSockets(AnonymousFileSystem inodes, SocketBudget budget, Links links) {
        this.inodes = inodes;
        this.budget = budget;
        this.requests = new RouteRequests(links);
    }

    SocketBudget budget() {
        return budget;
    }

    RouteRequests requests() {
        return requests;
    }

    @Override
    public Socket create(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException {
        if (type != SOCK_RAW && type != SOCK_DGRAM) {
            throw ErrnoException.of(Errno.ESOCKTNOSUPPORT);
        }
        if (protocol != NETLINK_ROUTE) {
            throw ErrnoException.of(Errno.EPROTONOSUPPORT);
        }
        var inode = new AnonymousInode(inodes, FileMode.S_IFSOCK | 0777, caller.credentials(), "socket");
        return new NetlinkSocket(this, inode, type, flags, caller.identity().processId());
    }

    @Override
    public Socket[] createPair(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException {
        create(caller, type, protocol, flags).release();
        throw ErrnoException.of(Errno.EOPNOTSUPP);
    }

    /** Gives a socket the port that it wants; EADDRINUSE. */
    synchronized void bind(NetlinkSocket socket, int port) throws ErrnoException {
        if (ports.putIfAbsent(port, socket) != null) {
            throw ErrnoException.of(Errno.EADDRINUSE);
        }
    }

    /** Gives a socket a port: its process's id, if that is free. */
    synchronized int bindAutomatically(NetlinkSocket socket, int processId) {
        int port = processId;
        while (ports.putIfAbsent(port, socket) != null) {
            port = Integer.MIN_VALUE + ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE - 4096);
        }
        return port;
    }

    synchronized void release(NetlinkSocket socket, int port) {
        ports.remove(port, socket);
    }

    /** Appends a line for each socket that has a port, as /proc/net/netlink shows it. */
    public synchronized void describe(StringBuilder text) {
        ports.forEach((port, socket) -> text.append(String.format(
                "%016x %-3d %-10d %08x %-8d %-8d %-5d %-8d %-8d %-8d\n",
                0, NETLINK_ROUTE, Integer.toUnsignedLong(port), socket.groups(), 0, 0, 0, 2, 0, socket.inodeNumber())));
    }
}
