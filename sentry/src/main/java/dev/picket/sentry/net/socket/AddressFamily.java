package dev.picket.sentry.net.socket;

import dev.picket.sentry.errno.ErrnoException;

/** Makes the sockets of one address family; see address_families(7). */
public interface AddressFamily {
    /**
     * Makes a socket.
     *
     * @param type SOCK_STREAM and so on, without flags
     * @param flags O_NONBLOCK or 0
     * @throws ErrnoException ESOCKTNOSUPPORT, EPROTONOSUPPORT
     */
    Socket create(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException;

    /** Makes two connected sockets, as socketpair(2) does; EOPNOTSUPP if the family has no pairs. */
    Socket[] createPair(SocketCaller caller, int type, int protocol, int flags) throws ErrnoException;
}
