package dev.picket.platform.linux;

/** Constants and layouts of socket(7), unix(7) on x86-64; {@code include/linux/socket.h}, {@code asm-generic/socket.h}. */
public final class Sockets {
    public static final int AF_UNSPEC = 0;
    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int AF_NETLINK = 16;
    public static final int AF_PACKET = 17;
    public static final int AF_MAX = 46;

    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_RAW = 3;
    public static final int SOCK_RDM = 4;
    public static final int SOCK_SEQPACKET = 5;
    public static final int SOCK_PACKET = 10;
    public static final int SOCK_TYPE_MASK = 0xf;
    public static final int SOCK_CLOEXEC = Fcntl.O_CLOEXEC;
    public static final int SOCK_NONBLOCK = Fcntl.O_NONBLOCK;

    public static final int MSG_OOB = 0x1;
    public static final int MSG_PEEK = 0x2;
    public static final int MSG_DONTROUTE = 0x4;
    public static final int MSG_CTRUNC = 0x8;
    public static final int MSG_TRUNC = 0x20;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_EOR = 0x80;
    public static final int MSG_WAITALL = 0x100;
    public static final int MSG_ERRQUEUE = 0x2000;
    public static final int MSG_NOSIGNAL = 0x4000;
    public static final int MSG_MORE = 0x8000;
    public static final int MSG_WAITFORONE = 0x10000;
    public static final int MSG_FASTOPEN = 0x20000000;
    public static final int MSG_CMSG_CLOEXEC = 0x40000000;

    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;

    public static final int SOMAXCONN = 4096;

    public static final int SOL_SOCKET = 1;
    public static final int SO_DEBUG = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_TYPE = 3;
    public static final int SO_ERROR = 4;
    public static final int SO_DONTROUTE = 5;
    public static final int SO_BROADCAST = 6;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_KEEPALIVE = 9;
    public static final int SO_OOBINLINE = 10;
    public static final int SO_NO_CHECK = 11;
    public static final int SO_PRIORITY = 12;
    public static final int SO_LINGER = 13;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_PASSCRED = 16;
    public static final int SO_PEERCRED = 17;
    public static final int SO_RCVLOWAT = 18;
    public static final int SO_SNDLOWAT = 19;
    public static final int SO_RCVTIMEO = 20;
    public static final int SO_SNDTIMEO = 21;
    public static final int SO_BINDTODEVICE = 25;
    public static final int SO_PEERNAME = 28;
    public static final int SO_TIMESTAMP = 29;
    public static final int SO_ACCEPTCONN = 30;
    public static final int SO_PEERSEC = 31;
    public static final int SO_SNDBUFFORCE = 32;
    public static final int SO_RCVBUFFORCE = 33;
    public static final int SO_PASSSEC = 34;
    public static final int SO_TIMESTAMPNS = 35;
    public static final int SO_MARK = 36;
    public static final int SO_TIMESTAMPING = 37;
    public static final int SO_PROTOCOL = 38;
    public static final int SO_DOMAIN = 39;
    public static final int SO_RXQ_OVFL = 40;
    public static final int SO_WIFI_STATUS = 41;
    public static final int SO_PEEK_OFF = 42;
    public static final int SO_NOFCS = 43;
    public static final int SO_LOCK_FILTER = 44;
    public static final int SO_SELECT_ERR_QUEUE = 45;
    public static final int SO_BUSY_POLL = 46;
    public static final int SO_MAX_PACING_RATE = 47;
    public static final int SO_INCOMING_CPU = 49;
    public static final int SO_MEMINFO = 55;
    public static final int SO_INCOMING_NAPI_ID = 56;
    public static final int SO_COOKIE = 57;
    public static final int SO_PEERGROUPS = 59;
    public static final int SO_ZEROCOPY = 60;
    public static final int SO_BINDTOIFINDEX = 62;
    public static final int SO_TIMESTAMP_NEW = 63;
    public static final int SO_TIMESTAMPNS_NEW = 64;
    public static final int SO_TIMESTAMPING_NEW = 65;
    public static final int SO_RCVTIMEO_NEW = 66;
    public static final int SO_SNDTIMEO_NEW = 67;

    public static final int SCM_RIGHTS = 1;
    public static final int SCM_CREDENTIALS = 2;

    /** Most files that one message passes. */
    public static final int SCM_MAX_FD = 253;

    /** Size of struct sockaddr_storage: no address is longer. */
    public static final int SOCKADDR_STORAGE_BYTES = 128;

    /*
     * struct msghdr: 0 msg_name (8) | 8 msg_namelen (4, padded) | 16 msg_iov (8) | 24 msg_iovlen (8) | 32 msg_control (8)
     * | 40 msg_controllen (8) | 48 msg_flags (4, padded). struct mmsghdr: the same, then 56 msg_len (4, padded).
     */
    public static final int MSGHDR_BYTES = 56;
    public static final int MSGHDR_NAME = 0;
    public static final int MSGHDR_NAMELEN = 8;
    public static final int MSGHDR_IOV = 16;
    public static final int MSGHDR_IOVLEN = 24;
    public static final int MSGHDR_CONTROL = 32;
    public static final int MSGHDR_CONTROLLEN = 40;
    public static final int MSGHDR_FLAGS = 48;
    public static final int MMSGHDR_LEN = 56;
    public static final int MMSGHDR_BYTES = 64;

    /** struct cmsghdr: 0 cmsg_len (8) | 8 cmsg_level (4) | 12 cmsg_type (4), then data; the next at a multiple of 8. */
    public static final int CMSGHDR_BYTES = 16;

    /** struct ucred: 0 pid (4) | 4 uid (4) | 8 gid (4). */
    public static final int UCRED_BYTES = 12;

    private Sockets() {}
}
