package dev.picket.platform.kvm;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Signal;

/**
 * The signal that makes KVM_RUN return. A Java thread that runs guests blocks it, and only KVM_RUN lets it through: so it
 * disturbs no other system call of that thread, needs no handler, and one that comes too early is still pending when the
 * guest is to run. By default it is ignored, so that one that comes too late does no harm.
 */
final class KickSignal implements AutoCloseable {
    private static final int NUMBER = Signal.SIGURG;
    private static final int SET_BYTES = 8;
    private static final int TIMESPEC = 16;

    /** A set with the signal, an empty struct timespec. Only ever read, but by many threads. */
    private final long area = NativeMemory.allocate(32);

    private final int processId = Host.getpid();

    KickSignal() {
        NativeMemory.putLong(area, 1L << NUMBER - 1);
    }

    /** Blocks it in the current thread. */
    void block() {
        VirtualMachine.check(Host.rtSigprocmask(Signal.SIG_BLOCK, area, 0), "blocking a signal");
    }

    /** Takes what is pending for the current thread. */
    void drain() {
        Host.rtSigtimedwait(area, 0, area + TIMESPEC);
    }

    void send(int threadId) {
        Host.tgkill(processId, threadId, NUMBER);
    }

    /** Writes the signals that KVM_RUN shall block, those of the current thread but this, as a struct kvm_signal_mask. */
    void writeRunMask(long destination) {
        NativeMemory.putInt(destination, SET_BYTES);
        NativeMemory.putLong(destination + 4, 0);
        long current = NativeMemory.allocate(SET_BYTES);
        try {
            VirtualMachine.check(Host.rtSigprocmask(Signal.SIG_BLOCK, 0, current), "asking for blocked signals");
            NativeMemory.putLong(destination + 4, NativeMemory.getLong(current) & ~(1L << NUMBER - 1));
        } finally {
            NativeMemory.free(current);
        }
    }

    @Override
    public void close() {
        NativeMemory.free(area);
    }
}
