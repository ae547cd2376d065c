package dev.picket.sentry.boot;

import dev.picket.platform.Platform;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.KernelOptions;
import dev.picket.sentry.kernel.ProcessSpec;
import dev.picket.sentry.kernel.ThreadGroup;
import dev.picket.sentry.loader.Loader;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.strace.SyscallPrinter;
import dev.picket.sentry.syscall.Dispatcher;
import dev.picket.sentry.syscall.SyscallTable;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The one sandbox of a worker, as the control plane steers it. Commands come from one thread. */
final class Sandbox {
    /** When the first process has ended, all others are killed; that takes no longer than this, or something hangs. */
    private static final long DRAIN_SECONDS = 5;

    private static final int MAXIMUM_REPORT_CHARS = 16 * 1024;

    private final Platform platform;
    private final HostFacts facts;
    private final SyscallTable table;
    private final ControlSocket socket;
    private final StreamPump pump;

    private Kernel kernel;
    private Path rootPath;

    // Guarded by itself.
    private final Map<Integer, ControlledProcess> processes = new HashMap<>();

    Sandbox(Platform platform, HostFacts facts, SyscallTable table, ControlSocket socket, StreamPump pump) {
        this.platform = platform;
        this.facts = facts;
        this.table = table;
        this.socket = socket;
        this.pump = pump;
    }

    /** Ends the sandbox, for a worker that goes on without it. */
    void close() {
        if (kernel != null) {
            kernel.close();
        } else {
            platform.close();
        }
    }

    /** Makes the sandbox and starts its first process; whatever comes of it is told to the control plane. */
    void start(Command.Start start, List<Integer> descriptors) throws IOException {
        var frames = new FrameAllocator(platform.memory());
        KernelOptions options = options(start);
        var files = new SandboxFiles(frames, options.memoryBytes(), descriptors);
        try {
            MountNamespace mounts = files.openRoot(start.root());
            rootPath = mounts.rootPath();
            var random = new HostRandom();
            kernel = new Kernel(
                    platform,
                    frames,
                    mounts,
                    Dispatcher.using(table),
                    new Loader(platform, frames, facts.machine(), random::next),
                    options);
            kernel.setCrashListener(this::crashed);
            if (start.limits().memoryBytes() > 0) {
                kernel.limitMemory(start.limits().memoryBytes());
            }
            if (start.trace()) {
                // The service reads the worker's standard error.
                kernel.setTracer(new SyscallPrinter(
                        number -> {
                            SyscallTable.Entry entry = table.entry(number);
                            return entry == null ? null : entry.name();
                        },
                        System.err::println));
            }
            files.mountAll(kernel, facts, start.mounts());
            SandboxFiles.writeIdentity(Outsider.almighty(mounts), start.hostName());
        } catch (ErrnoException e) {
            socket.send(new Event.StartFailed(
                    Command.MAIN,
                    Event.Reason.INTERNAL,
                    "the root file system cannot be set up (errno " + e.errno() + ")"));
            return;
        } finally {
            files.closeRest();
        }
        if (start.root() instanceof Command.Root.Image
                && start.mounts().stream().allMatch(mount -> mount.descriptorIndex() < 0)) {
            Confinement.closePaths(table);
        }
        launch(Command.MAIN, start.process());
    }

    private KernelOptions options(Command.Start start) {
        Command.Limits limits = start.limits();
        KernelOptions usual = KernelOptions.USUAL;
        return new KernelOptions(
                GuestText.bytes(start.hostName()),
                Math.max(1, limits.cpus()),
                limits.memoryBytes() > 0 ? limits.memoryBytes() : facts.memoryBytes(),
                limits.openFiles() > 0 ? limits.openFiles() : usual.openFiles(),
                limits.processes() > 0 ? limits.processes() : usual.processes(),
                limits.fileSizeBytes(),
                limits.cpuSeconds());
    }

    /** Carries out any other command. */
    void handle(Command command) throws IOException {
        if (command instanceof Command.Exec exec) {
            if (kernel != null) {
                launch(exec.process(), exec.spec());
            }
        } else if (command instanceof Command.Signal signal) {
            signal(signal);
        } else if (command instanceof Command.Input input) {
            find(input.process()).ifPresent(process -> process.input().add(input.data()));
        } else if (command instanceof Command.CloseInput close) {
            find(close.process()).ifPresent(process -> process.input().close());
        } else if (command instanceof Command.Resize resize) {
            find(resize.process()).ifPresent(process -> process.resize(resize.rows(), resize.columns()));
        } else if (command instanceof Command.OutputCredit credit) {
            find(credit.process()).ifPresent(process -> process.grant(credit.stream(), credit.bytes()));
        } else if (command instanceof Command.Pause && kernel != null) {
            kernel.pause();
        } else if (command instanceof Command.Resume && kernel != null) {
            kernel.resume();
        }
    }

    private java.util.Optional<ControlledProcess> find(int number) {
        synchronized (processes) {
            return java.util.Optional.ofNullable(processes.get(number));
        }
    }

    private void signal(Command.Signal signal) {
        if (kernel == null) {
            return;
        }
        if (signal.all()) {
            if (signal.signal() == Signal.SIGKILL) {
                kernel.killAll();
            } else {
                kernel.processes().all().forEach(process -> kernel.sendFromOutside(process, signal.signal()));
            }
            return;
        }
        find(signal.process())
                .map(ControlledProcess::process)
                .ifPresent(process -> kernel.sendFromOutside(process, signal.signal()));
    }

