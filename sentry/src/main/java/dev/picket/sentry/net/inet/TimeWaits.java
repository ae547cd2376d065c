package dev.picket.sentry.net.inet;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Connections in TIME_WAIT, oldest first. Nobody waits for their end, so no timer is set for it: those whose time is over
 * go when the next one comes or when somebody looks.
 */
final class TimeWaits {
    /** net.ipv4.tcp_max_tw_buckets: with more, the oldest goes at once. */
    private static final int MAXIMUM = 8192;

    private final PortTable ports;
    private final Set<TimeWait> all = new LinkedHashSet<>();

    TimeWaits(PortTable ports) {
        this.ports = ports;
    }

    /** Puts what is left of a connection into the place of its socket, which gives up the port and the connection. */
    TimeWait add(Connection connection, InetSocket of, boolean isV6, boolean peerHasEnded) {
        removeOld();
        var left = new TimeWait(this, connection, of, isV6, peerHasEnded);
        ports.share(left, connection.local());
        ports.replace(connection, of, left);
        TimeWait oldest = null;
        synchronized (this) {
            all.add(left);
            if (all.size() > MAXIMUM) {
                oldest = all.iterator().next();
                all.remove(oldest);
            }
        }
        if (oldest != null) {
            drop(oldest);
        }
        return left;
    }

    /** Lets go of those whose time is over. */
    void removeOld() {
        long now = System.nanoTime();
        while (true) {
            TimeWait oldest;
            synchronized (this) {
                oldest = all.isEmpty() ? null : all.iterator().next();
                if (oldest == null || !oldest.isOver(now)) {
                    return;
                }
                all.remove(oldest);
            }
            drop(oldest);
        }
    }

    void remove(TimeWait left) {
        synchronized (this) {
            all.remove(left);
        }
        drop(left);
    }

    private void drop(TimeWait left) {
        ports.unregister(left.connection(), left);
        ports.release(left, left.connection().local().port());
    }
}
