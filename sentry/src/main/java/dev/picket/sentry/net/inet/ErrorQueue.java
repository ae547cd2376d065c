package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.socket.ControlMessage;
import dev.picket.sentry.net.socket.ReceiveRequest;
import java.util.ArrayDeque;

/** Datagrams that nobody received, for a sender who asked for them by IP_RECVERR; see ip(7). Its monitor guards it. */
final class ErrorQueue {
    private static final int MAXIMUM = 32;
    private static final int MAXIMUM_BYTES = 64 * 1024;

    /*
     * struct sock_extended_err: 0 ee_errno (4) | 4 ee_origin | 5 ee_type | 6 ee_code | 7 pad | 8 ee_info (4) | 12 ee_data (4),
     * then the address of the one who reported it.
     */
    private static final int EXTENDED_ERR_BYTES = 16;
    private static final int SO_EE_ORIGIN_ICMP = 2;
    private static final int SO_EE_ORIGIN_ICMP6 = 3;
    private static final int ICMP_DEST_UNREACH = 3;
    private static final int ICMP_PORT_UNREACH = 3;
    private static final int ICMPV6_DEST_UNREACH = 1;
    private static final int ICMPV6_PORT_UNREACH = 4;

    private record Lost(byte[] data, Endpoint destination) {}

    private final ArrayDeque<Lost> all = new ArrayDeque<>();
    private int bytes;

    /** Notes that nobody is at {@code destination}; forgets it if there are many. */
    synchronized void add(byte[] data, Endpoint destination) {
        if (all.size() < MAXIMUM && bytes + data.length <= MAXIMUM_BYTES) {
            all.addLast(new Lost(data, destination));
            bytes += data.length;
        }
    }

    synchronized boolean isEmpty() {
        return all.isEmpty();
    }

    /** Receives one: MSG_ERRQUEUE. EAGAIN if there is none. */
    long receive(ReceiveRequest request, int domain) throws ErrnoException {
        Lost lost;
        synchronized (this) {
            lost = request.peeks() ? all.peekFirst() : all.pollFirst();
            if (lost == null) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
            bytes -= request.peeks() ? 0 : lost.data.length;
        }
        int wanted = (int) Math.min(lost.data.length, request.destination().remaining());
        int copied = wanted == 0 ? 0 : request.destination().copyOut(lost.data, 0, wanted);
        request.addMessageFlags(MSG_ERRQUEUE | (wanted < lost.data.length ? MSG_TRUNC : 0));
        request.setSender(SocketAddresses.encode(domain, lost.destination), null);

        boolean isV4 = domain == AF_INET;
        byte[] offender = SocketAddresses.encode(domain, lost.destination.withPort(0));
        byte[] report = new byte[EXTENDED_ERR_BYTES + offender.length];
        Bytes.putInt(report, 0, Errno.ECONNREFUSED);
        boolean isV4Destination = lost.destination.address().isV4();
        report[4] = (byte) (isV4Destination ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6);
        report[5] = (byte) (isV4Destination ? ICMP_DEST_UNREACH : ICMPV6_DEST_UNREACH);
        report[6] = (byte) (isV4Destination ? ICMP_PORT_UNREACH : ICMPV6_PORT_UNREACH);
        System.arraycopy(offender, 0, report, EXTENDED_ERR_BYTES, offender.length);
        request.addControl(
                new ControlMessage(isV4 ? IPPROTO_IP : IPPROTO_IPV6, isV4 ? IP_RECVERR : IPV6_RECVERR, report));
        return copied;
    }
}
