package dev.picket.platform.stub;

import dev.picket.platform.PlatformException;
import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A program made of bytes: a static ELF executable in a sealed memfd, and how it is spawned. */
public final class StubExecutable {
    private static final long PAGE_BYTES = 4096;

    private static final int POSIX_SPAWN_SETSIGDEF = 4;
    private static final int POSIX_SPAWN_SETSIGMASK = 8;
    private static final int FILE_ACTIONS_BYTES = 128;
    private static final int ATTRIBUTES_BYTES = 512;
    private static final int SIGNAL_SET_BYTES = 128;

    /** Descriptors are first moved up here, so that putting them into their places cannot run over one another. */
    private static final int ABOVE_STUB_DESCRIPTORS = 64;

    private StubExecutable() {}

    /**
     * A static executable with one segment, readable and executable, and a stack that is not executable.
     *
     * @param code what is loaded at {@code loadAddress}
     * @param entry offset in the code where it starts
     */
    public static byte[] elf(byte[] code, long loadAddress, int entry) {
        var elf = ByteBuffer.allocate((int) PAGE_BYTES + code.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        elf.putShort((short) 2).putShort((short) 62).putInt(1); // ET_EXEC, EM_X86_64
        elf.putLong(loadAddress + entry).putLong(64).putLong(0).putInt(0);
        elf.putShort((short) 64).putShort((short) 56).putShort((short) 2);
        elf.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        elf.putInt(1).putInt(5).putLong(PAGE_BYTES).putLong(loadAddress).putLong(loadAddress); // PT_LOAD, R+X
        elf.putLong(code.length).putLong(code.length).putLong(PAGE_BYTES);
        elf.putInt(0x6474_e551).putInt(6).putLong(0).putLong(0).putLong(0); // PT_GNU_STACK, R+W
        elf.putLong(0).putLong(0).putLong(16);
        elf.position((int) PAGE_BYTES);
        elf.put(code);
        return elf.array();
    }

    /**
     * Spawns the program with no arguments, default signals, and these descriptors, which become 0, 1 and so on; the one
     * behind them is the executable itself. There are no others.
     *
     * @return its process id
     * @throws PlatformException if the host refuses
     */
    public static int spawn(byte[] elf, int... descriptors) {
        int[] moved = new int[descriptors.length + 1];
        java.util.Arrays.fill(moved, -1);
        try {
            for (int i = 0; i < descriptors.length; i++) {
                moved[i] = moveUp(descriptors[i]);
            }
            moved[descriptors.length] = executable(elf);
            return spawn(moved);
        } finally {
            for (int descriptor : moved) {
                if (descriptor >= 0) {
                    Host.close(descriptor);
                }
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
        int executable = descriptors.length - 1;
        long path = NativeMemory.allocateString("/proc/self/fd/" + executable);
        long name = NativeMemory.allocateString("picket-stub");
        Host.posixSpawnFileActionsInit(actions);
        Host.posixSpawnattrInit(attributes);
        try {
            for (int i = 0; i < descriptors.length; i++) {
                check(Host.posixSpawnFileActionsAdddup2(actions, descriptors[i], i));
            }
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

    private static void check(int result) {
        if (result < 0) {
            throw new PlatformException("preparing the stub failed", -result);
        }
    }
}
