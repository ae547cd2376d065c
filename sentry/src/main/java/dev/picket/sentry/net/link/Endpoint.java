package dev.picket.sentry.net.link;

/** An address and a port. */
public record Endpoint(IpAddress address, int port) {
    /** The same address at another port. */
    public Endpoint withPort(int other) {
        return new Endpoint(address, other);
    }

    /** The same port of another address. */
    public Endpoint withAddress(IpAddress other) {
        return new Endpoint(other, port);
    }
}
