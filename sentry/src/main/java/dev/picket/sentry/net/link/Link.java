package dev.picket.sentry.net.link;

import java.util.List;

/**
 * A network interface of a sandbox; see netdevice(7).
 *
 * <p>The loopback is the only one so far. A way to other hosts is one more, whose {@link #routes} name what is reached
 * through it; {@code net.inet} then asks it to carry connections and datagrams where it now hands them to the sandbox's own
 * sockets.
 */
public interface Link {
    /** Beginning at 1. */
    int index();

    String name();

    /** IFF_ flags. */
    int flags();

    /** Largest packet, in bytes. */
    int mtuBytes();

    /** ARPHRD_ number. */
    int hardwareType();

    /** Six bytes. */
    byte[] hardwareAddress();

    List<LinkAddress> addresses();

    /** Networks reached through this, besides those of its addresses. */
    List<Route> routes();

    /**
     * A network that a link leads to.
     *
     * @param destination any address of it; with 0 bits the default route
     * @param gateway next hop; null if the network is the link's own
     */
    record Route(IpAddress destination, int prefixBits, IpAddress gateway) {
        /** Whether the route leads to {@code address}. */
        public boolean covers(IpAddress address) {
            return destination.sharesPrefix(address, prefixBits);
        }
    }
}
