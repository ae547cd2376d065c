package dev.picket.sentry.net.inet;

import static dev.picket.platform.linux.Inet.*;
import static dev.picket.platform.linux.Sockets.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.link.Link;
import dev.picket.sentry.net.link.Links;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.net.socket.SocketOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Options of the levels IPPROTO_IP and IPPROTO_IPV6 of one socket; see ip(7), ipv6(7). Any thread may call. */
final class IpOptions {
    private static final int BYTE = 255;

    /** net.ipv4.igmp_max_memberships */
    private static final int MAXIMUM_MEMBERSHIPS = 20;

    private static final int MREQ_BYTES = 8;
    private static final int MREQN_BYTES = 12;
    private static final int MREQ6_BYTES = 20;
    private static final int GROUP_REQ_BYTES = 136;
    private static final int DEFAULT_HOPS = 64;

    private static final OptionValues.Kinds V4 = new OptionValues.Kinds()
            .add(IP_TOS, 0, BYTE, 0)
            .add(IP_TTL, 1, BYTE, DEFAULT_HOPS)
            .addSwitch(IP_RECVOPTS, false)
            .addSwitch(IP_RETOPTS, false)
            .addSwitch(IP_PKTINFO, false)
            .add(IP_MTU_DISCOVER, 0, 5, 1)
            .addSwitch(IP_RECVERR, false)
            .addSwitch(IP_RECVTTL, false)
            .addSwitch(IP_RECVTOS, false)
            .addSwitch(IP_FREEBIND, false)
            .addSwitch(IP_PASSSEC, false)
            .addSwitch(IP_TRANSPARENT, false)
            .addSwitch(IP_RECVORIGDSTADDR, false)
            .add(IP_MINTTL, 0, BYTE, 0)
            .addSwitch(IP_CHECKSUM, false)
            .addSwitch(IP_BIND_ADDRESS_NO_PORT, false)
            .addSwitch(IP_RECVFRAGSIZE, false)
            .addSwitch(IP_RECVERR_RFC4884, false)
            .add(IP_MULTICAST_TTL, 0, BYTE, 1)
            .addSwitch(IP_MULTICAST_LOOP, true)
            .addSwitch(IP_MULTICAST_ALL, true);

    private static final OptionValues.Kinds V6 = new OptionValues.Kinds()
            .add(IPV6_UNICAST_HOPS, 0, BYTE, DEFAULT_HOPS)
            .add(IPV6_MULTICAST_HOPS, 0, BYTE, 1)
            .add(IPV6_MULTICAST_LOOP, 0, 1, 1)
            .add(IPV6_MTU_DISCOVER, 0, 5, 1)
            .addSwitch(IPV6_RECVERR, false)
            .addSwitch(IPV6_V6ONLY, false)
            .addSwitch(IPV6_MULTICAST_ALL, true)
            .addSwitch(IPV6_RECVERR_RFC4884, false)
            .addSwitch(IPV6_FLOWINFO_SEND, false)
            .addSwitch(IPV6_RECVPKTINFO, false)
            .addSwitch(IPV6_RECVHOPLIMIT, false)
            .addSwitch(IPV6_RECVHOPOPTS, false)
            .addSwitch(IPV6_RECVRTHDR, false)
            .addSwitch(IPV6_RECVDSTOPTS, false)
            .addSwitch(IPV6_RECVPATHMTU, false)
            .addSwitch(IPV6_DONTFRAG, false)
            .addSwitch(IPV6_RECVTCLASS, false)
            .add(IPV6_TCLASS, 0, BYTE, 0)
            .addSwitch(IPV6_AUTOFLOWLABEL, true)
            .add(IPV6_ADDR_PREFERENCES, 0, 0xffff, 2)
            .add(IPV6_MINHOPCOUNT, 0, BYTE, 0)
            .addSwitch(IPV6_TRANSPARENT, false)
            .addSwitch(IPV6_FREEBIND, false);

    private final int domain;
    private final int type;
    private final Links links;
    private final OptionValues v4 = new OptionValues(V4);
    private final OptionValues v6 = new OptionValues(V6);
    private final Set<IpAddress> memberships = ConcurrentHashMap.newKeySet();
    private volatile Link multicastLink;
    private volatile IpAddress multicastAddress = IpAddress.ANY_V4;

    IpOptions(int domain, int type, Links links) {
        this.domain = domain;
        this.type = type;
        this.links = links;
    }

