package dev.picket.platform.ptrace;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Seccomp;
import dev.picket.platform.linux.SyscallNumber;

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

    private static final int POSIX_SPAWN_SETSIGDEF = 4;
    private static final int POSIX_SPAWN_SETSIGMASK = 8;
    private static final int FILE_ACTIONS_BYTES = 128;
    private static final int ATTRIBUTES_BYTES = 512;
    private static final int SIGNAL_SET_BYTES = 128;

    /** Descriptors are first moved up here, so that putting them into their places cannot run over one another. */
    private static final int ABOVE_STUB_DESCRIPTORS = 64;

    private StubTemplate() {}

    /**
     * Spawns the process; it waits in its park loop, at the address where it was loaded.
     *
     * @return its process id
     */
    static int spawn(StubImage image, int memoryDescriptor, int lifelineDescriptor, int socketDescriptor) {
        int[] descriptors = {
            moveUp(memoryDescriptor), moveUp(lifelineDescriptor), moveUp(socketDescriptor), executable(image.elf())
        };
        try {
            return spawn(descriptors);
        } finally {
            for (int descriptor : descriptors) {
                Host.close(descriptor);
            }
        }
    }

    private static int spawn(int[] descriptors) {
        int area = FILE_ACTIONS_BYTES + ATTRIBUTES_BYTES + 2 * SIGNAL_SET_BYTES + 64;
        long actions = NativeMemory.allocate(area);
        long attributes = actions + FILE_ACTIONS_BYTES;
        long allSignals = attributes + ATTRIBUTES_BYTES;
        long noSignals = allSignals + SIGNAL_SET_BYTES;
        long pid = noSignals + SIGNAL_SET_BYTES;
        long arguments = pid + 8;
        long environment = arguments + 16;
        int executable = StubImage.FIRST_FILE_DESCRIPTOR;
        long path = NativeMemory.allocateString("/proc/self/fd/" + executable);
        long name = NativeMemory.allocateString("picket-stub");
        Host.posixSpawnFileActionsInit(actions);
        Host.posixSpawnattrInit(attributes);
        try {
            check(Host.posixSpawnFileActionsAdddup2(actions, descriptors[0], StubImage.MEMORY_DESCRIPTOR));
            check(Host.posixSpawnFileActionsAdddup2(actions, descriptors[1], StubImage.LIFELINE_DESCRIPTOR));
            check(Host.posixSpawnFileActionsAdddup2(actions, descriptors[2], StubImage.SOCKET_DESCRIPTOR));
            check(Host.posixSpawnFileActionsAdddup2(actions, descriptors[3], executable));
            check(Host.posixSpawnFileActionsAddclosefrom(actions, executable + 1));
            NativeMemory.fill(allSignals, SIGNAL_SET_BYTES, (byte) 0xff);
            check(Host.posixSpawnattrSetsigdefault(attributes, allSignals));
            check(Host.posixSpawnattrSetsigmask(attributes, noSignals));
            check(Host.posixSpawnattrSetflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
            NativeMemory.putLong(arguments, name);
            int result = Host.posixSpawn(pid, path, actions, attributes, arguments, environment);
            if (result < 0) {
                throw new PlatformException("posix_spawn of the stub failed", -result);
            }
            return NativeMemory.getInt(pid);
        } finally {
            Host.posixSpawnattrDestroy(attributes);
            Host.posixSpawnFileActionsDestroy(actions);
            NativeMemory.free(name);
            NativeMemory.free(path);
            NativeMemory.free(actions);
        }
    }

    private static int moveUp(int descriptor) {
        int moved = Host.fcntl(descriptor, Fcntl.F_DUPFD_CLOEXEC, ABOVE_STUB_DESCRIPTORS);
        if (moved < 0) {
            throw new PlatformException("duplicating a descriptor for the stub failed", -moved);
        }
        return moved;
    }

    private static int executable(byte[] elf) {
        int flags = Mman.MFD_CLOEXEC | Mman.MFD_ALLOW_SEALING;
        int made = Host.memfdCreate("picket-stub", flags | Mman.MFD_EXEC);
        if (made < 0) {
            made = Host.memfdCreate("picket-stub", flags); // Linux before 6.3 does not know MFD_EXEC, and needs none
        }
        if (made < 0) {
            throw new PlatformException("memfd_create of the stub failed", -made);
        }
        long bytes = NativeMemory.allocate(elf.length);
        try {
            NativeMemory.copyFromArray(elf, 0, bytes, elf.length);
            if (Host.write(made, bytes, elf.length) != elf.length) {
                throw new PlatformException("writing the stub failed");
            }
            int seals = Fcntl.F_SEAL_SEAL | Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_WRITE;
            check(Host.fcntl(made, Fcntl.F_ADD_SEALS, seals));
            return moveUp(made);
        } finally {
            NativeMemory.free(bytes);
            Host.close(made);
        }
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

    private static void check(int result) {
        if (result < 0) {
            throw new PlatformException("preparing the stub failed", -result);
        }
    }
}
