package dev.picket.platform.ptrace;

import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Mman;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.stub.StubExecutable;

/**
 * Makes the first stub process of a sandbox, from which all others are forked: spawned from a sealed memfd, stripped of
 * every mapping but its own two pages, of every descriptor but three, of capabilities, and shut in by a filter.
 *
 * <p>After this, nothing on the host is opened or executed any more for the life of the sandbox.
 */
final class StubTemplate {
    private static final int PR_SET_NAME = 15;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int LAST_CAPABILITY = 63;

    private StubTemplate() {}

    /**
     * Spawns the process; it waits in its park loop, at the address where it was loaded.
     *
     * @return its process id
     */
    static int spawn(StubImage image, int memoryDescriptor, int lifelineDescriptor, int socketDescriptor) {
        return StubExecutable.spawn(image.elf(), memoryDescriptor, lifelineDescriptor, socketDescriptor);
    }

    /** Strips and confines the process, whose only thread {@code tracee} is. */
    static void confine(StubImage image, Tracee tracee) throws StubLostException {
        int mremapFlags = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED;
        long page = StubImage.PAGE_BYTES;
        long text = tracee.injectWhereLoaded(
                SyscallNumber.MREMAP, StubImage.LOAD_ADDRESS, page, page, mremapFlags, StubImage.TEXT);
        if (text != StubImage.TEXT) {
            throw new PlatformException("moving the stub failed", (int) -text);
        }
        // The stack, and the host's vDSO and its data, go: a guest has no business with them.
        call(tracee, "munmap", SyscallNumber.MUNMAP, 0, StubImage.LIMIT, 0);
        long behind = StubImage.TEXT + page;
        call(tracee, "munmap", SyscallNumber.MUNMAP, behind, StubImage.USER_END - behind, 0);
        int scratchFlags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED;
        int readWrite = Mman.PROT_READ | Mman.PROT_WRITE;
        long scratch = tracee.inject(SyscallNumber.MMAP, StubImage.SCRATCH, page, readWrite, scratchFlags, -1, 0);
        if (scratch != StubImage.SCRATCH) {
            throw new PlatformException("mapping the stub's scratch page failed", (int) -scratch);
        }

        call(tracee, "close_range", SyscallNumber.CLOSE_RANGE, StubImage.FIRST_FILE_DESCRIPTOR, 0xffff_ffffL, 0);
        call(tracee, "setrlimit", SyscallNumber.SETRLIMIT, Resource.RLIMIT_CORE, image.noCoreLimit(), 0);
        call(tracee, "setrlimit", SyscallNumber.SETRLIMIT, Resource.RLIMIT_NOFILE, image.descriptorLimit(), 0);
        call(tracee, "prctl", SyscallNumber.PRCTL, PR_SET_NAME, image.name(), 0);
        for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
            // EPERM if the worker is not privileged, EINVAL behind the last capability: nothing to drop either way.
            if (tracee.inject(SyscallNumber.PRCTL, PR_CAPBSET_DROP, capability, 0) < 0) {
                break;
            }
        }
        call(tracee, "capset", SyscallNumber.CAPSET, image.capabilityHeader(), image.capabilityData(), 0);
        call(tracee, "no_new_privs", SyscallNumber.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0);
        call(tracee, "seccomp", SyscallNumber.SECCOMP, Seccomp.SECCOMP_SET_MODE_FILTER, 0, image.filter());
    }

    private static void call(Tracee tracee, String name, int number, long a, long b, long c) throws StubLostException {
        long result = tracee.inject(number, a, b, c);
        if (result < 0) {
            throw new PlatformException(name + " in the stub failed", (int) -result);
        }
    }
}