    /** Whether an option of IPPROTO_IP that is on or off is on. */
    boolean isOnV4(int option) {
        return v4.isOn(option);
    }

    boolean isOnV6(int option) {
        return v6.isOn(option);
    }

    int v4(int option) {
        return v4.get(option);
    }

    int v6(int option) {
        return v6.get(option);
    }

    /** The interface that packets to groups leave by; null if none was named. */
    Link multicastLink() {
        return multicastLink;
    }

    /** The groups that the socket hears. */
    Set<IpAddress> memberships() {
        return memberships;
    }

    void inherit(IpOptions listener) {
        v4.inherit(listener.v4);
        v6.inherit(listener.v6);
    }

    // ---- IPPROTO_IP

    /** setsockopt(2) at level IPPROTO_IP; see do_ip_setsockopt(). */
    void setV4(SocketCaller caller, int option, byte[] value) throws ErrnoException {
        switch (option) {
            case IP_MULTICAST_IF -> {
                setMulticastInterface(value);
                return;
            }
            case IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP -> {
                changeMembership(option == IP_ADD_MEMBERSHIP, v4Group(value), v4Interface(value));
                return;
            }
            case MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP -> {
                changeMembership(option == MCAST_JOIN_GROUP, group(AF_INET, value), links.byIndex(index(value)));
                return;
            }
            case IP_OPTIONS -> {
                if (value.length > 0) {
                    throw ErrnoException.of(Errno.EINVAL); // options in headers go nowhere here
                }
                return;
            }
            default -> {}
        }
        if (!v4.has(option)) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
        int number = value.length >= Integer.BYTES ? Bytes.getInt(value, 0) : value.length > 0 ? value[0] & 0xff : 0;
        switch (option) {
            case IP_TTL -> {
                if (number == -1) {
                    v4.reset(option);
                    return;
                }
            }
            case IP_MULTICAST_TTL -> {
                if (type == SOCK_STREAM || value.length < 1) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                if (number == -1) {
                    v4.reset(option);
                    return;
                }
            }
            case IP_MULTICAST_LOOP -> {
                if (value.length < 1) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
            }
            case IP_TOS -> {
                // The lower bits are the network's own, for a stream; and only eight bits count.
                number &= type == SOCK_STREAM ? BYTE & ~3 : BYTE;
            }
            case IP_TRANSPARENT -> {
                if (number != 0 && !mayAdministrate(caller)) {
                    throw ErrnoException.of(Errno.EPERM);
                }
            }
            default -> {}
        }
        v4.set(option, number);
    }

    private static boolean mayAdministrate(SocketCaller caller) {
        return caller.credentials().has(Credentials.CAP_NET_ADMIN)
                || caller.credentials().has(Credentials.CAP_NET_RAW);
    }

    /** getsockopt(2) at level IPPROTO_IP. */
    byte[] getV4(int option, boolean isConnected) throws ErrnoException {
        return switch (option) {
            case IP_OPTIONS -> new byte[0];
            case IP_MULTICAST_IF -> multicastAddress.bytes();
            case IP_MTU -> {
                if (!isConnected) {
                    throw ErrnoException.of(Errno.ENOTCONN);
                }
                yield SocketOptions.number(links.loopback().mtuBytes());
            }
            default -> {
                if (!v4.has(option)) {
                    throw ErrnoException.of(Errno.ENOPROTOOPT);
                }
                yield SocketOptions.number(v4.get(option));
            }
        };
    }

    // ---- IPPROTO_IPV6

