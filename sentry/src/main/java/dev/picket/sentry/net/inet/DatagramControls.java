package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.socket.ControlMessage;
import dev.picket.sentry.net.socket.ReceiveRequest;
import dev.picket.sentry.net.socket.SendRequest;
import dev.picket.sentry.vfs.FileClock;

/** Ancillary data of datagrams: what senders may set, and what receivers ask for; see ip(7), ipv6(7), socket(7). */
final class DatagramControls {
    private static final int PKTINFO_BYTES = 12;
    private static final int PKTINFO6_BYTES = 20;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private DatagramControls() {}

    /**
     * What a sender has set for one datagram.
     *
     * @param source null if none was named
     * @param trafficClass and {@code hops}: -1 for the socket's own
     */
    record Chosen(IpAddress source, int trafficClass, int hops) {
        static final Chosen NOTHING = new Chosen(null, -1, -1);
    }

    /** Reads what a sender has set; EINVAL for what there is not. See ip_cmsg_send(), ip6_datagram_send_ctl(). */
    static Chosen read(SendRequest request, boolean isV4) throws ErrnoException {
        if (request.controls().isEmpty()) {
            return Chosen.NOTHING;
        }
        IpAddress source = null;
        int trafficClass = -1;
        int hops = -1;
        for (var control : request.controls()) {
            byte[] data = control.data();
            if (isV4 && control.level() == IPPROTO_IP) {
                switch (control.type()) {
                    case IP_PKTINFO -> source = address(IpAddress.v4(check(data, PKTINFO_BYTES), 4));
                    case IP_TOS -> trafficClass = data.length == 1 ? data[0] & 0xff : number(data, 0, 255);
                    case IP_TTL -> hops = number(data, 1, 255);
                    case IP_RETOPTS -> {}
                    default -> throw ErrnoException.of(Errno.EINVAL);
                }
            } else if (control.level() == IPPROTO_IPV6) {
                switch (control.type()) {
                    case IPV6_PKTINFO -> source = address(IpAddress.v6(check(data, PKTINFO6_BYTES), 0));
                    case IPV6_TCLASS -> trafficClass = number(data, -1, 255);
                    case IPV6_HOPLIMIT -> hops = number(data, -1, 255);
                    default -> throw ErrnoException.of(Errno.EINVAL);
                }
            }
        }
        return new Chosen(source, trafficClass, hops);
    }

    private static IpAddress address(IpAddress named) {
        return named.isAny() ? null : named;
    }

    private static byte[] check(byte[] data, int length) throws ErrnoException {
        if (data.length < length) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return data;
    }

    private static int number(byte[] data, int least, int most) throws ErrnoException {
        int value = Bytes.getInt(check(data, Integer.BYTES), 0);
        if (value < least || value > most) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return value;
    }

    /** Adds what the receiver has asked for by options. */
    static void write(UdpSocket socket, ReceiveRequest request, Datagram datagram) {
        writeTime(socket, request, datagram);
        var options = socket.ipOptions();
        var header = datagram.header();
        var destination = header.destination().address();
        if (destination.isV4()) {
            if (options.isOnV4(IP_PKTINFO)) {
                byte[] info = new byte[PKTINFO_BYTES];
                Bytes.putInt(info, 0, 1);
                destination.put(info, 4);
                destination.put(info, 8);
                request.addControl(new ControlMessage(IPPROTO_IP, IP_PKTINFO, info));
            }
            if (options.isOnV4(IP_RECVTTL)) {
                request.addControl(number(IPPROTO_IP, IP_TTL, header.hops()));
            }
            if (options.isOnV4(IP_RECVTOS)) {
                byte[] value = {(byte) header.trafficClass()};
                request.addControl(new ControlMessage(IPPROTO_IP, IP_TOS, value));
            }
            if (options.isOnV4(IP_RECVORIGDSTADDR)) {
                byte[] address = SocketAddresses.encode(AF_INET, header.destination());
                request.addControl(new ControlMessage(IPPROTO_IP, IP_RECVORIGDSTADDR, address));
            }
        }
        if (socket.domain() == AF_INET6) {
            if (options.isOnV6(IPV6_RECVPKTINFO)) {
                byte[] info = new byte[PKTINFO6_BYTES];
                destination.putV6(info, 0);
                Bytes.putInt(info, IpAddress.V6_BYTES, 1);
                request.addControl(new ControlMessage(IPPROTO_IPV6, IPV6_PKTINFO, info));
            }
            if (options.isOnV6(IPV6_RECVHOPLIMIT)) {
                request.addControl(number(IPPROTO_IPV6, IPV6_HOPLIMIT, header.hops()));
            }
            if (options.isOnV6(IPV6_RECVTCLASS)) {
                request.addControl(number(IPPROTO_IPV6, IPV6_TCLASS, header.trafficClass()));
            }
        }
    }

    private static ControlMessage number(int level, int type, int value) {
        byte[] data = new byte[Integer.BYTES];
        Bytes.putInt(data, 0, value);
        return new ControlMessage(level, type, data);
    }

    private static void writeTime(UdpSocket socket, ReceiveRequest request, Datagram datagram) {
        boolean nanos = socket.options().isOn(SO_TIMESTAMPNS);
        if (!nanos && !socket.options().isOn(SO_TIMESTAMP)) {
            return;
        }
        // One that came before the option was set is told the time of now, as Linux does.
        long time = datagram.arrivalNanos() != 0 ? datagram.arrivalNanos() : FileClock.nowNanos();
        byte[] data = new byte[2 * Long.BYTES];
        Bytes.putLong(data, 0, time / NANOS_PER_SECOND);
        long rest = time % NANOS_PER_SECOND;
        Bytes.putLong(data, Long.BYTES, nanos ? rest : rest / 1000);
        request.addControl(new ControlMessage(SOL_SOCKET, nanos ? SO_TIMESTAMPNS : SO_TIMESTAMP, data));
    }
}
