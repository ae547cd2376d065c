package dev.picket.sentry.net.netlink;

import static dev.picket.platform.linux.Netlink.*;

import dev.picket.platform.linux.Bytes;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Interfaces;
import dev.picket.platform.linux.Sockets;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.link.Link;
import dev.picket.sentry.net.link.LinkAddress;
import dev.picket.sentry.net.link.Links;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Answers requests of rtnetlink(7): what interfaces, addresses and routes there are. Nothing can be changed. */
final class RouteRequests {
    private static final int OPERSTATE_UNKNOWN = 0;
    private static final int STATS_BYTES = 24 * Integer.BYTES;
    private static final int STATS64_BYTES = 24 * Long.BYTES;
    private static final int TRANSMIT_QUEUE = 1000;
    private static final int FOREVER = -1;

    private final Links links;

    RouteRequests(Links links) {
        this.links = links;
    }

    /** One request: its header, and what comes behind. */
    record Request(int type, int flags, int sequence, int port, byte[] body) {
        boolean isDump() {
            return (flags & NLM_F_DUMP) == NLM_F_DUMP;
        }

        /** A byte of the fixed part; 0 if it was not given. */
        int byteAt(int offset) {
            return offset < body.length ? body[offset] & 0xff : 0;
        }

        int intAt(int offset) {
            return offset + Integer.BYTES <= body.length ? Bytes.getInt(body, offset) : 0;
        }

        /** Data of an attribute behind a fixed part; null if there is none. */
        byte[] attribute(int fixedBytes, int wanted) {
            for (int at = NetlinkMessage.align(fixedBytes); at + 4 <= body.length; ) {
                int size = Bytes.getShort(body, at) & 0xffff;
                if (size < 4 || size > body.length - at) {
                    return null;
                }
                if ((Bytes.getShort(body, at + 2) & 0x3fff) == wanted) {
                    return java.util.Arrays.copyOfRange(body, at + 4, at + size);
                }
                at += NetlinkMessage.align(size);
            }
            return null;
        }
    }

