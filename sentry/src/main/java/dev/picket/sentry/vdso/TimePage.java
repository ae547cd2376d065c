package dev.picket.sentry.vdso;

import dev.picket.platform.host.NativeMemory;

/**
 * The page of parameters by which the vDSO tells the time. Guests read it, without a lock: they try again if the sequence
 * number was odd, or has changed, while they did.
 *
 * <pre>
 *  0 sequence number   8 counter known (0: make system calls)   16 base counter   24 multiplier   32 base nanoseconds
 * 40 realtime offset  48 CPUs (0: make a system call)
 * </pre>
 */
public final class TimePage {
    static final int SEQUENCE = 0;
    static final int KNOWN = 8;
    static final int BASE_COUNTER = 16;
    static final int MULTIPLIER = 24;
    static final int BASE_NANOS = 32;
    static final int REALTIME_OFFSET = 40;
    static final int CPUS = 48;

    private final long address;
    private int sequence;
    private volatile TimeScale scale;

    /** @param address of the page in this process */
    TimePage(long address) {
        this.address = address;
    }

    /** By what the vDSO tells the time; null if it makes system calls. */
    public TimeScale scale() {
        return scale;
    }

    /** Sets by what the vDSO tells the time from now on; null for system calls. */
    public synchronized void setScale(TimeScale next) {
        NativeMemory.putIntVolatile(address + SEQUENCE, ++sequence);
        NativeMemory.putLong(address + KNOWN, next == null ? 0 : 1);
        if (next != null) {
            NativeMemory.putLong(address + BASE_COUNTER, next.baseCounter());
            NativeMemory.putLong(address + MULTIPLIER, next.multiplier());
            NativeMemory.putLong(address + BASE_NANOS, next.baseNanos());
            NativeMemory.putLong(address + REALTIME_OFFSET, next.realtimeOffsetNanos());
        }
        scale = next;
        NativeMemory.putIntVolatile(address + SEQUENCE, ++sequence);
    }

    /** Sets how many CPUs getcpu may tell of; 0 lets it ask the Sentry, which knows what a task was bound to. */
    public synchronized void setCpus(int cpus) {
        NativeMemory.putLong(address + CPUS, cpus);
    }
}
