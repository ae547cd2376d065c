package dev.picket.platform.seccomp;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import java.util.ArrayDeque;

/**
 * A sparse file, mapped whole into this process, in pieces of equal size that stubs map one by one. A piece is zero when
 * it is acquired. Thread-safe.
 */
final class SharedSlots implements AutoCloseable {
    private static final int FALLOC_FL_KEEP_SIZE = 1;
    private static final int FALLOC_FL_PUNCH_HOLE = 2;

    private final int slotBytes;
    private final int maximum;
    private final int descriptor;
    private final long address;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private int used;

    SharedSlots(String name, int slotBytes, int maximum) {
        this.slotBytes = slotBytes;
        this.maximum = maximum;
        descriptor = Host.memfdCreate(name, Mman.MFD_CLOEXEC | Mman.MFD_ALLOW_SEALING);
        if (descriptor < 0) {
            throw new PlatformException("memfd_create of " + name + " failed", -descriptor);
        }
        long bytes = (long) slotBytes * maximum;
        long mapped = Host.ftruncate(descriptor, bytes);
        if (mapped == 0) {
            mapped = Host.fcntl(
                    descriptor, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_SEAL);
        }
        if (mapped == 0) {
            int flags = Mman.MAP_SHARED | Mman.MAP_NORESERVE;
            mapped = Host.mmap(0, bytes, Mman.PROT_READ | Mman.PROT_WRITE, flags, descriptor, 0);
        }
        if (mapped < 0) {
            Host.close(descriptor);
            throw new PlatformException("mapping of " + name + " failed", (int) -mapped);
        }
        address = mapped;
        Host.madvise(address, bytes, Mman.MADV_DONTDUMP);
    }

    int descriptor() {
        return descriptor;
    }

    /** Takes a slot. @throws PlatformException if there is none left */
    synchronized int acquire() {
        Integer slot = free.poll();
        if (slot == null) {
            if (used == maximum) {
                throw new PlatformException("all " + maximum + " slots are taken");
            }
            slot = used++;
        }
        return slot;
    }

    /** Gives a slot back; no stub maps it any more. */
    synchronized void release(int slot) {
        int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
        if (Host.fallocate(descriptor, punch, offset(slot), slotBytes) < 0) {
            NativeMemory.fill(address(slot), slotBytes, (byte) 0);
        }
        free.push(slot);
    }

    long offset(int slot) {
        return (long) slot * slotBytes;
    }

    /** Address of the slot in this process. */
    long address(int slot) {
        return address + offset(slot);
    }

    @Override
    public void close() {
        Host.munmap(address, (long) slotBytes * maximum);
        Host.close(descriptor);
    }
}
