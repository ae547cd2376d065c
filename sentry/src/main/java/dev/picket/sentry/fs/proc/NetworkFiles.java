package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Sockets;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.net.link.IpAddress;
import dev.picket.sentry.net.link.Link;
import dev.picket.sentry.vfs.Caller;

/** /proc/PID/net: the one network that a sandbox has. See proc_pid_net(5). */
final class NetworkFiles {
    private static final int PERMANENT = 0x80;

    /** RTF_UP */
    private static final int ROUTE_UP = 1;

    private static final int ROUTE_GATEWAY = 2;

    private final Kernel kernel;

    NetworkFiles(Kernel kernel) {
        this.kernel = kernel;
    }

    GeneratedDirectory directory(GeneratedFileSystem fileSystem) {
        var inet = kernel.network().inetReport();
        return GeneratedDirectory.of(fileSystem)
                .addFile("dev", this::devices)
                .addFile("if_inet6", this::addresses)
                .addFile("route", this::routes)
                .addFile("ipv6_route", (reader, text) -> {})
                .addFile("arp", (reader, text) -> text.append("IP address       HW type     Flags       HW address")
                        .append("            Mask     Device\n"))
                .addFile("tcp", (reader, text) -> inet.describeTcp(Sockets.AF_INET, text))
                .addFile("tcp6", (reader, text) -> inet.describeTcp(Sockets.AF_INET6, text))
                .addFile("udp", (reader, text) -> inet.describeUdp(Sockets.AF_INET, text))
                .addFile("udp6", (reader, text) -> inet.describeUdp(Sockets.AF_INET6, text))
                .addFile("raw", (reader, text) -> text.append("  sl  local_address rem_address   st tx_queue rx_queue ")
                        .append("tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"))
                .addFile("raw6", (reader, text) -> text.append("  sl  local_address                         ")
                        .append("remote_address                        st tx_queue rx_queue tr tm->when retrnsmt")
                        .append("   uid  timeout inode ref pointer drops\n"))
                .addFile("packet", (reader, text) -> text.append("sk               RefCnt Type Proto  Iface R Rmem   ")
                        .append("User   Inode\n"))
                .addFile("sockstat", (reader, text) -> inet.describeCounts(Sockets.AF_INET, text))
                .addFile("sockstat6", (reader, text) -> inet.describeCounts(Sockets.AF_INET6, text))
                .addFile("netlink", this::netlink)
                .addFile("unix", this::unix);
    }

    private void devices(Caller reader, StringBuilder text) {
        text.append("Inter-|   Receive                                                |  Transmit\n")
                .append(" face |bytes    packets errs drop fifo frame compressed multicast|")
                .append("bytes    packets errs drop fifo colls carrier compressed\n");
        for (var link : kernel.network().links().all()) {
            text.append(String.format("%6s:", link.name()))
                    .append("       0       0    0    0    0     0          0         0")
                    .append("        0       0    0    0    0     0       0          0\n");
        }
    }

    private void addresses(Caller reader, StringBuilder text) {
        for (var link : kernel.network().links().all()) {
            for (var own : link.addresses()) {
                if (!own.address().isV4()) {
                    text.append(String.format(
                            "%s %02x %02x %02x %02x %8s\n",
                            own.address(),
                            link.index(),
                            own.prefixBits(),
                            own.address().isLoopback() ? 0x10 : 0,
                            PERMANENT,
                            link.name()));
                }
            }
        }
    }

    /** Linux keeps routes to itself in a table of its own, which is not shown: a loopback alone shows none. */
    private void routes(Caller reader, StringBuilder text) {
        text.append(line("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"));
        for (var link : kernel.network().links().all()) {
            for (var route : link.routes()) {
                if (route.destination().isV4()) {
                    text.append(line(shown(link, route)));
                }
            }
        }
    }

    private static String shown(Link link, Link.Route route) {
        var gateway = route.gateway() == null ? IpAddress.ANY_V4 : route.gateway();
        int mask = route.prefixBits() == 0 ? 0 : -1 << 32 - route.prefixBits();
        return String.format(
                "%s\t%s\t%s\t%04X\t0\t0\t0\t%s\t0\t0\t0",
                link.name(),
                route.destination().shown(false),
                gateway.shown(false),
                ROUTE_UP | (route.gateway() == null ? 0 : ROUTE_GATEWAY),
                IpAddress.v4(mask).shown(false));
    }

    private static String line(String content) {
        return String.format("%-127s\n", content);
    }

    private void netlink(Caller reader, StringBuilder text) {
        text.append("sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n");
        kernel.network().netlinkSockets().describe(text);
    }

    private void unix(Caller reader, StringBuilder text) {
        text.append("Num       RefCount Protocol Flags    Type St Inode Path\n");
        kernel.network().unixSockets().describe(text);
    }
}
