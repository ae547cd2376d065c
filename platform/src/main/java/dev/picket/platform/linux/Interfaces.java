package dev.picket.platform.linux;

/** Network interfaces: netdevice(7); {@code include/uapi/linux/if.h}, {@code if_arp.h}, {@code sockios.h}. */
public final class Interfaces {
    public static final int IFF_UP = 0x1;
    public static final int IFF_BROADCAST = 0x2;
    public static final int IFF_LOOPBACK = 0x8;
    public static final int IFF_RUNNING = 0x40;
    public static final int IFF_MULTICAST = 0x1000;
    public static final int IFF_LOWER_UP = 0x10000;

    public static final int ARPHRD_LOOPBACK = 772;

    public static final int RT_SCOPE_UNIVERSE = 0;
    public static final int RT_SCOPE_LINK = 253;
    public static final int RT_SCOPE_HOST = 254;

    public static final int SIOCGSTAMP = 0x8906;
    public static final int SIOCGSTAMPNS = 0x8907;
    public static final int SIOCADDRT = 0x890B;
    public static final int SIOCDELRT = 0x890C;
    public static final int SIOCGIFNAME = 0x8910;
    public static final int SIOCSIFLINK = 0x8911;
    public static final int SIOCGIFCONF = 0x8912;
    public static final int SIOCGIFFLAGS = 0x8913;
    public static final int SIOCSIFFLAGS = 0x8914;
    public static final int SIOCGIFADDR = 0x8915;
    public static final int SIOCSIFADDR = 0x8916;
    public static final int SIOCGIFDSTADDR = 0x8917;
    public static final int SIOCSIFDSTADDR = 0x8918;
    public static final int SIOCGIFBRDADDR = 0x8919;
    public static final int SIOCSIFBRDADDR = 0x891a;
    public static final int SIOCGIFNETMASK = 0x891b;
    public static final int SIOCSIFNETMASK = 0x891c;
    public static final int SIOCGIFMETRIC = 0x891d;
    public static final int SIOCSIFMETRIC = 0x891e;
    public static final int SIOCGIFMTU = 0x8921;
    public static final int SIOCSIFMTU = 0x8922;
    public static final int SIOCSIFNAME = 0x8923;
    public static final int SIOCSIFHWADDR = 0x8924;
    public static final int SIOCGIFHWADDR = 0x8927;
    public static final int SIOCGIFINDEX = 0x8933;
    public static final int SIOCGIFTXQLEN = 0x8942;
    public static final int SIOCSIFTXQLEN = 0x8943;
    public static final int SIOCETHTOOL = 0x8946;
    public static final int SIOCGIFMAP = 0x8970;

    /*
     * struct ifreq: 0 ifr_name (16) | 16 a union (24): a sockaddr, an int, a short, a struct ifmap.
     * struct ifconf: 0 ifc_len (4, padded) | 8 ifc_buf (8).
     */
    public static final int IFNAMSIZ = 16;
    public static final int IFREQ_BYTES = 40;
    public static final int IFREQ_VALUE = 16;
    public static final int IFCONF_BYTES = 16;
    public static final int IFCONF_BUFFER = 8;

    private Interfaces() {}
}
