package dev.picket.sentry.kernel;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.ptrace.PtracePlatform;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.dev.DeviceNodes;
import dev.picket.sentry.fs.dev.DeviceRegistry;
import dev.picket.sentry.fs.dev.DevptsFileSystem;
import dev.picket.sentry.fs.host.HostFileSystem;
import dev.picket.sentry.fs.overlay.OverlayFileSystem;
import dev.picket.sentry.fs.proc.ProcFileSystem;
import dev.picket.sentry.fs.proc.ProcessorDescription;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.loader.Loader;
import dev.picket.sentry.loader.MachineFacts;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.syscall.Dispatcher;
import dev.picket.sentry.syscall.SyscallTable;
import dev.picket.sentry.tty.Terminal;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.PathWalk;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A sandbox on the ptrace platform whose root is that of the host, under an overlay in memory. */
final class TestSandbox implements AutoCloseable {
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
            mountStandard(frames);
        } catch (ErrnoException e) {
            platform.close();
            throw new IllegalStateException(e);
        }
    }

    private static MountNamespace root(FrameAllocator frames) throws ErrnoException {
        var upper = new TmpfsFileSystem(frames, 31, 0, 0755);
        return new MountNamespace(new OverlayFileSystem(List.of(hostRoot()), upper, 32), 0, "overlay");
    }

    private void mountStandard(FrameAllocator frames) throws ErrnoException {
        var mounts = kernel.mounts();
        mounts.setSpecialFiles(new DeviceRegistry(kernel.anonymousFiles().fifos(), kernel.terminals()));
        var credentials = Credentials.initial(0, 0, new int[0], -1L);
        var caller = new StartCaller(credentials, mounts.rootPath(), mounts.rootPath());
        mounts.mount(
                PathWalk.resolve(caller, caller.root(), "/proc", PathWalk.FOLLOW),
                new ProcFileSystem(kernel, 35, ProcessorDescription.parse("")),
                0,
                "proc");
        var devices = new TmpfsFileSystem(frames, 33, 0, 0755);
        DeviceNodes.make(caller, devices);
        mounts.mount(PathWalk.resolve(caller, caller.root(), "/dev", PathWalk.FOLLOW), devices, 0, "tmpfs");
        mounts.mount(
                PathWalk.resolve(caller, caller.root(), "/dev/pts", PathWalk.FOLLOW),
                new DevptsFileSystem(kernel.terminals(), 34),
                0,
                "devpts");
    }

    private static HostFileSystem hostRoot() throws ErrnoException {
        long path = NativeMemory.allocateString("/");
        try {
            var root = new HostFileSystem(30);
            root.add("/", (int) ErrnoException.check(
                    Host.openat(Fcntl.AT_FDCWD, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0)));
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
        var process = kernel.createProcess(spec(List.of(output, output, output), exit, command));
        return new Started(process, exit, output);
    }

    /** A process whose standard streams are a terminal, of which this has the other end. */
    record OnTerminal(ThreadGroup process, CompletableFuture<Integer> exit, Terminal terminal, StringBuilder shown) {
        void type(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            terminal.feed(bytes, 0, bytes.length);
        }

        /** Waits until the terminal has shown {@code text} after what was awaited before. */
        void awaitShown(String text) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
            byte[] bytes = new byte[4096];
            while (true) {
                int count = terminal.take(bytes, 0, bytes.length);
                if (count > 0) {
                    shown.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
                }
                int found = shown.indexOf(text);
                if (found >= 0) {
                    shown.delete(0, found + text.length());
                    return;
                }
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("the terminal does not show " + text + ", but: " + shown);
                }
                Thread.sleep(5);
            }
        }
    }

    /** Starts a program on a terminal of its own. */
    OnTerminal startOnTerminal(String... command) throws ErrnoException {
        var terminal = kernel.terminals().create(0);
        terminal.setLocked(false);
        var root = kernel.mounts().rootPath();
        var credentials = Credentials.initial(0, 0, new int[0], -1L);
        var caller = new StartCaller(credentials, root, root);
        String name = "/dev/pts/" + terminal.number();
        var slave = FileOperations.open(caller, root, name, Fcntl.O_RDWR | Fcntl.O_NOCTTY, 0);
        slave.retain();
        slave.retain();
        var exit = new CompletableFuture<Integer>();
        var process = kernel.createProcess(spec(List.of(slave, slave, slave), exit, command));
        return new OnTerminal(process, exit, terminal, new StringBuilder());
    }

    private static ProcessSpec spec(List<OpenFile> files, CompletableFuture<Integer> exit, String... command) {
        return new ProcessSpec(
                command[0],
                List.of(command),
                List.of("PATH=/usr/bin:/bin", "HOME=/", "LANG=C", "TERM=dumb", "PS1=$ "),
                "/",
                Credentials.initial(0, 0, new int[0], Credentials.DOCKER_DEFAULT),
                files,
                true,
                (group, waitStatus) -> exit.complete(waitStatus));
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
