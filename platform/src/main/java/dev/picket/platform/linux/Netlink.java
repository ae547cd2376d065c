package dev.picket.platform.linux;

/** netlink(7) and rtnetlink(7); {@code include/uapi/linux/netlink.h}, {@code rtnetlink.h}, {@code if_link.h}. */
public final class Netlink {
    public static final int NETLINK_ROUTE = 0;

    /** struct sockaddr_nl: 0 nl_family (2) | 2 pad (2) | 4 nl_pid (4) | 8 nl_groups (4). */
    public static final int SOCKADDR_NL_BYTES = 12;

    /** struct nlmsghdr: 0 nlmsg_len (4) | 4 nlmsg_type (2) | 6 nlmsg_flags (2) | 8 nlmsg_seq (4) | 12 nlmsg_pid (4). */
    public static final int NLMSGHDR_BYTES = 16;

    public static final int NLMSG_NOOP = 1;
    public static final int NLMSG_ERROR = 2;
    public static final int NLMSG_DONE = 3;
    public static final int NLMSG_MIN_TYPE = 0x10;

    public static final int NLM_F_REQUEST = 0x1;
    public static final int NLM_F_MULTI = 0x2;
    public static final int NLM_F_ACK = 0x4;
    public static final int NLM_F_CAPPED = 0x100;
    public static final int NLM_F_DUMP = 0x300;
    public static final int NLM_F_DUMP_FILTERED = 0x20;

    public static final int RTM_NEWLINK = 16;
    public static final int RTM_GETLINK = 18;
    public static final int RTM_NEWADDR = 20;
    public static final int RTM_GETADDR = 22;
    public static final int RTM_NEWROUTE = 24;
    public static final int RTM_GETROUTE = 26;
    public static final int RTM_GETNEIGH = 30;
    public static final int RTM_NEWRULE = 32;
    public static final int RTM_GETRULE = 34;

    /** Types beyond are not known. */
    public static final int RTM_MAX = 123;

    /** struct ifinfomsg: 0 family | 2 type (2) | 4 index (4) | 8 flags (4) | 12 change (4). */
    public static final int IFINFOMSG_BYTES = 16;

    public static final int IFLA_ADDRESS = 1;
    public static final int IFLA_BROADCAST = 2;
    public static final int IFLA_IFNAME = 3;
    public static final int IFLA_MTU = 4;
    public static final int IFLA_QDISC = 6;
    public static final int IFLA_STATS = 7;
    public static final int IFLA_TXQLEN = 13;
    public static final int IFLA_OPERSTATE = 16;
    public static final int IFLA_LINKMODE = 17;
    public static final int IFLA_STATS64 = 23;
    public static final int IFLA_GROUP = 27;
    public static final int IFLA_PROMISCUITY = 30;
    public static final int IFLA_NUM_TX_QUEUES = 31;
    public static final int IFLA_NUM_RX_QUEUES = 32;
    public static final int IFLA_CARRIER = 33;
    public static final int IFLA_MIN_MTU = 50;
    public static final int IFLA_MAX_MTU = 51;

    /** struct ifaddrmsg: 0 family | 1 prefixlen | 2 flags | 3 scope | 4 index (4). */
    public static final int IFADDRMSG_BYTES = 8;

    public static final int IFA_F_PERMANENT = 0x80;
    public static final int IFA_ADDRESS = 1;
    public static final int IFA_LOCAL = 2;
    public static final int IFA_LABEL = 3;
    public static final int IFA_CACHEINFO = 6;
    public static final int IFA_FLAGS = 8;

    /** struct rtmsg: 0 family | 1 dst_len | 2 src_len | 3 tos | 4 table | 5 protocol | 6 scope | 7 type | 8 flags (4). */
    public static final int RTMSG_BYTES = 12;

    public static final int RTA_DST = 1;
    public static final int RTA_OIF = 4;
    public static final int RTA_GATEWAY = 5;
    public static final int RTA_PREFSRC = 7;
    public static final int RTA_TABLE = 15;

    public static final int RT_TABLE_MAIN = 254;
    public static final int RT_TABLE_LOCAL = 255;
    public static final int RTPROT_KERNEL = 2;
    public static final int RTN_UNICAST = 1;
    public static final int RTN_LOCAL = 2;

    public static final int SOL_NETLINK = 270;
    public static final int NETLINK_ADD_MEMBERSHIP = 1;
    public static final int NETLINK_DROP_MEMBERSHIP = 2;
    public static final int NETLINK_PKTINFO = 3;
    public static final int NETLINK_BROADCAST_ERROR = 4;
    public static final int NETLINK_NO_ENOBUFS = 5;
    public static final int NETLINK_LIST_MEMBERSHIPS = 9;
    public static final int NETLINK_CAP_ACK = 10;
    public static final int NETLINK_EXT_ACK = 11;
    public static final int NETLINK_GET_STRICT_CHK = 12;

    private Netlink() {}
}
