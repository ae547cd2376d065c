package dev.picket.sentry.kernel.ipc;

import dev.picket.sentry.memory.FrameAllocator;
import java.util.function.IntSupplier;

/** All System V IPC objects that some processes share, and their limits; see ipc_namespaces(7). */
public final class IpcNamespace {
    private final IpcLimits limits;
    private final SharedSegments sharedMemory;
    private final SemaphoreSets semaphores;
    private final MessageQueues messages;

    /**
     * @param heapLimitBytes how much of the Sentry's heap all objects may take together
     * @param currentProcess id of the process that the current thread works for
     */
    public IpcNamespace(FrameAllocator frames, long heapLimitBytes, IntSupplier currentProcess) {
        limits = new IpcLimits(heapLimitBytes);
        sharedMemory = new SharedSegments(frames, limits, currentProcess);
        semaphores = new SemaphoreSets(limits);
        messages = new MessageQueues(limits);
    }

    /** What may be changed in /proc/sys/kernel. */
    public IpcLimits limits() {
        return limits;
    }

    public SharedSegments sharedMemory() {
        return sharedMemory;
    }

    public SemaphoreSets semaphores() {
        return semaphores;
    }

    public MessageQueues messages() {
        return messages;
    }
}
