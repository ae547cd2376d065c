package dev.picket.sentry.net.inet;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.link.IpAddress;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Who holds which port of one protocol, and who hears what comes there.
 *
 * <p>Changes are made with the table's monitor held; {@link #receivers} needs no lock, so that datagrams of different
 * sockets do not wait for each other.
 */
final class PortTable {
    /** net.ipv4.ip_local_port_range */
    static final int FIRST_EPHEMERAL = 32768;

    static final int LAST_EPHEMERAL = 60999;

    private static final int EPHEMERALS = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
    private static final InetSocket[] NOBODY = {};

    /** One port. */
    private static final class Port {
        final Map<PortHolder, Endpoint> holders = new IdentityHashMap<>(4);
        volatile InetSocket[] receivers = NOBODY;

        /** Only connect(2) has chosen it so far: other connections may share it. */
        boolean madeByConnect;
    }

    private final boolean isTcp;
    private final Map<Integer, Port> ports = new ConcurrentHashMap<>();
    private final Map<Connection, PortHolder> connections = new ConcurrentHashMap<>();

    PortTable(boolean isTcp) {
        this.isTcp = isTcp;
    }

    // ---- Holding

    /**
     * Gives {@code holder} a port, as bind(2) does.
     *
     * @param wanted port 0 to choose one
     * @return what it got
     * @throws ErrnoException EADDRINUSE
     */
    synchronized Endpoint bind(PortHolder holder, Endpoint wanted) throws ErrnoException {
        if (wanted.port() != 0) {
            if (conflicts(holder, wanted, true)) {
                throw ErrnoException.of(Errno.EADDRINUSE);
            }
            return hold(holder, wanted, false);
        }
        int start = ThreadLocalRandom.current().nextInt(EPHEMERALS);
        for (int tried = 0; tried < EPHEMERALS; tried++) {
            var candidate = wanted.withPort(FIRST_EPHEMERAL + (start + tried) % EPHEMERALS);
            if (!conflicts(holder, candidate, false)) {
                return hold(holder, candidate, false);
            }
        }
        throw ErrnoException.of(Errno.EADDRINUSE);
    }

    private Endpoint hold(PortHolder holder, Endpoint endpoint, boolean byConnect) {
        var port = ports.get(endpoint.port());
        if (port == null) {
            port = new Port();
            port.madeByConnect = byConnect;
            ports.put(endpoint.port(), port);
        }
        port.madeByConnect &= byConnect;
        port.holders.put(holder, endpoint);
        return endpoint;
    }

    /** Lets {@code holder} share the port that somebody else holds: a connection that was accepted. */
    synchronized void share(PortHolder holder, Endpoint endpoint) {
        boolean byConnect = ports.containsKey(endpoint.port()) && ports.get(endpoint.port()).madeByConnect;
        hold(holder, endpoint, byConnect);
    }

    /** Whether a holder may not stay where it is, now that it listens; see inet_csk_listen_start(). */
    synchronized boolean conflictsWhereItIs(PortHolder holder, Endpoint endpoint) {
        return conflicts(holder, endpoint, true);
    }

    /** Notes that a holder's address has become another, at the same port. */
    synchronized void move(PortHolder holder, Endpoint endpoint) {
        var port = ports.get(endpoint.port());
        if (port != null && port.holders.containsKey(holder)) {
            port.holders.put(holder, endpoint);
        }
    }

    /** Gives a port back. */
    synchronized void release(PortHolder holder, int number) {
        var port = ports.get(number);
        if (port == null || port.holders.remove(holder) == null) {
            return;
        }
        if (holder instanceof InetSocket socket) {
            removeReceiver(port, socket);
        }
        if (port.holders.isEmpty()) {
            ports.remove(number);
        }
    }

    private boolean conflicts(PortHolder holder, Endpoint wanted, boolean isExplicit) {
        var port = ports.get(wanted.port());
        if (port == null) {
            return false;
        }
        for (var entry : port.holders.entrySet()) {
            var other = entry.getKey();
            if (other != holder
                    && !mayShare(holder, other, isExplicit)
                    && overlap(wanted.address(), holder, entry.getValue().address(), other)) {
                return true;
            }
        }
        return false;
    }

    /** inet_bind_conflict() and inet_rcv_saddr_equal()'s callers in udp_lib_lport_inuse(). */
    private boolean mayShare(PortHolder holder, PortHolder other, boolean isExplicit) {
        boolean byAddress = holder.reusesAddress() && other.reusesAddress() && !(isTcp && other.isListening());
        boolean byPort =
                holder.reusesPort() && other.reusesPort() && (other.isInTimeWait() || holder.user() == other.user());
        // A port that nobody asked for by number is not shared for SO_REUSEADDR's sake.
        return byPort || byAddress && isExplicit;
    }

