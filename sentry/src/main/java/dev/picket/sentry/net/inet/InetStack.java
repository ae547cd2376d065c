package dev.picket.sentry.net.inet;

import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.link.Links;
import dev.picket.sentry.net.socket.SocketBudget;
import dev.picket.sentry.vfs.AnonymousFileSystem;

/**
 * What the internet sockets of a sandbox share: ports, connections, interfaces, memory. Both families do, as a socket of
 * AF_INET6 may speak IPv4.
 */
public final class InetStack {
    private final AnonymousFileSystem inodes;
    private final SocketBudget budget;
    private final Links links;
    private final Timers timers;
    private final PortTable tcpPorts = new PortTable(true);
    private final PortTable udpPorts = new PortTable(false);
    private final PortTable udpLitePorts = new PortTable(false);
    private final TimeWaits timeWaits = new TimeWaits(tcpPorts);

    /** @param inodes home of the sockets' inodes */
    public InetStack(AnonymousFileSystem inodes, SocketBudget budget, Links links, Timers timers) {
        this.inodes = inodes;
        this.budget = budget;
        this.links = links;
        this.timers = timers;
    }

    AnonymousFileSystem inodes() {
        return inodes;
    }

    SocketBudget budget() {
        return budget;
    }

    Links links() {
        return links;
    }

    Timers timers() {
        return timers;
    }

    PortTable tcpPorts() {
        return tcpPorts;
    }

    PortTable udpPorts() {
        return udpPorts;
    }

    PortTable udpLitePorts() {
        return udpLitePorts;
    }

    TimeWaits timeWaits() {
        return timeWaits;
    }

    /** The socket that listens for connections from {@code source} to {@code destination}; null if none does. */
    TcpSocket listener(Endpoint destination, Endpoint source) {
        return (TcpSocket) tcpPorts.find(destination, source);
    }

    /** Whether some socket of the sandbox has joined a group. */
    boolean isJoined(IpAddress group) {
        for (var socket : udpPorts.allReceivers()) {
            if (socket.ipOptions().memberships().contains(group)) {
                return true;
            }
        }
        return false;
    }
}
