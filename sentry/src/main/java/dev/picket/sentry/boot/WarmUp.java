package dev.picket.sentry.boot;

import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.select.Platforms;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.overlay.OverlayFileSystem;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.KernelOptions;
import dev.picket.sentry.kernel.ProcessSpec;
import dev.picket.sentry.loader.Loader;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.syscall.Dispatcher;
import dev.picket.sentry.syscall.SyscallTable;
import dev.picket.sentry.vfs.MountNamespace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Runs a tiny guest in a sandbox that is thrown away, before the worker gets its own: afterwards the classes that a run
 * needs are loaded, which a confined worker could do only from an archive that is open already, and a first start is fast.
 */
final class WarmUp {
    private static final long SECONDS = 5;
    private static final long MEMORY_BYTES = 64L << 20;
    private static final int STATUS = 42;

    // x86-64: fork(); wait4(-1, 0, 0, 0); getpid(); write(1, ".", 1); exit_group(42)
    private static final byte[] CODE = {
        (byte) 0xb8, 57, 0, 0, 0, 0x0f, 0x05, // mov eax, fork; syscall
        (byte) 0x85, (byte) 0xc0, // test eax, eax
        0x74, 0x12, // jz over the wait
        0x48, (byte) 0x83, (byte) 0xcf, (byte) 0xff, // or rdi, -1
        0x31, (byte) 0xf6, // xor esi, esi
        0x31, (byte) 0xd2, // xor edx, edx
        0x4d, 0x31, (byte) 0xd2, // xor r10, r10
        (byte) 0xb8, 61, 0, 0, 0, 0x0f, 0x05, // mov eax, wait4; syscall
        (byte) 0xb8, 39, 0, 0, 0, 0x0f, 0x05, // mov eax, getpid; syscall
        (byte) 0xbf, 1, 0, 0, 0, // mov edi, 1
        0x48, (byte) 0x8d, 0x35, 0x18, 0, 0, 0, // lea rsi, [rip + 24]: the text behind the code
        (byte) 0xba, 1, 0, 0, 0, // mov edx, 1
        (byte) 0xb8, 1, 0, 0, 0, 0x0f, 0x05, // mov eax, write; syscall
        (byte) 0xbf, STATUS, 0, 0, 0, // mov edi, 42
        (byte) 0xb8, (byte) 231, 0, 0, 0, 0x0f, 0x05, // mov eax, exit_group; syscall
        '.'
    };

    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final long BASE = 0x40_0000;

    private WarmUp() {}

    /** @throws PlatformException if the platform does not run the guest as it should */
    static void run(String platformName, HostFacts facts, SyscallTable table) {
        Platform platform = Platforms.open(platformName);
        Kernel kernel = null;
        try {
            var frames = new FrameAllocator(platform.memory());
            var lower = new TmpfsFileSystem(frames, 1, MEMORY_BYTES, 0755);
            var upper = new TmpfsFileSystem(frames, 2, MEMORY_BYTES, 0755);
            var mounts = new MountNamespace(new OverlayFileSystem(List.of(lower), upper, 3), 0, "overlay");
            var random = new HostRandom();
            kernel = new Kernel(
                    platform,
                    frames,
                    mounts,
                    Dispatcher.using(table),
                    new Loader(platform, frames, facts.machine(), random::next),
                    KernelOptions.USUAL);
            new SandboxFiles(frames, MEMORY_BYTES, List.of()).mountAll(kernel, facts, List.of());
            Outsider caller = Outsider.almighty(mounts);
            SandboxFiles.writeIdentity(caller, "warm-up");
            GuestText.replace(caller, "/init", program(), 0755);
            if (runInit(kernel, caller) != STATUS << 8) {
                throw new PlatformException("a guest does not run as it should on " + platformName);
            }
        } catch (ErrnoException e) {
            throw new PlatformException("a guest cannot be set up on " + platformName, e.errno());
        } finally {
            if (kernel != null) {
                kernel.close();
            } else {
                platform.close();
            }
        }
    }

    private static int runInit(Kernel kernel, Outsider caller) throws ErrnoException {
        var pipes = new PipeStreams(kernel.anonymousFiles(), caller.credentials());
        var ended = new CountDownLatch(1);
        int[] status = {-1};
        kernel.createProcess(new ProcessSpec(
                "/init",
                List.of("/init"),
                List.of("PATH=/bin"),
                "/",
                Credentials.initial(0, 0, new int[0], Credentials.DOCKER_DEFAULT),
                List.of(pipes.guestFiles()),
                true,
                (process, waitStatus) -> {
                    status[0] = waitStatus;
                    ended.countDown();
                }));
        try {
            if (!ended.await(SECONDS, TimeUnit.SECONDS)) {
                throw new PlatformException("a guest did not end within " + SECONDS + " seconds");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        byte[] output = new byte[16];
        int count = pipes.output().take(output, 0, output.length);
        pipes.output().close();
        pipes.error().close();
        pipes.input().close();
        // Parent and child have written one byte each.
        return count == 2 && output[0] == '.' ? status[0] : -1;
    }

    /** A static ELF file whose one segment is all of it; elf(5). */
    private static byte[] program() {
        int size = HEADER_BYTES + PROGRAM_HEADER_BYTES + CODE.length;
        ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        file.putShort((short) 2).putShort((short) 62).putInt(1); // ET_EXEC, EM_X86_64
        file.putLong(BASE + HEADER_BYTES + PROGRAM_HEADER_BYTES).putLong(HEADER_BYTES).putLong(0).putInt(0);
        file.putShort((short) HEADER_BYTES).putShort((short) PROGRAM_HEADER_BYTES).putShort((short) 1);
        file.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        file.putInt(1).putInt(5).putLong(0).putLong(BASE).putLong(BASE); // PT_LOAD, read and execute
        file.putLong(size).putLong(size).putLong(4096);
        file.put(CODE);
        return file.array();
    }
}
