package dev.picket.sentry.memory;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.Platform;
import dev.picket.platform.host.GuestMemoryFile;

/** A platform with real guest memory, and address spaces that run nothing. */
public final class FakePlatform implements Platform {
    public static final long LIMIT = 0x7fff_ffff_f000L;

    private final GuestMemoryFile memory = GuestMemoryFile.create(1L << 40);

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public MemoryFile memory() {
        return memory;
    }

    @Override
    public long addressLimit() {
        return LIMIT;
    }

    @Override
    public AddressSpace newAddressSpace() {
        return new FakeAddressSpace(LIMIT);
    }

    @Override
    public GuestContext newContext() {
        throw new UnsupportedOperationException("the fake platform runs nothing");
    }

    @Override
    public void close() {
        memory.close();
    }
}
