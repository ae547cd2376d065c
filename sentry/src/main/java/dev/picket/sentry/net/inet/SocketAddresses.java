package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.Endpoint;
import dev.picket.sentry.net.link.IpAddress;

/** {@code struct sockaddr_in} and {@code sockaddr_in6}, to and from {@link Endpoint}s. */
final class SocketAddresses {
    private SocketAddresses() {}

    /** The family an address says it is of; EINVAL if it is too short to say. */
    static int family(byte[] bytes) throws ErrnoException {
        if (bytes.length < Short.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return Bytes.getShort(bytes, 0) & 0xffff;
    }

    /** An address of the family {@code domain}; EINVAL if it is too short, EAFNOSUPPORT if it is of another. */
    static Endpoint decode(int domain, byte[] bytes) throws ErrnoException {
        int least = domain == AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_OLD_BYTES;
        if (bytes.length < least) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (family(bytes) != domain) {
            throw ErrnoException.of(Errno.EAFNOSUPPORT);
        }
        return read(domain, bytes);
    }

    /** As {@link #decode}, but the family AF_UNSPEC is taken for AF_INET if the address is 0.0.0.0; as bind(2) does. */
    static Endpoint decodeForBind(int domain, byte[] bytes) throws ErrnoException {
        if (domain == AF_INET && bytes.length >= SOCKADDR_IN_BYTES && family(bytes) == AF_UNSPEC) {
            var endpoint = read(AF_INET, bytes);
            if (endpoint.address().isAny()) {
                return endpoint;
            }
        }
        return decode(domain, bytes);
    }

    /** An address of AF_UNSPEC that is one of AF_INET. */
    static Endpoint decodeUnspecified(byte[] bytes) {
        return read(AF_INET, bytes);
    }

    private static Endpoint read(int domain, byte[] bytes) {
        int port = (bytes[SIN_PORT] & 0xff) << 8 | bytes[SIN_PORT + 1] & 0xff;
        var address = domain == AF_INET ? IpAddress.v4(bytes, SIN_ADDR) : IpAddress.v6(bytes, SIN6_ADDR);
        return new Endpoint(address, port);
    }

    /** The interface index of an IPv6 address that names one, otherwise 0. */
    static int scope(byte[] bytes) {
        return bytes.length >= SOCKADDR_IN6_BYTES ? Bytes.getInt(bytes, SIN6_SCOPE_ID) : 0;
    }

    /** An endpoint as a socket of family {@code domain} shows it. */
    static byte[] encode(int domain, Endpoint endpoint) {
        byte[] bytes = new byte[domain == AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES];
        Bytes.putShort(bytes, 0, domain);
        bytes[SIN_PORT] = (byte) (endpoint.port() >> 8);
        bytes[SIN_PORT + 1] = (byte) endpoint.port();
        if (domain == AF_INET) {
            endpoint.address().put(bytes, SIN_ADDR);
        } else {
            endpoint.address().putV6(bytes, SIN6_ADDR);
            if (endpoint.address().isLinkLocal()) {
                Bytes.putInt(bytes, SIN6_SCOPE_ID, 1);
            }
        }
        return bytes;
    }
}
