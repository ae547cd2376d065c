package dev.picket.benchmark;

import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.Platform;
import dev.picket.platform.host.GuestMemoryFile;

/** A platform with real guest memory, address spaces that map nothing, and contexts that follow a script. */
final class FakePlatform implements Platform {
    private static final long MEMORY_BYTES = 1L << 40;

    private final GuestMemoryFile memory = GuestMemoryFile.create(MEMORY_BYTES);
    private final ScriptedContext context = new ScriptedContext();

    /** The context of the one task. */
    ScriptedContext context() {
        return context;
    }

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
        return 0x7fff_ffff_f000L;
    }

    @Override
    public AddressSpace newAddressSpace() {
        return new NoAddressSpace();
    }

    @Override
    public GuestContext newContext() {
        return context;
    }

    @Override
    public void close() {
        memory.close();
    }

    private static final class NoAddressSpace implements AddressSpace {
        @Override
        public void map(long address, MemoryFile file, long offset, long length, int access, boolean populate) {}

        @Override
        public void protect(long address, long length, int access) {}

        @Override
        public void unmap(long address, long length) {}

        @Override
        public AddressSpace fork() {
            return new NoAddressSpace();
        }

        @Override
        public void close() {}
    }
}