    // ---- Processes

    private void launch(int number, Command.ProcessSpec spec) throws IOException {
        try {
            tryLaunch(number, spec);
        } catch (StartFailure e) {
            socket.send(new Event.StartFailed(number, e.reason(), e.getMessage()));
        } catch (ErrnoException e) {
            socket.send(new Event.StartFailed(
                    number, Event.Reason.INTERNAL, "the process cannot be set up (errno " + e.errno() + ")"));
        }
    }

    private void tryLaunch(int number, Command.ProcessSpec spec) throws IOException, ErrnoException, StartFailure {
        Outsider almighty = new Outsider(Outsider.almighty(kernel.mounts()).credentials(), rootPath, rootPath);
        Accounts.Account account = new Accounts(almighty).find(GuestText.bytes(spec.user()));
        String directory = spec.workingDirectory().isEmpty() ? "/" : GuestText.bytes(spec.workingDirectory());
        Path workingDirectory = workingDirectory(almighty, directory, number == Command.MAIN);
        var caller = new Outsider(account.credentials(), rootPath, workingDirectory);
        List<String> environment = environment(spec, account);
        List<String> arguments = spec.arguments().stream().map(GuestText::bytes).toList();
        if (arguments.isEmpty()) {
            throw new StartFailure(Event.Reason.NOT_FOUND, "no command specified");
        }
        String program = Programs.find(caller, arguments.get(0), environment);

        var process = new ControlledProcess(number, pump, socket, kernel, caller, spec);
        synchronized (processes) {
            processes.put(number, process);
        }
        boolean started = false;
        try {
            // Nothing of the process may be told before it is told that it runs.
            synchronized (process) {
                ThreadGroup group = kernel.createProcess(new ProcessSpec(
                        program,
                        arguments,
                        environment,
                        directory,
                        account.credentials(),
                        process.guestFiles(),
                        true,
                        (ended, waitStatus) -> exited(process, number, ended, waitStatus)));
                process.setProcess(group);
                socket.send(new Event.Started(number, group.id()));
                started = true;
            }
            if (spec.openInput()) {
                socket.send(new Event.InputCredit(number, GuestInput.WINDOW_BYTES));
            }
            process.begin();
        } catch (ErrnoException e) {
            throw Programs.execFailure(e.errno(), arguments.get(0));
        } finally {
            if (!started) {
                synchronized (processes) {
                    processes.remove(number);
                }
                process.abandon();
            }
        }
    }

    private Path workingDirectory(Outsider almighty, String directory, boolean make) throws StartFailure {
        String shown = GuestText.text(directory);
        try {
            return make
                    ? SandboxFiles.makeDirectories(almighty, directory)
                    : PathWalk.resolve(almighty, rootPath, directory, PathWalk.FOLLOW | PathWalk.DIRECTORY);
        } catch (ErrnoException e) {
            String why =
                    switch (e.errno()) {
                        case Errno.ENOENT -> "no such file or directory";
                        case Errno.ENOTDIR, Errno.EEXIST -> "not a directory";
                        default -> "errno " + e.errno();
                    };
            throw new StartFailure(
                    Event.Reason.BAD_WORKING_DIRECTORY,
                    "chdir to cwd (\"" + shown + "\") set in config.json failed: " + why);
        }
    }

    private static List<String> environment(Command.ProcessSpec spec, Accounts.Account account) {
        List<String> environment =
                spec.environment().stream().map(GuestText::bytes).collect(Collectors.toCollection(ArrayList::new));
        if (environment.stream().noneMatch(assignment -> assignment.startsWith("HOME="))) {
            environment.add("HOME=" + account.home());
        }
        return environment;
    }

    /** A process has ended; its last task's thread tells. */
    private void exited(ControlledProcess process, int number, ThreadGroup group, int waitStatus) {
        int signal = waitStatus & 0x7f;
        int status = signal != 0 ? 128 + signal : waitStatus >> 8 & 0xff;
        var own = group.usage();
        var children = group.childrenUsage();
        var usage = new Event.Usage(
                own.userNanos() + children.userNanos(),
                own.systemNanos() + children.systemNanos(),
                Math.max(own.peakResidentBytes(), children.peakResidentBytes()));
        boolean main = number == Command.MAIN;
        synchronized (process) {
            // Waits until the start was told.
            process.exited(
                    new Event.Exited(number, status, group.isKilledForMemory(), kernel.isKilledForCpuTime(), usage),
                    main);
        }
        if (main) {
            Thread drain = new Thread(() -> endStreamsLater(process), "drain");
            drain.setDaemon(true);
            drain.start();
        } else {
            synchronized (processes) {
                processes.remove(number);
            }
        }
    }

    private void endStreamsLater(ControlledProcess process) {
        try {
            if (!kernel.awaitTasks(TimeUnit.SECONDS.toNanos(DRAIN_SECONDS))) {
                System.err.println("tasks hang after the end of the first process");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.endStreams();
    }

    private void crashed(String report) {
        System.err.println(report);
        pump.queue(() -> {
            String told = report.length() > MAXIMUM_REPORT_CHARS ? report.substring(0, MAXIMUM_REPORT_CHARS) : report;
            socket.send(new Event.Crashed(told));
            WorkerMain.halt(WorkerMain.CRASHED);
        });
    }
}
