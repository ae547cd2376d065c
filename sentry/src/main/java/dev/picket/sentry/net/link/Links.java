package dev.picket.sentry.net.link;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import java.util.List;

/** The interfaces of a sandbox, and which of them leads where. Does not change. */
public final class Links {
    private final Loopback loopback = new Loopback();
    private final List<Link> all = List.of(loopback);

    public List<Link> all() {
        return all;
    }

    public Link loopback() {
        return loopback;
    }

    /** The interface with this index; null if there is none. */
    public Link byIndex(int index) {
        for (var link : all) {
            if (link.index() == index) {
                return link;
            }
        }
        return null;
    }

    /** The interface with this name; null if there is none. */
    public Link byName(String name) {
        for (var link : all) {
            if (link.name().equals(name)) {
                return link;
            }
        }
        return null;
    }

    /** Whether an address is the sandbox's own: one of an interface, or any of 127.0.0.0/8. */
    public boolean isLocal(IpAddress address) {
        if (address.isLoopback()) {
            return true;
        }
        for (var link : all) {
            for (var own : link.addresses()) {
                if (own.address().equals(address)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * The interface by which packets to {@code destination} leave.
     *
     * @throws ErrnoException ENETUNREACH if none leads there
     */
    public Link route(IpAddress destination) throws ErrnoException {
        if (isLocal(destination)) {
            return loopback;
        }
        Link best = null;
        int bestBits = -1;
        for (var link : all) {
            for (var own : link.addresses()) {
                if (own.prefixBits() > bestBits && own.covers(destination)) {
                    best = link;
                    bestBits = own.prefixBits();
                }
            }
            for (var route : link.routes()) {
                if (route.prefixBits() > bestBits && route.covers(destination)) {
                    best = link;
                    bestBits = route.prefixBits();
                }
            }
        }
        if (best == null) {
            throw ErrnoException.of(Errno.ENETUNREACH);
        }
        return best;
    }

    /** The address that a packet to {@code destination} comes from, if its sender names none. */
    public IpAddress sourceFor(Link link, IpAddress destination) {
        for (var own : link.addresses()) {
            if (own.address().isV4() == destination.isV4()) {
                return own.address();
            }
        }
        return destination;
    }
}
