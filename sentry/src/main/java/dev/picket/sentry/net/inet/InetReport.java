package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Sockets.*;

import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.link.IpAddress;
import java.util.ArrayList;
import java.util.List;

/** What /proc/net tells of TCP and UDP: tcp, tcp6, udp, udp6, sockstat; see proc_pid_net(5). */
public final class InetReport {
    private static final int UDP_CLOSE = 7;
    private static final int UDP_ESTABLISHED = 1;
    private static final int TICKS_PER_SECOND = 100;
    private static final long NANOS_PER_TICK = 1_000_000_000L / TICKS_PER_SECOND;
    private static final int TIME_WAIT_TIMER = 3;

    private final InetStack stack;

    public InetReport(InetStack stack) {
        this.stack = stack;
    }

    private record Line(
            Endpoint local,
            Endpoint remote,
            int state,
            long outgoing,
            long incoming,
            int timer,
            long ticks,
            int user,
            long inode) {}

    /** /proc/net/tcp, or tcp6 for {@code AF_INET6}. */
    public void describeTcp(int domain, StringBuilder text) {
        boolean isV6 = domain == AF_INET6;
        text.append(pad(
                isV6
                        ? "  sl  local_address                         remote_address                        st tx_queue "
                                + "rx_queue tr tm->when retrnsmt   uid  timeout inode"
                        : "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
                isV6 ? 0 : 149));
        int index = 0;
        for (var line : tcpLines(domain)) {
            text.append(pad(
                    String.format(
                            "%4d: %s %s %02X %08X:%08X %02X:%08X %08X %5d %8d %d 1 0000000000000000 20 4 30 10 -1",
                            index++,
                            shown(line.local, isV6),
                            shown(line.remote, isV6),
                            line.state,
                            line.outgoing,
                            line.incoming,
                            line.timer,
                            line.ticks,
                            0,
                            line.user,
                            0,
                            line.inode),
                    isV6 ? 0 : 149));
        }
    }

    private static String pad(String line, int width) {
        return String.format("%-" + Math.max(1, width) + "s\n", line);
    }

    private static String shown(Endpoint endpoint, boolean isV6) {
        return endpoint.address().shown(isV6) + String.format(":%04X", endpoint.port());
    }

    private List<Line> tcpLines(int domain) {
        stack.timeWaits().removeOld();
        List<Line> lines = new ArrayList<>();
        for (var socket : stack.tcpPorts().allReceivers()) {
            if (socket.domain() == domain && socket instanceof TcpSocket tcp) {
                lines.add(new Line(
                        tcp.local(),
                        nobody(domain),
                        tcp.state().number(),
                        0,
                        tcp.unreadBytes(),
                        0,
                        0,
                        tcp.user(),
                        tcp.inodeNumber()));
            }
        }
        stack.tcpPorts().connections().forEach((connection, holder) -> {
            if (holder instanceof TcpSocket tcp && tcp.domain() == domain) {
                lines.add(new Line(
                        connection.local(),
                        connection.remote(),
                        tcp.state().number(),
                        0,
                        tcp.unreadBytes(),
                        0,
                        0,
                        tcp.user(),
                        tcp.inodeNumber()));
            } else if (holder instanceof TimeWait left && left.isV6() == (domain == AF_INET6)) {
                lines.add(new Line(
                        connection.local(),
                        connection.remote(),
                        left.state().number(),
                        0,
                        0,
                        TIME_WAIT_TIMER,
                        left.leftNanos() / NANOS_PER_TICK,
                        0,
                        0));
            }
        });
        return lines;
    }

    private static Endpoint nobody(int domain) {
        return new Endpoint(domain == AF_INET ? IpAddress.ANY_V4 : IpAddress.ANY_V6, 0);
    }

    /** /proc/net/udp, or udp6 for {@code AF_INET6}. */
    public void describeUdp(int domain, StringBuilder text) {
        boolean isV6 = domain == AF_INET6;
        text.append(pad(
                isV6
                        ? "  sl  local_address                         remote_address                        st tx_queue "
                                + "rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops"
                        : "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode "
                                + "ref pointer drops",
                isV6 ? 0 : 127));
        for (var socket : stack.udpPorts().allReceivers()) {
            if (socket.domain() != domain || !(socket instanceof UdpSocket udp)) {
                continue;
            }
            var remote = udp.remote();
            text.append(pad(
                    String.format(
                            "%5d: %s %s %02X %08X:%08X 00:00000000 00000000 %5d        0 %d 2 0000000000000000 0",
                            udp.local().port(),
                            shown(udp.local(), isV6),
                            shown(remote == null ? nobody(domain) : remote, isV6),
                            remote == null ? UDP_CLOSE : UDP_ESTABLISHED,
                            0,
                            udp.unreadBytes(),
                            udp.user(),
                            udp.inodeNumber()),
                    isV6 ? 0 : 127));
        }
    }

    /** /proc/net/sockstat, or sockstat6 for {@code AF_INET6}. */
    public void describeCounts(int domain, StringBuilder text) {
        var tcp = tcpLines(domain);
        long waiting = tcp.stream()
                .filter(line -> line.state == TcpState.TIME_WAIT.number())
                .count();
        long udp = 0;
        for (var socket : stack.udpPorts().allReceivers()) {
            udp += socket.domain() == domain ? 1 : 0;
        }
        if (domain == AF_INET6) {
            text.append("TCP6: inuse ").append(tcp.size() - waiting).append("\nUDP6: inuse ");
            text.append(udp).append("\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n");
            return;
        }
        text.append("sockets: used ").append(tcp.size() - waiting + udp);
        text.append("\nTCP: inuse ")
                .append(tcp.size() - waiting)
                .append(" orphan 0 tw ")
                .append(waiting);
        text.append(" alloc ")
                .append(tcp.size() - waiting)
                .append(" mem 0\nUDP: inuse ")
                .append(udp);
        text.append(" mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n");
    }
}
