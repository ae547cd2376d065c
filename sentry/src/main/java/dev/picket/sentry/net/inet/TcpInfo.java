package dev.picket.sentry.net.inet;

import dev.picket.platform.linux.Bytes;

/**
 * {@code struct tcp_info} of tcp(7): what a connection over the loopback that never loses anything would show.
 *
 * <pre>
 * 0 state | 1 ca_state | 2 retransmits | 3 probes | 4 backoff | 5 options | 6 scales | 7 flags | 8 rto | 12 ato | 16 snd_mss
 * | 20 rcv_mss | 24 unacked | 28 sacked ... 60 pmtu | 64 rcv_ssthresh | 68 rtt | 72 rttvar | 76 snd_ssthresh | 80 snd_cwnd
 * | 84 advmss | 88 reordering | 92 rcv_rtt | 96 rcv_space | 100 total_retrans | 104 pacing_rate (8) ... 232
 * </pre>
 */
final class TcpInfo {
    private static final int BYTES = 232;
    private static final int STATE = 0;
    private static final int OPTIONS = 5;
    private static final int SCALES = 6;
    private static final int RTO = 8;
    private static final int ATO = 12;
    private static final int SEND_SEGMENT = 16;
    private static final int RECEIVE_SEGMENT = 20;
    private static final int UNACKED = 24;
    private static final int SACKED = 28;
    private static final int PATH_MTU = 60;
    private static final int RECEIVE_THRESHOLD = 64;
    private static final int ROUND_TRIP = 68;
    private static final int ROUND_TRIP_VARIANCE = 72;
    private static final int SEND_THRESHOLD = 76;
    private static final int SEND_WINDOW = 80;
    private static final int ADVERTISED_SEGMENT = 84;
    private static final int REORDERING = 88;
    private static final int RECEIVE_SPACE = 96;

    /** Timestamps, selective acknowledgement, window scaling. */
    private static final int ALL_OPTIONS = 7;

    private static final int UNCONNECTED_SEGMENT = 536;
    private static final int LOOPBACK_MTU = 65535;
    private static final int V4_HEADERS = 52;
    private static final int V6_HEADERS = 72;

    private TcpInfo() {}

    /** The largest segment: TCP_MAXSEG. */
    static int segmentBytes(TcpSocket socket) {
        int asked = socket.tcpOptions().segmentBytes();
        boolean isConnected = socket.remote() != null && socket.state() != TcpState.CLOSE;
        if (!isConnected) {
            return asked != 0 ? asked : UNCONNECTED_SEGMENT;
        }
        int largest = LOOPBACK_MTU - (socket.remote().address().isV4() ? V4_HEADERS : V6_HEADERS);
        return asked != 0 ? Math.min(asked, largest) : largest;
    }

    static byte[] of(TcpSocket socket) {
        byte[] info = new byte[BYTES];
        var state = socket.state();
        info[STATE] = (byte) state.number();
        if (state == TcpState.LISTEN) {
            // A listener shows how many wait to be accepted, and how many may.
            Bytes.putInt(info, UNACKED, (int) socket.unreadBytes());
            Bytes.putInt(info, SACKED, socket.backlogLength());
            return info;
        }
        int segment = segmentBytes(socket);
        info[OPTIONS] = ALL_OPTIONS;
        info[SCALES] = 0x77;
        Bytes.putInt(info, RTO, state == TcpState.CLOSE ? 1_000_000 : 204_000);
        Bytes.putInt(info, ATO, 40_000);
        Bytes.putInt(info, SEND_SEGMENT, segment);
        Bytes.putInt(info, RECEIVE_SEGMENT, UNCONNECTED_SEGMENT);
        Bytes.putInt(info, PATH_MTU, LOOPBACK_MTU);
        Bytes.putInt(info, RECEIVE_THRESHOLD, 65_483);
        Bytes.putInt(info, ROUND_TRIP, 20);
        Bytes.putInt(info, ROUND_TRIP_VARIANCE, 10);
        Bytes.putInt(info, SEND_THRESHOLD, Integer.MAX_VALUE);
        Bytes.putInt(info, SEND_WINDOW, 10);
        Bytes.putInt(info, ADVERTISED_SEGMENT, 65_483);
        Bytes.putInt(info, REORDERING, 3);
        Bytes.putInt(info, RECEIVE_SPACE, 65_483);
        return info;
    }
}
