package dev.picket.sentry.net.link;

/**
 * An address of ip(7) or ipv6(7): 128 bits, network byte order. Those of IPv4 are held as IPv6 maps them, {@code
 * ::ffff:a.b.c.d}, so that sockets of both families meet in the same tables.
 */
public record IpAddress(long high, long low) {
    public static final int V4_BYTES = 4;
    public static final int V6_BYTES = 16;

    /** {@code ::} */
    public static final IpAddress ANY_V6 = new IpAddress(0, 0);

    /** {@code ::1} */
    public static final IpAddress LOOPBACK_V6 = new IpAddress(0, 1);

    /** 0.0.0.0 */
    public static final IpAddress ANY_V4 = v4(0);

    /** 127.0.0.1 */
    public static final IpAddress LOOPBACK_V4 = v4(0x7f000001);

    private static final long MAPPED = 0xffffL << 32;

    /** An address of IPv4, the first of its bytes the highest. */
    public static IpAddress v4(int bits) {
        return new IpAddress(0, MAPPED | Integer.toUnsignedLong(bits));
    }

    /** The address whose four bytes lie at {@code offset}. */
    public static IpAddress v4(byte[] bytes, int offset) {
        return v4((int) bigEndian(bytes, offset, V4_BYTES));
    }

    /** The address whose sixteen bytes lie at {@code offset}. */
    public static IpAddress v6(byte[] bytes, int offset) {
        return new IpAddress(bigEndian(bytes, offset, 8), bigEndian(bytes, offset + 8, 8));
    }

    private static long bigEndian(byte[] bytes, int offset, int count) {
        long value = 0;
        for (int index = 0; index < count; index++) {
            value = value << 8 | bytes[offset + index] & 0xff;
        }
        return value;
    }

    /** Whether this is an address of IPv4. */
    public boolean isV4() {
        return high == 0 && low >>> 32 == 0xffff;
    }

    /** The address as IPv4 has it, the first of its bytes the highest. */
    public int v4Bits() {
        return (int) low;
    }

    /** 0.0.0.0 or {@code ::}. */
    public boolean isAny() {
        return high == 0 && (low == 0 || low == MAPPED);
    }

    /** 127.0.0.0/8 or {@code ::1}. */
    public boolean isLoopback() {
        return isV4() ? v4Bits() >>> 24 == 127 : equals(LOOPBACK_V6);
    }

    /** 224.0.0.0/4 or ff00::/8. */
    public boolean isMulticast() {
        return isV4() ? v4Bits() >>> 28 == 0xe : high >>> 56 == 0xff;
    }

    /** 255.255.255.255 */
    public boolean isLimitedBroadcast() {
        return isV4() && v4Bits() == -1;
    }

    /** {@code fe80::/10}: needs an interface to go with it. */
    public boolean isLinkLocal() {
        return !isV4() && high >>> 54 == 0x3fa;
    }

    /** Whether both are of one family and begin with the same {@code bits} bits of it. */
    public boolean sharesPrefix(IpAddress other, int bits) {
        return isV4() == other.isV4() && network(bits).equals(other.network(bits));
    }

    /** The first address of the network that this address is in; {@code bits} counts those of the family. */
    public IpAddress network(int bits) {
        int all = isV4() ? bits + 96 : bits;
        long highMask = all >= 64 ? -1 : all == 0 ? 0 : -1L << 64 - all;
        long lowMask = all <= 64 ? 0 : all >= 128 ? -1 : -1L << 128 - all;
        return new IpAddress(high & highMask, low & lowMask);
    }

    /** Four bytes for IPv4, otherwise sixteen. */
    public byte[] bytes() {
        byte[] bytes = new byte[isV4() ? V4_BYTES : V6_BYTES];
        put(bytes, 0);
        return bytes;
    }

    /** Stores {@link #bytes()} at {@code offset}. */
    public void put(byte[] bytes, int offset) {
        if (isV4()) {
            putBigEndian(bytes, offset, low, V4_BYTES);
        } else {
            putV6(bytes, offset);
        }
    }

    /** Stores sixteen bytes, also of an address of IPv4. */
    public void putV6(byte[] bytes, int offset) {
        putBigEndian(bytes, offset, high, 8);
        putBigEndian(bytes, offset + 8, low, 8);
    }

    private static void putBigEndian(byte[] bytes, int offset, long value, int count) {
        for (int index = 0; index < count; index++) {
            bytes[offset + index] = (byte) (value >>> 8 * (count - 1 - index));
        }
    }

    /** As /proc/net/tcp shows IPv4 and /proc/net/tcp6 IPv6: words of 32 bits in the machine's byte order. */
    public String shown(boolean asV6) {
        if (!asV6) {
            return String.format("%08X", Integer.reverseBytes(v4Bits()));
        }
        return String.format(
                "%08X%08X%08X%08X",
                Integer.reverseBytes((int) (high >>> 32)),
                Integer.reverseBytes((int) high),
                Integer.reverseBytes((int) (low >>> 32)),
                Integer.reverseBytes((int) low));
    }

    @Override
    public String toString() {
        if (isV4()) {
            int bits = v4Bits();
            return (bits >>> 24) + "." + (bits >>> 16 & 0xff) + "." + (bits >>> 8 & 0xff) + "." + (bits & 0xff);
        }
        return String.format("%016x%016x", high, low);
    }
}
