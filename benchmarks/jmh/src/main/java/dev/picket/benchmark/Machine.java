package dev.picket.benchmark;

import dev.picket.benchmark.ScriptedContext.Step;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.KernelOptions;
import dev.picket.sentry.kernel.ProcessSpec;
import dev.picket.sentry.kernel.ProgramLoader;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.MapRequest;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.syscall.Dispatcher;
import dev.picket.sentry.syscall.SyscallTable;
import dev.picket.sentry.vfs.MountNamespace;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** A whole Sentry on the fake platform, with one process whose root is a tmpfs. */
final class Machine implements AutoCloseable {
    /** A megabyte of the process's memory. */
    static final long MEMORY = 0x1000_0000L;

    static final int MEMORY_BYTES = 1 << 20;

    private static final int READ_WRITE = Mman.PROT_READ | Mman.PROT_WRITE;

    private final FakePlatform platform = new FakePlatform();
    private final Kernel kernel;
    private final AtomicReference<String> crash = new AtomicReference<>();
    private final MemoryManager memory;

    Machine() throws ErrnoException {
        var frames = new FrameAllocator(platform.memory());
        memory = new MemoryManager(platform, frames);
        memory.map(MapRequest.anonymousAt(MEMORY, MEMORY_BYTES, READ_WRITE));
        var root = new MountNamespace(new TmpfsFileSystem(frames, 31, 0, 0755), 0, "tmpfs");
        ProgramLoader loader = request -> new ProgramLoader.Program(
                memory, request.start(), "benchmark", request.caller().credentials(), MEMORY, MEMORY + MEMORY_BYTES);
        kernel = new Kernel(platform, frames, root, Dispatcher.using(new SyscallTable()), loader, KernelOptions.USUAL);
        kernel.setCrashListener(crash::set);
        kernel.createProcess(new ProcessSpec(
                "benchmark",
                List.of("benchmark"),
                List.of(),
                "/",
                Credentials.initial(0, 0, new int[0], Credentials.DOCKER_DEFAULT),
                List.of(),
                true,
                null));
    }

    /** The process's memory. */
    MemoryManager memory() {
        return memory;
    }

    /** Puts a path into the process's memory. */
    void putString(long address, String text) throws ErrnoException {
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.ISO_8859_1);
        memory.copyOut(address, bytes, 0, bytes.length);
    }

    /** Makes the stops of a script; answers the result of the last call. */
    long make(Step[] script, int stops) {
        long result = platform.context().make(script, stops);
        if (crash.get() != null) {
            throw new IllegalStateException(crash.get());
        }
        return result;
    }

    /** One call that has to succeed. */
    long call(long number, long... arguments) {
        long result = make(new Step[] {Step.call(number, arguments)}, 1);
        if (result < 0) {
            throw new IllegalStateException("call " + number + " failed with errno " + -result);
        }
        return result;
    }

    /** Opens a file in the root, which is made if it is not there. */
    int open(String path) throws ErrnoException {
        putString(MEMORY, path);
        return (int) call(SystemCallNumbers.OPEN, MEMORY, Fcntl.O_RDWR | Fcntl.O_CREAT, 0600);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
