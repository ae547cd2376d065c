package dev.picket.sentry.net.inet;

import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.socket.Message;

/** A datagram of UDP on its way to one socket. */
final class Datagram extends Message {
    private final Header header;
    private final long arrivalNanos;

    /**
     * What all receivers of a datagram see alike.
     *
     * @param trafficClass TOS of IPv4 or traffic class of IPv6
     * @param hops TTL of IPv4 or hop limit of IPv6
     */
    record Header(Endpoint source, Endpoint destination, int trafficClass, int hops) {}

    /**
     * @param senderAddress the source, as the receiver's family encodes it
     * @param arrivalNanos since 1970; 0 if the receiver does not want to know
     */
    Datagram(byte[] data, byte[] senderAddress, Header header, long arrivalNanos) {
        super(data, senderAddress, null, null);
        this.header = header;
        this.arrivalNanos = arrivalNanos;
    }

    Header header() {
        return header;
    }

    long arrivalNanos() {
        return arrivalNanos;
    }
}