    /** setsockopt(2) at level IPPROTO_IPV6; see do_ipv6_setsockopt(). */
    void setV6(int option, byte[] value, boolean isBound) throws ErrnoException {
        if (domain != AF_INET6) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
        switch (option) {
            case IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP -> {
                if (value.length < MREQ6_BYTES) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
                int index = Bytes.getInt(value, IpAddress.V6_BYTES);
                var link = index == 0 ? links.loopback() : links.byIndex(index);
                changeMembership(option == IPV6_ADD_MEMBERSHIP, IpAddress.v6(value, 0), link);
                return;
            }
            case MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP -> {
                changeMembership(option == MCAST_JOIN_GROUP, group(AF_INET6, value), links.byIndex(index(value)));
                return;
            }
            default -> {}
        }
        if (option != IPV6_MULTICAST_IF && !v6.has(option)) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
        if (value.length < Integer.BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        int number = Bytes.getInt(value, 0);
        switch (option) {
            case IPV6_V6ONLY -> {
                if (isBound) {
                    throw ErrnoException.of(Errno.EINVAL);
                }
            }
            case IPV6_MULTICAST_IF -> {
                if (number != 0 && links.byIndex(number) == null) {
                    throw ErrnoException.of(Errno.ENODEV);
                }
                multicastLink = links.byIndex(number);
                return;
            }
            case IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS, IPV6_TCLASS -> {
                if (number == -1) {
                    v6.reset(option);
                    return;
                }
            }
            default -> {}
        }
        v6.set(option, number);
    }

    /** getsockopt(2) at level IPPROTO_IPV6. */
    byte[] getV6(int option, boolean isConnected) throws ErrnoException {
        if (domain != AF_INET6) {
            throw ErrnoException.of(Errno.ENOPROTOOPT);
        }
        return switch (option) {
            case IPV6_MULTICAST_IF -> {
                var link = multicastLink;
                yield SocketOptions.number(link == null ? 0 : link.index());
            }
            case IPV6_MTU -> {
                if (!isConnected) {
                    throw ErrnoException.of(Errno.ENOTCONN);
                }
                yield SocketOptions.number(links.loopback().mtuBytes());
            }
            default -> {
                if (!v6.has(option)) {
                    throw ErrnoException.of(Errno.ENOPROTOOPT);
                }
                yield SocketOptions.number(v6.get(option));
            }
        };
    }

    // ---- Groups

    /** struct in_addr, ip_mreq or ip_mreqn. */
    private void setMulticastInterface(byte[] value) throws ErrnoException {
        if (type == SOCK_STREAM || value.length < IpAddress.V4_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        boolean isLong = value.length >= MREQ_BYTES;
        var address = IpAddress.v4(value, isLong ? IpAddress.V4_BYTES : 0);
        int index = value.length >= MREQN_BYTES ? Bytes.getInt(value, MREQ_BYTES) : 0;
        if (index == 0 && address.isAny()) {
            multicastLink = null;
            multicastAddress = IpAddress.ANY_V4;
            return;
        }
        Link link = index != 0 ? links.byIndex(index) : links.isLocal(address) ? links.route(address) : null;
        if (link == null) {
            throw ErrnoException.of(Errno.EADDRNOTAVAIL);
        }
        multicastLink = link;
        multicastAddress = address;
    }

    private static IpAddress v4Group(byte[] value) throws ErrnoException {
        if (value.length < MREQ_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return IpAddress.v4(value, 0);
    }

    private Link v4Interface(byte[] value) throws ErrnoException {
        int index = value.length >= MREQN_BYTES ? Bytes.getInt(value, MREQ_BYTES) : 0;
        if (index != 0) {
            return links.byIndex(index);
        }
        var address = IpAddress.v4(value, IpAddress.V4_BYTES);
        return links.isLocal(address) ? links.route(address) : null;
    }

    /** struct group_req: 0 interface (4, padded) | 8 a sockaddr (128). */
    private static IpAddress group(int family, byte[] value) throws ErrnoException {
        if (value.length < GROUP_REQ_BYTES) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (Bytes.getShort(value, 8) != family) {
            throw ErrnoException.of(Errno.EADDRNOTAVAIL);
        }
        return family == AF_INET ? IpAddress.v4(value, 8 + SIN_ADDR) : IpAddress.v6(value, 8 + SIN6_ADDR);
    }

    private static int index(byte[] value) {
        return Bytes.getInt(value, 0);
    }

    private void changeMembership(boolean joins, IpAddress group, Link link) throws ErrnoException {
        if (type == SOCK_STREAM) {
            throw ErrnoException.of(Errno.EPROTO);
        }
        if (!group.isMulticast()) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (link == null) {
            throw ErrnoException.of(Errno.ENODEV);
        }
        if (!joins) {
            if (!memberships.remove(group)) {
                throw ErrnoException.of(Errno.EADDRNOTAVAIL);
            }
            return;
        }
        if (memberships.size() >= MAXIMUM_MEMBERSHIPS) {
            throw ErrnoException.of(Errno.ENOBUFS);
        }
        if (!memberships.add(group)) {
            throw ErrnoException.of(Errno.EADDRINUSE);
        }
    }
}
