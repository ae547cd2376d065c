package dev.picket.sentry.kernel;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.ptrace.PtracePlatform;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.dev.DeviceNodes;
import dev.picket.sentry.fs.dev.DeviceRegistry;
import dev.picket.sentry.fs.host.HostFileSystem;
import dev.picket.sentry.fs.overlay.OverlayFileSystem;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.loader.Loader;
import dev.picket.sentry.loader.MachineFacts;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.syscall.Dispatcher;
import dev.picket.sentry.syscall.SyscallTable;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.PathWalk;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A sandbox on the ptrace platform whose root is that of the host, under an overlay in memory. */
final class TestSandbox implements AutoCloseable {
    private static final int O_PATH = 010000000;
    private static final int O_DIRECTORY = 0200000;
    private static final int O_CLOEXEC = 02000000;
    private static final int AT_FDCWD = -100;
    private static final long TIMEOUT_SECONDS = 30;

    private final Kernel kernel;
    private final SyscallTable table = new SyscallTable();

    /** A process that was started here. */
    record Started(ThreadGroup process, CompletableFuture<Integer> exit, CapturedFile output) {
        /** Waits for the end, and answers the wait status. */
        int await() {
            try {
                return exit.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
            } catch (TimeoutException e) {
                throw new AssertionError("the program did not end; it has printed: " + output.text(), e);
            }
        }

        /** Waits until the program has printed {@code text}. */
        void awaitOutput(String text) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
            while (!output.text().contains(text)) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("the program did not print " + text + ", but: " + output.text());
                }
                Thread.sleep(5);
            }
        }
    }

    TestSandbox() {
        this(KernelOptions.USUAL);
    }

    TestSandbox(KernelOptions options) {
        var platform = PtracePlatform.open();
        var frames = new FrameAllocator(platform.memory());
        var random = new SecureRandom();
        var loader = new Loader(platform, frames, MachineFacts.BASELINE, random::nextLong);
        try {
            kernel = new Kernel(platform, frames, root(frames), Dispatcher.using(table), loader, options);
            mountDevices(frames);
        } catch (ErrnoException e) {
            platform.close();
            throw new IllegalStateException(e);
        }
    }

    private static MountNamespace root(FrameAllocator frames) throws ErrnoException {
        var upper = new TmpfsFileSystem(frames, 31, 0, 0755);
        return new MountNamespace(new OverlayFileSystem(List.of(hostRoot()), upper, 32), 0, "overlay");
    }

    private void mountDevices(FrameAllocator frames) throws ErrnoException {
        var mounts = kernel.mounts();
        mounts.setSpecialFiles(new DeviceRegistry(kernel.anonymousFiles().fifos(), kernel.terminals()));
        var credentials = Credentials.initial(0, 0, new int[0], -1L);
        var caller = new StartCaller(credentials, mounts.rootPath(), mounts.rootPath());
        var devices = new TmpfsFileSystem(frames, 33, 0, 0755);
        DeviceNodes.make(caller, devices);
        mounts.mount(PathWalk.resolve(caller, caller.root(), "/dev", PathWalk.FOLLOW), devices, 0, "tmpfs");
        mounts.mount(
                PathWalk.resolve(caller, caller.root(), "/tmp", PathWalk.FOLLOW),
                new TmpfsFileSystem(frames, 34, 0, 01777),
                0,
                "tmpfs");
    }

    private static HostFileSystem hostRoot() throws ErrnoException {
        long path = NativeMemory.allocateString("/");
        try {
            var root = new HostFileSystem(30);
            root.add("/", (int) ErrnoException.check(
                    Host.openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)));
            return root;
        } finally {
            NativeMemory.free(path);
        }
    }

    Kernel kernel() {
        return kernel;
    }

    SyscallTable table() {
        return table;
    }

    /** Starts a program; the first one started becomes process 1. */
    Started start(String... command) throws ErrnoException {
        var output = new CapturedFile(kernel);
        output.retain();
        output.retain();
        var exit = new CompletableFuture<Integer>();
        var process = kernel.createProcess(new ProcessSpec(
                command[0],
                List.of(command),
                List.of("PATH=/usr/bin:/bin", "HOME=/", "LANG=C"),
                "/",
                Credentials.initial(0, 0, new int[0], Credentials.DOCKER_DEFAULT),
                List.<OpenFile>of(output, output, output),
                true,
                (group, waitStatus) -> exit.complete(waitStatus)));
        return new Started(process, exit, output);
    }

    /** Starts a shell script. */
    Started shell(String script) throws ErrnoException {
        return start("/bin/sh", "-c", script);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
