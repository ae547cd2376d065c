package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.host.NativeMemory;

/** Touches memory as guest code would: through what is mapped, with page faults for the rest. */
public final class FakeGuest {
    private static final int TRIES = 10;

    private final MemoryManager memory;

    public FakeGuest(MemoryManager memory) {
        this.memory = memory;
    }

    /** Guest code got a signal. */
    static final class Signal extends RuntimeException {
        final FaultOutcome outcome;

        Signal(FaultOutcome outcome) {
            super(outcome.toString(), null, false, false);
            this.outcome = outcome;
        }
    }

    long read(long address) {
        return NativeMemory.getLong(host(address, Access.READ, false));
    }

    void write(long address, long value) {
        NativeMemory.putLong(host(address, Access.WRITE, false), value);
    }

    /** As {@link #write}, on a platform that cannot tell what access it was. */
    void writeBlindly(long address, long value) {
        NativeMemory.putLong(host(address, Access.WRITE, true), value);
    }

    long readBlindly(long address) {
        return NativeMemory.getLong(host(address, Access.READ, true));
    }

    int faults;

    private long host(long address, int access, boolean blindly) {
        var space = (FakeAddressSpace) memory.addressSpace();
        for (int i = 0; i < TRIES; i++) {
            var mapped = space.at(address);
            if (mapped != null && (mapped.access() & access) == access) {
                return mapped.file().address(mapped.offset() + (address & 4095));
            }
            faults++;
            FaultOutcome outcome = memory.handleFault(address, blindly ? Access.NONE : access);
            if (outcome != FaultOutcome.RESOLVED) {
                throw new Signal(outcome);
            }
        }
        throw new AssertionError("the fault at " + Long.toHexString(address) + " never ends");
    }
}
