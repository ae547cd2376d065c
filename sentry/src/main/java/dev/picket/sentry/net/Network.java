package dev.picket.sentry.net;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Sockets;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.inet.InetReport;
import dev.picket.sentry.net.inet.InetSockets;
import dev.picket.sentry.net.inet.InetStack;
import dev.picket.sentry.net.inet.Timers;
import dev.picket.sentry.net.link.InterfaceRequests;
import dev.picket.sentry.net.link.Links;
import dev.picket.sentry.net.netlink.NetlinkSockets;
import dev.picket.sentry.net.socket.AddressFamily;
import dev.picket.sentry.net.socket.SocketBudget;
import dev.picket.sentry.net.unix.UnixSockets;
import dev.picket.sentry.vfs.AnonymousFileSystem;
import java.util.HashMap;
import java.util.Map;

/** The network of a sandbox: its address families. One per sandbox. */
public final class Network {
    /** What all sockets may have in their queues together. */
    private static final long QUEUED_BYTES = 64L * 1024 * 1024;

    private final Map<Integer, AddressFamily> families = new HashMap<>();
    private final Links links = new Links();
    private final InterfaceRequests interfaceRequests = new InterfaceRequests(links);
    private final UnixSockets unixSockets;
    private final InetReport inetReport;
    private final NetlinkSockets netlinkSockets;

    /**
     * @param sockets home of sockets' inodes
     * @param timers for connections that wait
     */
    public Network(AnonymousFileSystem sockets, Timers timers) {
        var budget = new SocketBudget(QUEUED_BYTES);
        unixSockets = new UnixSockets(sockets, budget);
        var stack = new InetStack(sockets, budget, links, timers);
        inetReport = new InetReport(stack);
        families.put(Sockets.AF_UNIX, unixSockets);
        families.put(Sockets.AF_INET, new InetSockets(Sockets.AF_INET, stack));
        families.put(Sockets.AF_INET6, new InetSockets(Sockets.AF_INET6, stack));
        netlinkSockets = new NetlinkSockets(sockets, budget, links);
        families.put(Sockets.AF_NETLINK, netlinkSockets);
    }

    /** The sockets of AF_UNIX. */
    public UnixSockets unixSockets() {
        return unixSockets;
    }

    /** What /proc/net tells of the internet families. */
    public InetReport inetReport() {
        return inetReport;
    }

    /** The sockets of AF_NETLINK. */
    public NetlinkSockets netlinkSockets() {
        return netlinkSockets;
    }

    /** The interfaces. */
    public Links links() {
        return links;
    }

    /** Requests of ioctl(2) about interfaces. */
    public InterfaceRequests interfaceRequests() {
        return interfaceRequests;
    }

    /** The address family with this number; EAFNOSUPPORT. */
    public AddressFamily family(int domain) throws ErrnoException {
        var family = families.get(domain);
        if (family == null) {
            throw ErrnoException.of(Errno.EAFNOSUPPORT);
        }
        return family;
    }
}
