package dev.picket.sentry.net.link;

/**
 * An address that an interface has.
 *
 * @param prefixBits how many bits name the network
 * @param scope RT_SCOPE_HOST and so on of rtnetlink(7)
 */
public record LinkAddress(IpAddress address, int prefixBits, int scope) {
    /** Whether {@code other} is in this address's network. */
    public boolean covers(IpAddress other) {
        return address.sharesPrefix(other, prefixBits);
    }

    /** The network's mask, as IPv4 writes it. */
    public IpAddress mask() {
        return IpAddress.v4(prefixBits == 0 ? 0 : -1 << 32 - prefixBits);
    }
}
