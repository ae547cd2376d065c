package dev.picket.sentry.kernel;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.ptrace.PtracePlatform;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.host.HostFileSystem;
import dev.picket.sentry.loader.Loader;
import dev.picket.sentry.loader.MachineFacts;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.strace.SyscallPrinter;
import dev.picket.sentry.syscall.Dispatcher;
import dev.picket.sentry.syscall.SyscallTable;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.OpenFile;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs one program of the host in a sandbox whose root is the host's, read-only: {@code SmokeSandbox [-t] /bin/prog arg...}. */
public final class SmokeSandbox {
    private static final int O_PATH_DIRECTORY = 010000000 | 0200000 | 02000000;

    private SmokeSandbox() {}

    public static void main(String[] arguments) throws Exception {
        boolean trace = arguments[0].equals("-t");
        List<String> command = new ArrayList<>(Arrays.asList(arguments).subList(trace ? 1 : 0, arguments.length));
        long start = System.nanoTime();
        var platform = PtracePlatform.open();
        var frames = new FrameAllocator(platform.memory());
        var root = new HostFileSystem(30);
        root.add("/", openRoot());
        var mounts = new MountNamespace(root);
        var table = new SyscallTable();
        var random = new SecureRandom();
        int status;
        try (var kernel = new Kernel(
                platform,
                frames,
                mounts,
                Dispatcher.using(table),
                new Loader(platform, frames, MachineFacts.BASELINE, random::nextLong),
                KernelOptions.USUAL)) {
            kernel.setCrashListener(System.err::println);
            if (trace) {
                kernel.setTracer(new SyscallPrinter(
                        number -> table.entry(number) == null ? null : table.entry(number).name(), System.err::println));
            }
            var output = new CapturedFile(kernel);
            output.retain();
            output.retain();
            output.retain();
            var exit = new CompletableFuture<Integer>();
            List<OpenFile> files = List.of(output, output, output);
            kernel.createProcess(new ProcessSpec(
                    command.get(0),
                    command,
                    List.of("PATH=/usr/bin:/bin", "HOME=/root", "LANG=C"),
                    "/",
                    Credentials.initial(0, 0, new int[0], Credentials.DOCKER_DEFAULT),
                    files,
                    true,
                    (process, waitStatus) -> exit.complete(waitStatus)));
            long limit = Long.getLong("smoke.seconds", 20);
            try {
                status = exit.get(limit, TimeUnit.SECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                System.err.println("timed out");
                for (var process : kernel.processes().all()) {
                    for (var task : process.tasks()) {
                        System.err.println(task + " " + task.stateLetter());
                        if (task.thread() != null) {
                            for (var frame : task.thread().getStackTrace()) {
                                System.err.println("    " + frame);
                            }
                        }
                    }
                }
                status = -1;
            }
            System.out.print(output.text());
            for (int number = 0; number <= 512; number++) {
                if (kernel.refusedCount(number) > 0) {
                    var entry = table.entry(number);
                    System.err.println("refused " + (entry == null ? number : entry.name()) + " " + kernel.refusedCount(number));
                }
            }
        }
        System.err.println("status " + status + ", ms " + (System.nanoTime() - start) / 1_000_000);
        System.exit(status == 0 ? 0 : 1);
    }

    private static int openRoot() throws ErrnoException {
        long path = NativeMemory.allocateString("/");
        try {
            return (int) ErrnoException.check(Host.openat(-100, path, O_PATH_DIRECTORY, 0));
        } finally {
            NativeMemory.free(path);
        }
    }
}
