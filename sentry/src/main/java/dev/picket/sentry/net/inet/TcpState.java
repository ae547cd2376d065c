package dev.picket.sentry.net.inet;

/**
 * The states of a TCP socket that last: what goes to and fro takes no time inside a sandbox, so FIN_WAIT1, LAST_ACK and
 * the like are passed through at once.
 */
enum TcpState {
    ESTABLISHED(1),
    SYN_SENT(2),
    FIN_WAIT2(5),
    TIME_WAIT(6),
    CLOSE(7),
    CLOSE_WAIT(8),
    LISTEN(10);

    private final int number;

    TcpState(int number) {
        this.number = number;
    }

    /** As TCP_INFO and /proc/net/tcp show it; {@code include/net/tcp_states.h}. */
    int number() {
        return number;
    }
}
