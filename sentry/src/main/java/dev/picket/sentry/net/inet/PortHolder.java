package dev.picket.sentry.net.inet;

/** What holds a port: a socket, or what is left of a connection in TIME_WAIT. */
interface PortHolder {
    /** SO_REUSEADDR */
    boolean reusesAddress();

    /** SO_REUSEPORT */
    boolean reusesPort();

    /** IPV6_V6ONLY: does not hear IPv4 although its address is {@code ::}. */
    boolean isV6Only();

    boolean isListening();

    boolean isInTimeWait();

    /** Who made it: only sockets of one user share a port by SO_REUSEPORT. */
    int user();
}
