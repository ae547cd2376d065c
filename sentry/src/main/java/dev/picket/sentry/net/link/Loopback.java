package dev.picket.sentry.net.link;

import dev.picket.platform.linux.Interfaces;
import java.util.List;

/** The interface {@code lo}, by which a sandbox reaches itself. */
public final class Loopback implements Link {
    private static final int MTU_BYTES = 65536;
    private static final int ADDRESS_BYTES = 6;

    private static final List<LinkAddress> ADDRESSES = List.of(
            new LinkAddress(IpAddress.LOOPBACK_V4, 8, Interfaces.RT_SCOPE_HOST),
            new LinkAddress(IpAddress.LOOPBACK_V6, 128, Interfaces.RT_SCOPE_HOST));

    @Override
    public int index() {
        return 1;
    }

    @Override
    public String name() {
        return "lo";
    }

    @Override
    public int flags() {
        return Interfaces.IFF_UP | Interfaces.IFF_LOOPBACK | Interfaces.IFF_RUNNING;
    }

    @Override
    public int mtuBytes() {
        return MTU_BYTES;
    }

    @Override
    public int hardwareType() {
        return Interfaces.ARPHRD_LOOPBACK;
    }

    @Override
    public byte[] hardwareAddress() {
        return new byte[ADDRESS_BYTES];
    }

    @Override
    public List<LinkAddress> addresses() {
        return ADDRESSES;
    }

    @Override
    public List<Route> routes() {
        return List.of();
    }
}
