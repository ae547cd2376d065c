package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Sockets;
import dev.picket.sentry.fs.generated.GeneratedDirectory;
import dev.picket.sentry.fs.generated.GeneratedFileSystem;

/** /proc/sys/net: what the network keeps to. It cannot be changed; see ip(7), tcp(7), socket(7). */
final class NetworkSettings {
    private final GeneratedFileSystem fileSystem;

    NetworkSettings(GeneratedFileSystem fileSystem) {
        this.fileSystem = fileSystem;
    }

    private GeneratedDirectory folder() {
        return GeneratedDirectory.of(fileSystem);
    }

    GeneratedDirectory directory() {
        var unix = folder().addLine("max_dgram_qlen", 512);
        return folder().add("core", core()).add("unix", unix).add("ipv4", v4()).add("ipv6", v6());
    }

    private GeneratedDirectory core() {
        return folder().addLine("somaxconn", Sockets.SOMAXCONN)
                .addLine("rmem_max", 212992)
                .addLine("wmem_max", 212992)
                .addLine("rmem_default", 212992)
                .addLine("wmem_default", 212992)
                .addLine("optmem_max", 20480)
                .addLine("netdev_max_backlog", 1000)
                .addLine("busy_poll", 0)
                .addLine("busy_read", 0)
                .addLine("default_qdisc", "noqueue");
    }

    private GeneratedDirectory v4() {
        var settings = folder().addLine("ip_local_port_range", "32768\t60999")
                .addLine("ip_unprivileged_port_start", 1024)
                .addLine("ip_local_reserved_ports", "")
                .addLine("ip_nonlocal_bind", 0)
                .addLine("ip_forward", 0)
                .addLine("ip_default_ttl", 64)
                .addLine("ip_no_pmtu_disc", 0)
                .addLine("ping_group_range", "1\t0")
                .addLine("igmp_max_memberships", 20)
                .addLine("udp_mem", "186720\t248960\t373440")
                .addLine("udp_rmem_min", 4096)
                .addLine("udp_wmem_min", 4096)
                .addLine("icmp_echo_ignore_all", 0)
                .addLine("icmp_echo_ignore_broadcasts", 1);
        return addTcp(settings)
                .add("conf", configurations(NetworkSettings::addV4))
                .add("neigh", neighbours());
    }

    private static GeneratedDirectory addTcp(GeneratedDirectory settings) {
        return settings.addLine("tcp_rmem", "4096\t131072\t6291456")
                .addLine("tcp_wmem", "4096\t16384\t4194304")
                .addLine("tcp_mem", "93360\t124480\t186720")
                .addLine("tcp_fin_timeout", 60)
                .addLine("tcp_keepalive_time", 7200)
                .addLine("tcp_keepalive_intvl", 75)
                .addLine("tcp_keepalive_probes", 9)
                .addLine("tcp_syn_retries", 6)
                .addLine("tcp_synack_retries", 5)
                .addLine("tcp_retries1", 3)
                .addLine("tcp_retries2", 15)
                .addLine("tcp_max_syn_backlog", 512)
                .addLine("tcp_max_tw_buckets", 8192)
                .addLine("tcp_max_orphans", 8192)
                .addLine("tcp_tw_reuse", 2)
                .addLine("tcp_syncookies", 1)
                .addLine("tcp_timestamps", 1)
                .addLine("tcp_sack", 1)
                .addLine("tcp_dsack", 1)
                .addLine("tcp_window_scaling", 1)
                .addLine("tcp_fastopen", 1)
                .addLine("tcp_ecn", 2)
                .addLine("tcp_abort_on_overflow", 0)
                .addLine("tcp_moderate_rcvbuf", 1)
                .addLine("tcp_no_metrics_save", 0)
                .addLine("tcp_slow_start_after_idle", 1)
                .addLine("tcp_congestion_control", "cubic")
                .addLine("tcp_allowed_congestion_control", "reno cubic")
                .addLine("tcp_available_congestion_control", "reno cubic");
    }

    private GeneratedDirectory v6() {
        return folder().addLine("bindv6only", 0)
                .addLine("ip_nonlocal_bind", 0)
                .addLine("auto_flowlabels", 1)
                .add("conf", configurations(NetworkSettings::addV6))
                .add("neigh", neighbours());
    }

    private interface Filler {
        GeneratedDirectory fill(GeneratedDirectory folder);
    }

    private GeneratedDirectory configurations(Filler filler) {
        return folder().add("all", filler.fill(folder()))
                .add("default", filler.fill(folder()))
                .add("lo", filler.fill(folder()));
    }

    private GeneratedDirectory neighbours() {
        return folder().add("default", folder()).add("lo", folder());
    }

    private static GeneratedDirectory addV4(GeneratedDirectory folder) {
        return folder.addLine("forwarding", 0)
                .addLine("accept_redirects", 1)
                .addLine("accept_source_route", 0)
                .addLine("rp_filter", 0)
                .addLine("arp_filter", 0)
                .addLine("log_martians", 0)
                .addLine("route_localnet", 0)
                .addLine("send_redirects", 1);
    }

    private static GeneratedDirectory addV6(GeneratedDirectory folder) {
        return folder.addLine("disable_ipv6", 0)
                .addLine("forwarding", 0)
                .addLine("accept_ra", 1)
                .addLine("accept_redirects", 1)
                .addLine("autoconf", 1)
                .addLine("hop_limit", 64)
                .addLine("mtu", 65536)
                .addLine("use_tempaddr", 0);
    }
}
