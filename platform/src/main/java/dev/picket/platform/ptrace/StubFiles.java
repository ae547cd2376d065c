package dev.picket.platform.ptrace;

import dev.picket.platform.MemoryFile;
import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.stub.FileSlots;

/**
 * The descriptors of one stub process: which {@link MemoryFile} is which. Guarded by the process's lock.
 *
 * <p>A descriptor comes in by recvmsg(2), which writes its number into memory that the guest can change. The number is
 * therefore not read from there but known beforehand, being the lowest that is free.
 */
final class StubFiles {
    private static final int HEADER = 0;
    private static final int IOVEC = 64;
    private static final int DATA = 96;
    private static final int CONTROL = 128;
    private static final int CONTROL_BYTES = 24;
    private static final int MSG_DONTWAIT = 0x40;

    private final MemoryFile memory;
    private final DescriptorQueue queue;
    private final FileSlots slots;

    StubFiles(MemoryFile memory, DescriptorQueue queue) {
        this(memory, queue, new FileSlots(StubImage.FIRST_FILE_DESCRIPTOR));
    }

    private StubFiles(MemoryFile memory, DescriptorQueue queue, FileSlots slots) {
        this.memory = memory;
        this.queue = queue;
        this.slots = slots;
    }

    /** The table of a process that was forked from this one. */
    StubFiles copy() {
        return new StubFiles(memory, queue, slots.copy());
    }

    boolean has(MemoryFile file) {
        return file == memory || slots.find(file) >= 0;
    }

    /** Descriptor of a file in the stub, which is given one if it has none. */
    int descriptor(MemoryFile file, Tracee tracee) throws StubLostException {
        if (file == memory) {
            return StubImage.MEMORY_DESCRIPTOR;
        }
        int descriptor = slots.find(file);
        if (descriptor < 0) {
            descriptor = slots.free();
            if (descriptor < 0) {
                descriptor = slots.evict();
                check(tracee.inject(SyscallNumber.CLOSE, descriptor, 0, 0), "close");
            }
            receive(file, descriptor, tracee);
            slots.put(descriptor, file);
        }
        return descriptor;
    }

    private void receive(MemoryFile file, int expected, Tracee tracee) throws StubLostException {
        long scratch = StubImage.SCRATCH;
        long[] header = {0, 0, scratch + IOVEC, 1, scratch + CONTROL, CONTROL_BYTES, 0};
        for (int i = 0; i < header.length; i++) {
            tracee.poke(scratch + HEADER + i * 8L, header[i]);
        }
        tracee.poke(scratch + IOVEC, scratch + DATA);
        tracee.poke(scratch + IOVEC + 8, 1);

        // The queue is one for all stubs of the sandbox: nobody may come in between.
        synchronized (queue) {
            queue.send(file.descriptor());
            long received = tracee.inject(SyscallNumber.RECVMSG, StubImage.SOCKET_DESCRIPTOR, scratch, MSG_DONTWAIT);
            if (received != 1) {
                throw new PlatformException("stub did not receive a descriptor", (int) Math.max(0, -received));
            }
        }
        check(tracee.inject(SyscallNumber.FCNTL, expected, Fcntl.F_GETFD, 0), "receiving a descriptor");
    }

    private static void check(long result, String what) {
        if (result < 0) {
            throw new PlatformException(what + " in a stub failed", (int) -result);
        }
    }
}
