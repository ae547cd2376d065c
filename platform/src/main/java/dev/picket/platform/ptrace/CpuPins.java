package dev.picket.platform.ptrace;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;

/**
 * Puts a Java thread and the stub thread it traces on one CPU. Waking the other of two threads that take turns costs ten
 * times as much if it sleeps on another CPU.
 */
final class CpuPins {
    /** Enough for 1,024 CPUs. */
    private static final int MASK_BYTES = 128;

    private final int[] cpus;
    private final int[] users;
    private int next;

    /** Takes the CPUs that this process may use, and begins at a random one, for there are other workers. */
    CpuPins() {
        cpus = allowed();
        users = new int[cpus.length];
        next = cpus.length == 0 ? 0 : new java.util.Random().nextInt(cpus.length);
    }

    /** The CPUs of this process, in ascending order; none if the host does not say. */
    private static int[] allowed() {
        long mask = NativeMemory.allocate(MASK_BYTES);
        try {
            int bytes = Host.schedGetaffinity(Host.getpid(), MASK_BYTES, mask);
            return java.util.stream.IntStream.range(0, Math.max(0, bytes) * 8)
                    .filter(cpu -> (NativeMemory.getByte(mask + cpu / 8) >> cpu % 8 & 1) != 0)
                    .toArray();
        } finally {
            NativeMemory.free(mask);
        }
    }

    /** Whether there is anything to choose. */
    boolean isUseful() {
        return cpus.length > 1;
    }

    /**
     * Chooses a CPU for one more context, and counts it: the current one, since a process often waits for the one it
     * started, unless it has two more contexts than the one with the fewest, which is taken then.
     *
     * @return its index
     */
    synchronized int acquire() {
        int best = next;
        for (int i = 0; i < cpus.length; i++) {
            int candidate = (next + i) % cpus.length;
            if (users[candidate] < users[best]) {
                best = candidate;
            }
        }
        int here = java.util.Arrays.binarySearch(cpus, Host.schedGetcpu());
        boolean isFirst = java.util.Arrays.stream(users).sum() == 0;
        if (!isFirst && here >= 0 && users[here] <= users[best] + 1) {
            best = here;
        }
        next = (best + 1) % cpus.length;
        users[best]++;
        return best;
    }

    synchronized void release(int index) {
        users[index]--;
    }

    /** Binds a thread, 0 for the current one, to the CPU at {@code index}. Failing is harmless: it is only slower. */
    void pin(int threadId, int index) {
        long mask = NativeMemory.allocate(MASK_BYTES);
        try {
            NativeMemory.putByte(mask + cpus[index] / 8, (byte) (1 << cpus[index] % 8));
            Host.schedSetaffinity(threadId, MASK_BYTES, mask);
        } finally {
            NativeMemory.free(mask);
        }
    }

    /** Binds a thread that sleeps to the CPU of the current thread, which is about to wake it and wait for it. */
    void pinHere(int threadId) {
        int index = java.util.Arrays.binarySearch(cpus, Host.schedGetcpu());
        if (isUseful() && index >= 0) {
            pin(threadId, index);
        }
    }

    /** Lets a thread run on any CPU of this process. */
    void unpin(int threadId) {
        long mask = NativeMemory.allocate(MASK_BYTES);
        try {
            for (int cpu : cpus) {
                long at = mask + cpu / 8;
                NativeMemory.putByte(at, (byte) (NativeMemory.getByte(at) | 1 << cpu % 8));
            }
            Host.schedSetaffinity(threadId, MASK_BYTES, mask);
        } finally {
            NativeMemory.free(mask);
        }
    }
}
