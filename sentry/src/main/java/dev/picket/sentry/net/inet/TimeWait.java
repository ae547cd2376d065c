package dev.picket.sentry.net.inet;

/**
 * What is left of a TCP connection for a while after its end that was closed first has gone: states TIME_WAIT and, without
 * an owner, FIN_WAIT2. It holds the port against a bind(2) without SO_REUSEADDR.
 */
final class TimeWait implements PortHolder {
    /** TCP_TIMEWAIT_LEN, and net.ipv4.tcp_fin_timeout */
    static final long LENGTH_NANOS = 60_000_000_000L;

    /** From when on a new connection over the loopback may take its place: net.ipv4.tcp_tw_reuse of 2. */
    private static final long REUSE_NANOS = 1_000_000_000L;

    private final TimeWaits home;
    private final Connection connection;
    private final boolean reusesAddress;
    private final boolean reusesPort;
    private final boolean v6Only;
    private final boolean isV6;
    private final int user;

    // Guarded by the home.
    private volatile long sinceNanos = System.nanoTime();
    private volatile boolean peerHasEnded;

    TimeWait(TimeWaits home, Connection connection, InetSocket of, boolean isV6, boolean peerHasEnded) {
        this.home = home;
        this.connection = connection;
        this.reusesAddress = of.reusesAddress();
        this.reusesPort = of.reusesPort();
        this.v6Only = of.isV6Only();
        this.isV6 = isV6;
        this.user = of.user();
        this.peerHasEnded = peerHasEnded;
    }

    Connection connection() {
        return connection;
    }

    /** The other end has been closed too: the time begins anew. */
    void peerEnds() {
        sinceNanos = System.nanoTime();
        peerHasEnded = true;
    }

    boolean isOver(long nowNanos) {
        return nowNanos - sinceNanos >= LENGTH_NANOS;
    }

    long leftNanos() {
        return Math.max(0, LENGTH_NANOS - (System.nanoTime() - sinceNanos));
    }

    boolean mayBeReplaced() {
        return peerHasEnded && System.nanoTime() - sinceNanos >= REUSE_NANOS;
    }

    void end() {
        home.remove(this);
    }

    TcpState state() {
        return peerHasEnded ? TcpState.TIME_WAIT : TcpState.FIN_WAIT2;
    }

    /** Whether the socket was one of AF_INET6. */
    boolean isV6() {
        return isV6;
    }

    @Override
    public boolean reusesAddress() {
        return reusesAddress;
    }

    @Override
    public boolean reusesPort() {
        return reusesPort;
    }

    @Override
    public boolean isV6Only() {
        return v6Only;
    }

    @Override
    public boolean isListening() {
        return false;
    }

    @Override
    public boolean isInTimeWait() {
        return true;
    }

    @Override
    public int user() {
        return user;
    }
}