    /** Whether two addresses at one port hear the same: ipv6_rcv_saddr_equal() with wildcards. */
    private static boolean overlap(IpAddress one, PortHolder oneHolder, IpAddress other, PortHolder otherHolder) {
        if (one.isV4() && other.isV4()) {
            return one.equals(other) || one.isAny() || other.isAny();
        }
        boolean oneIsAny = one.equals(IpAddress.ANY_V6);
        boolean otherIsAny = other.equals(IpAddress.ANY_V6);
        if (oneIsAny && otherIsAny) {
            return true;
        }
        if (otherIsAny && !(otherHolder.isV6Only() && one.isV4())) {
            return true;
        }
        if (oneIsAny && !(oneHolder.isV6Only() && other.isV4())) {
            return true;
        }
        return one.equals(other);
    }

    // ---- Connections of TCP

    /**
     * Chooses a port for a connection, as connect(2) does for a socket without one.
     *
     * @return the connection; it is registered
     * @throws ErrnoException EADDRNOTAVAIL if all ports are taken
     */
    synchronized Connection bindForConnect(PortHolder holder, IpAddress local, Endpoint remote) throws ErrnoException {
        int start = ThreadLocalRandom.current().nextInt(EPHEMERALS);
        for (int tried = 0; tried < EPHEMERALS; tried++) {
            int number = FIRST_EPHEMERAL + (start + tried) % EPHEMERALS;
            var port = ports.get(number);
            if (port != null && !port.madeByConnect) {
                continue;
            }
            var connection = new Connection(new Endpoint(local, number), remote);
            if (register(connection, holder)) {
                hold(holder, connection.local(), true);
                return connection;
            }
        }
        throw ErrnoException.of(Errno.EADDRNOTAVAIL);
    }

    /** Registers a connection; false if there is one like it. One in TIME_WAIT that may be used again makes room. */
    boolean register(Connection connection, PortHolder holder) {
        return register(connection, holder, false);
    }

    /** Registers the server's end of a connection: whoever asks for it knows that an older one is over. */
    boolean registerAnswer(Connection connection, PortHolder holder) {
        return register(connection, holder, true);
    }

    private boolean register(Connection connection, PortHolder holder, boolean atOnce) {
        var old = connections.putIfAbsent(connection, holder);
        if (old instanceof TimeWait left && (atOnce || left.mayBeReplaced())) {
            left.end();
            old = connections.putIfAbsent(connection, holder);
        }
        return old == null;
    }

    /** Puts {@code after} in the place of {@code before}. */
    void replace(Connection connection, PortHolder before, PortHolder after) {
        connections.replace(connection, before, after);
    }

    void unregister(Connection connection, PortHolder holder) {
        connections.remove(connection, holder);
    }

    /** All connections. */
    Map<Connection, PortHolder> connections() {
        return connections;
    }

    // ---- Hearing

    /** Lets a socket that holds a port hear what comes there. */
    synchronized void addReceiver(InetSocket socket, int number) {
        var port = ports.get(number);
        if (port == null || Arrays.asList(port.receivers).contains(socket)) {
            return;
        }
        var more = Arrays.copyOf(port.receivers, port.receivers.length + 1);
        more[more.length - 1] = socket;
        port.receivers = more;
    }

    /** The socket hears no more, and still holds its port. */
    synchronized void removeReceiver(InetSocket socket, int number) {
        var port = ports.get(number);
        if (port != null) {
            removeReceiver(port, socket);
        }
    }

    private static void removeReceiver(Port port, InetSocket socket) {
        if (Arrays.asList(port.receivers).contains(socket)) {
            port.receivers = Arrays.stream(port.receivers)
                    .filter(other -> other != socket)
                    .toArray(InetSocket[]::new);
        }
    }

    /** All who hear what comes to a port; not to be changed. */
    InetSocket[] receivers(int number) {
        var port = ports.get(number);
        return port == null ? NOBODY : port.receivers;
    }

    /**
     * Who hears what comes from {@code source} to {@code destination}: the one with the narrowest address; among those
     * that share a port by SO_REUSEPORT one that the addresses choose; otherwise the youngest. Null if nobody does.
     */
    InetSocket find(Endpoint destination, Endpoint source) {
        InetSocket best = null;
        int bestScore = -1;
        int equals = 0;
        var receivers = receivers(destination.port());
        for (var socket : receivers) {
            int score = socket.score(destination, source);
            if (score < 0 || score < bestScore) {
                continue;
            }
            equals = score == bestScore ? equals + 1 : 1;
            best = socket;
            bestScore = score;
        }
        return equals > 1 && best.reusesPort() ? spread(receivers, destination, source, bestScore, equals) : best;
    }

    private static InetSocket spread(
            InetSocket[] receivers, Endpoint destination, Endpoint source, int score, int count) {
        int hash = (source.hashCode() * 31 + destination.hashCode()) * 0x9e3779b9;
        int chosen = (int) (Integer.toUnsignedLong(hash) * count >>> 32);
        InetSocket last = null;
        for (var socket : receivers) {
            if (socket.score(destination, source) == score) {
                last = socket;
                if (chosen-- == 0) {
                    break;
                }
            }
        }
        return last;
    }

    /** All sockets that hear something, for /proc/net. */
    Iterable<InetSocket> allReceivers() {
        return () -> ports.values().stream()
                .flatMap(port -> Arrays.stream(port.receivers))
                .iterator();
    }
}