    /**
     * The messages that answer a request that only asks.
     *
     * @throws ErrnoException EOPNOTSUPP, ENODEV, ENETUNREACH, EINVAL
     */
    List<byte[]> answer(Request request) throws ErrnoException {
        List<byte[]> answers = new ArrayList<>();
        int flags = request.isDump() ? NLM_F_MULTI : 0;
        switch (request.type()) {
            case RTM_GETLINK -> {
                for (var link : request.isDump() ? links.all() : List.of(named(request))) {
                    answers.add(describe(link, request, flags));
                }
            }
            case RTM_GETADDR -> {
                requireDump(request);
                for (var link : links.all()) {
                    for (var address : link.addresses()) {
                        if (isWanted(request, address.address())) {
                            answers.add(describe(link, address, request, flags));
                        }
                    }
                }
            }
            case RTM_GETROUTE -> {
                if (request.isDump()) {
                    addRoutes(request, answers);
                } else {
                    answers.add(route(request));
                }
            }
            case RTM_GETNEIGH -> requireDump(request);
            case RTM_GETRULE -> {
                requireDump(request);
                addRules(request, answers);
            }
            default -> throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
        return answers;
    }

    private static void requireDump(Request request) throws ErrnoException {
        if (!request.isDump()) {
            throw ErrnoException.of(Errno.EOPNOTSUPP);
        }
    }

    private static int family(IpAddress address) {
        return address.isV4() ? Sockets.AF_INET : Sockets.AF_INET6;
    }

    private static boolean isWanted(Request request, IpAddress address) {
        int family = request.byteAt(0);
        return family == Sockets.AF_UNSPEC || family == family(address);
    }

    // ---- Interfaces

    private Link named(Request request) throws ErrnoException {
        int index = request.intAt(4);
        byte[] name = request.attribute(IFINFOMSG_BYTES, IFLA_IFNAME);
        Link link;
        if (index > 0) {
            link = links.byIndex(index);
        } else if (name != null) {
            int length = name.length > 0 && name[name.length - 1] == 0 ? name.length - 1 : name.length;
            link = links.byName(new String(name, 0, length, StandardCharsets.ISO_8859_1));
        } else {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (link == null) {
            throw ErrnoException.of(Errno.ENODEV);
        }
        return link;
    }

    private static byte[] describe(Link link, Request request, int flags) {
        return new NetlinkMessage(RTM_NEWLINK, flags, request.sequence(), request.port(), IFINFOMSG_BYTES)
                .putShort(2, link.hardwareType())
                .putInt(4, link.index())
                .putInt(8, link.flags() | Interfaces.IFF_LOWER_UP)
                .attribute(IFLA_IFNAME, link.name())
                .attribute(IFLA_TXQLEN, TRANSMIT_QUEUE)
                .byteAttribute(IFLA_OPERSTATE, OPERSTATE_UNKNOWN)
                .byteAttribute(IFLA_LINKMODE, 0)
                .attribute(IFLA_MTU, link.mtuBytes())
                .attribute(IFLA_MIN_MTU, 0)
                .attribute(IFLA_MAX_MTU, 0)
                .attribute(IFLA_GROUP, 0)
                .attribute(IFLA_PROMISCUITY, 0)
                .attribute(IFLA_NUM_TX_QUEUES, 1)
                .attribute(IFLA_NUM_RX_QUEUES, 1)
                .byteAttribute(IFLA_CARRIER, 1)
                .attribute(IFLA_QDISC, "noqueue")
                .attribute(IFLA_ADDRESS, link.hardwareAddress())
                .attribute(IFLA_BROADCAST, new byte[link.hardwareAddress().length])
                .attribute(IFLA_STATS64, new byte[STATS64_BYTES])
                .attribute(IFLA_STATS, new byte[STATS_BYTES])
                .finish();
    }

    // ---- Addresses

    private static byte[] describe(Link link, LinkAddress address, Request request, int flags) {
        byte[] bytes = address.address().bytes();
        var message = new NetlinkMessage(RTM_NEWADDR, flags, request.sequence(), request.port(), IFADDRMSG_BYTES)
                .putByte(0, family(address.address()))
                .putByte(1, address.prefixBits())
                .putByte(2, IFA_F_PERMANENT)
                .putByte(3, address.scope())
                .putInt(4, link.index())
                .attribute(IFA_ADDRESS, bytes);
        if (address.address().isV4()) {
            message.attribute(IFA_LOCAL, bytes).attribute(IFA_LABEL, link.name());
        }
        byte[] cacheInfo = new byte[4 * Integer.BYTES];
        Bytes.putInt(cacheInfo, 0, FOREVER);
        Bytes.putInt(cacheInfo, 4, FOREVER);
        return message.attribute(IFA_FLAGS, IFA_F_PERMANENT)
                .attribute(IFA_CACHEINFO, cacheInfo)
                .finish();
    }

    // ---- Routes

    private void addRoutes(Request request, List<byte[]> answers) {
        for (var link : links.all()) {
            for (var own : link.addresses()) {
                if (isWanted(request, own.address())) {
                    var network = own.address().network(own.prefixBits());
                    answers.add(localRoute(link, network, own.prefixBits(), own.address(), request, NLM_F_MULTI));
                }
            }
            for (var route : link.routes()) {
                if (isWanted(request, route.destination())) {
                    answers.add(mainRoute(link, route, request));
                }
            }
        }
    }

    private static byte[] localRoute(
            Link link, IpAddress destination, int prefixBits, IpAddress source, Request request, int flags) {
        int family = family(destination);
        return new NetlinkMessage(RTM_NEWROUTE, flags, request.sequence(), request.port(), RTMSG_BYTES)
                .putByte(0, family)
                .putByte(1, prefixBits)
                .putByte(4, RT_TABLE_LOCAL)
                .putByte(5, RTPROT_KERNEL)
                .putByte(6, family == Sockets.AF_INET ? Interfaces.RT_SCOPE_HOST : Interfaces.RT_SCOPE_UNIVERSE)
                .putByte(7, RTN_LOCAL)
                .attribute(RTA_TABLE, RT_TABLE_LOCAL)
                .attribute(RTA_DST, destination.bytes())
                .attribute(RTA_PREFSRC, source.bytes())
                .attribute(RTA_OIF, link.index())
                .finish();
    }

    private static byte[] mainRoute(Link link, Link.Route route, Request request) {
        var message = new NetlinkMessage(RTM_NEWROUTE, NLM_F_MULTI, request.sequence(), request.port(), RTMSG_BYTES)
                .putByte(0, family(route.destination()))
                .putByte(1, route.prefixBits())
                .putByte(4, RT_TABLE_MAIN)
                .putByte(5, RTPROT_KERNEL)
                .putByte(6, route.gateway() == null ? Interfaces.RT_SCOPE_LINK : Interfaces.RT_SCOPE_UNIVERSE)
                .putByte(7, RTN_UNICAST)
                .attribute(RTA_TABLE, RT_TABLE_MAIN);
        if (route.prefixBits() > 0) {
            message.attribute(RTA_DST, route.destination().bytes());
        }
        if (route.gateway() != null) {
            message.attribute(RTA_GATEWAY, route.gateway().bytes());
        }
        return message.attribute(RTA_OIF, link.index()).finish();
    }

    /** The way to one address. */
    private byte[] route(Request request) throws ErrnoException {
        byte[] bytes = request.attribute(RTMSG_BYTES, RTA_DST);
        boolean isV4 = request.byteAt(0) == Sockets.AF_INET;
        int size = isV4 ? IpAddress.V4_BYTES : IpAddress.V6_BYTES;
        if (bytes == null || bytes.length < size) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        var destination = isV4 ? IpAddress.v4(bytes, 0) : IpAddress.v6(bytes, 0);
        var link = links.route(destination);
        var source = links.sourceFor(link, destination);
        return localRoute(link, destination, 8 * size, source, request, 0);
    }

    /** The rules that every Linux begins with: which tables are asked, and in which order. */
    private static void addRules(Request request, List<byte[]> answers) {
        int[][] tables = {{0, RT_TABLE_LOCAL}, {32766, RT_TABLE_MAIN}};
        int asked = request.byteAt(0);
        for (int family : new int[] {Sockets.AF_INET, Sockets.AF_INET6}) {
            if (asked != Sockets.AF_UNSPEC && asked != family) {
                continue;
            }
            for (int[] table : tables) {
                int priority = 6; // FRA_PRIORITY
                var message = new NetlinkMessage(
                                RTM_NEWRULE, NLM_F_MULTI, request.sequence(), request.port(), RTMSG_BYTES)
                        .putByte(0, family)
                        .putByte(4, table[1])
                        .putByte(7, 1) // FR_ACT_TO_TBL
                        .attribute(RTA_TABLE, table[1]);
                if (table[0] != 0) {
                    message.attribute(priority, table[0]);
                }
                answers.add(message.finish());
            }
        }
    }
}
