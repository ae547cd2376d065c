package dev.picket.platform.kvm;

import dev.picket.platform.MemoryFile;
import java.util.HashMap;
import java.util.Map;

/**
 * A file of which parts are guest physical memory: which part is where. Guarded by the lock of the physical memory.
 *
 * <p>It has a descriptor of its own, since what a guest has mapped stays when the file is closed.
 */
final class FileView {
    final MemoryFile file;

    /** Whether it is the guest memory, the only file that guests may write. */
    final boolean isMemory;

    /** A descriptor of the file: the file's own if it is the guest memory, which lives as long as the platform. */
    final int descriptor;

    /** How much of the file one window shows; a power of two. */
    final long windowBytes;

    /** By offset in the file divided by the length of a window. */
    final Map<Long, Window> windows = new HashMap<>();

    /** Whether some address space maps it, as the last survey found. */
    boolean isUsed;

    FileView(MemoryFile file, boolean isMemory, int descriptor, long windowBytes) {
        this.file = file;
        this.isMemory = isMemory;
        this.descriptor = descriptor;
        this.windowBytes = windowBytes;
    }
}
