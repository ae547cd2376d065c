package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.socket.SocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Options of the level IPPROTO_TCP of one socket; see tcp(7). Any thread may call. */
final class TcpOptions {
    private static final int MAXIMUM_KEEP_SECONDS = 32767;
    private static final int MAXIMUM_COUNT = 127;
    private static final int ALGORITHM_BYTES = 16;

    /** Retransmissions are this far apart at most: what TCP_DEFER_ACCEPT counts in. */
    private static final int MAXIMUM_RETRANSMIT_SECONDS = 120;

    /** net.ipv4.tcp_available_congestion_control; which it is makes no difference here. */
    private static final Set<String> ALGORITHMS = Set.of("cubic", "reno");

    private static final OptionValues.Kinds KINDS = new OptionValues.Kinds()
            .addSwitch(TCP_NODELAY, false)
            .addSwitch(TCP_CORK, false)
            .add(TCP_KEEPIDLE, 1, MAXIMUM_KEEP_SECONDS, 7200)
            .add(TCP_KEEPINTVL, 1, MAXIMUM_KEEP_SECONDS, 75)
            .add(TCP_KEEPCNT, 1, MAXIMUM_COUNT, 9)
            .add(TCP_SYNCNT, 1, MAXIMUM_COUNT, 6)
            .add(TCP_LINGER2, Integer.MIN_VALUE, Integer.MAX_VALUE, 60)
            .add(TCP_DEFER_ACCEPT, Integer.MIN_VALUE, Integer.MAX_VALUE, 0)
            .add(TCP_WINDOW_CLAMP, 0, Integer.MAX_VALUE, 0)
            .addSwitch(TCP_QUICKACK, true)
            .addSwitch(TCP_THIN_LINEAR_TIMEOUTS, false)
            .addSwitch(TCP_THIN_DUPACK, false)
            .add(TCP_USER_TIMEOUT, 0, Integer.MAX_VALUE, 0)
            .add(TCP_FASTOPEN, 0, Integer.MAX_VALUE, 0)
            .addSwitch(TCP_FASTOPEN_CONNECT, false)
            .addSwitch(TCP_FASTOPEN_NO_COOKIE, false)
            .add(TCP_TIMESTAMP, Integer.MIN_VALUE, Integer.MAX_VALUE, 0)
            .add(TCP_NOTSENT_LOWAT, Integer.MIN_VALUE, Integer.MAX_VALUE, 0)
            .add(TCP_SAVE_SYN, 0, 2, 0)
            .addSwitch(TCP_INQ, false);

    private final OptionValues values = new OptionValues(KINDS);
    private volatile int segmentBytes;
    private volatile String algorithm = "cubic";

    int get(int option) {
        return values.get(option);
    }

    /** TCP_MAXSEG as it was set; 0 if it was not. */
    int segmentBytes() {
        return segmentBytes;
    }

    void inherit(TcpOptions listener) {
        values.inherit(listener.values);
        segmentBytes = listener.segmentBytes;
        algorithm = listener.algorithm;
    }

    /** setsockopt(2); see do_tcp_setsockopt(). */
    void set(int option, byte[] value, boolean isUnconnected) throws ErrnoException {
        if (option == TCP_CONGESTION) {
            setAlgorithm(value);
            return;
        }
        if (option == TCP_ULP) {
            throw ErrnoException.of(value.length == 0 ? Errno.EINVAL : Errno.ENOENT);
        }
        if (value.length < Integer.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int number = Bytes.getInt(value, 0);
        if (option == TCP_MAXSEG) {
            if (number != 0 && (number < 88 || number > 32767)) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            segmentBytes = number;
            return;
        }
        if (!values.has(option)) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
        switch (option) {
            case TCP_FASTOPEN -> {
                if (!isUnconnected) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
            }
            case TCP_DEFER_ACCEPT -> number = inRetransmissions(number);
            case TCP_LINGER2 -> number = number < 0 ? -1 : Math.min(number, 120);
            default -> {}
        }
        values.set(option, number);
    }

    /** Time is counted in retransmissions, of 1, 2, 4 seconds and so on: secs_to_retrans(), retrans_to_secs(). */
    private static int inRetransmissions(int seconds) {
        int period = 0;
        int next = 1;
        while (seconds > period && period < MAXIMUM_RETRANSMIT_SECONDS * 255) {
            period += next;
            next = Math.min(next * 2, MAXIMUM_RETRANSMIT_SECONDS);
        }
        return seconds <= 0 ? 0 : period;
    }

    private void setAlgorithm(byte[] value) throws ErrnoException {
        if (value.length < 1) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int end = 0;
        while (end < value.length && end < ALGORITHM_BYTES - 1 && value[end] != 0) {
            end++;
        }
        String name = new String(value, 0, end, StandardCharsets.ISO_8859_1);
        if (!ALGORITHMS.contains(name)) {
            throw ErrnoException.of(Errno.ENOENT);
        }
        algorithm = name;
    }

    /** getsockopt(2), of what does not depend on the connection. */
    byte[] value(int option) throws ErrnoException {
        if (option == TCP_CONGESTION) {
            return Arrays.copyOf(algorithm.getBytes(StandardCharsets.ISO_8859_1), ALGORITHM_BYTES);
        }
        if (option == TCP_ULP) {
            return new byte[0];
        }
        if (!values.has(option)) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
        return SocketOptions.number(values.get(option));
    }
}
