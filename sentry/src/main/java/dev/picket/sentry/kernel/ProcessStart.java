package dev.picket.sentry.kernel;

import dev.picket.platform.GuestContext;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ioctl;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.signal.SignalActions;
import dev.picket.sentry.tty.SlaveFile;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.vfs.PathWalk;
import java.util.Objects;

/** Starts a process from outside: the sandbox's first, or one more beside it. */
final class ProcessStart {
    private static final int UMASK = 022;

    private final Kernel kernel;
    private final ProcessSpec spec;

    ProcessStart(Kernel kernel, ProcessSpec spec) {
        this.kernel = kernel;
        this.spec = spec;
    }

    ThreadGroup start() throws ErrnoException {
        var limits = limits();
        var files = new FileTable(limits);
        try {
            install(files);
            return start(limits, files);
        } catch (ErrnoException | RuntimeException e) {
            files.release();
            throw e;
        }
    }

    private ThreadGroup start(ResourceLimits limits, FileTable files) throws ErrnoException {
        var mount = kernel.mounts().root();
        var root = new Path(mount, mount.root());
        var outside = new StartCaller(spec.credentials(), root, root);
        var workingDirectory =
                PathWalk.resolve(outside, root, spec.workingDirectory(), PathWalk.FOLLOW | PathWalk.DIRECTORY);
        var caller = new StartCaller(spec.credentials(), root, workingDirectory);
        var program = kernel.loader()
                .load(new ProgramLoader.Request(
                        caller,
                        workingDirectory,
                        spec.fileName(),
                        0,
                        spec.arguments(),
                        spec.environment(),
                        limits.bound(Resource.RLIMIT_STACK),
                        kernel.vdso(),
                        executable -> SetUserId.credentials(spec.credentials(), executable, false)));
        var parts = new Task.Parts(
                program.memory(),
                new DirectoryContext(root, workingDirectory, UMASK),
                files,
                program.credentials(),
                program.name());

        Task task;
        GuestContext context = null;
        try {
            context = kernel.platform().newContext();
            Execute.enterProgram(context, program);
            task = add(limits, context, parts, program);
        } catch (ErrnoException | RuntimeException e) {
            if (context != null) {
                context.close();
            }
            program.memory().release();
            throw e;
        }
        takeTerminal(task);
        task.start();
        return task.group();
    }

    /** Standard input, if it is a terminal, becomes the controlling terminal of a new session, as with runc(8). */
    private static void takeTerminal(Task task) {
        if (!task.isSessionLeader() || !(task.files().get(0) instanceof SlaveFile terminal)) {
            return;
        }
        try {
            terminal.control(task, Ioctl.TIOCSCTTY, 0);
        } catch (ErrnoException e) {
            // It is another session's already: this process does without, as one started by setsid(1) would.
            return;
        }
    }

    private Task add(ResourceLimits limits, GuestContext context, Task.Parts parts, ProgramLoader.Program program)
            throws ErrnoException {
        synchronized (kernel.tree()) {
            if (kernel.isDying()
                    || kernel.processes().taskCount() >= kernel.options().processes()) {
                throw ErrnoException.of(Errno.EAGAIN);
            }
            var processes = kernel.processes();
            boolean first = kernel.init() == null;
            int id = processes.allocate();
            ProcessGroup processGroup;
            if (first || spec.newSession()) {
                var session = new Session(kernel, id);
                processGroup = new ProcessGroup(kernel, id, session);
                processes.put(session);
            } else {
                processGroup = new ProcessGroup(
                        kernel, id, kernel.init().processGroup().session());
            }
            processes.put(processGroup);
            var group = new ThreadGroup(
                    kernel,
                    id,
                    new GroupSignals.Seed(new SignalActions(), first),
                    limits,
                    processGroup,
                    spec.exitListener());
            group.setExecutable(program.executable());
            group.setHasExecuted();
            group.setExitSignal(Signal.SIGCHLD);
            processGroup.memberSet().add(group);
            var task = new Task(kernel, group, id, context, parts);
            parts.memory().setLimits(new GroupMemoryLimits(group));
            group.setLeader(task);
            TaskList.add(task);
            processes.put(group);
            if (first) {
                kernel.setInit(group);
                if (kernel.options().cpuSeconds() > 0) {
                    kernel.limitCpuTime(kernel.options().cpuSeconds());
                }
            }
            group.timers().watchCpuLimit();
            return task;
        }
    }

    private ResourceLimits limits() {
        var options = kernel.options();
        var limits = new ResourceLimits(options.openFiles(), options.processes());
        if (options.fileSizeBytes() > 0) {
            limits.set(
                    Resource.RLIMIT_FSIZE, new ResourceLimits.Limit(options.fileSizeBytes(), options.fileSizeBytes()));
        }
        if (options.cpuSeconds() > 0) {
            // What programs ask for. The sandbox's own watch is in time before it, or at the same time.
            limits.set(Resource.RLIMIT_CPU, new ResourceLimits.Limit(options.cpuSeconds(), options.cpuSeconds()));
        }
        return limits;
    }

    /** The table takes over every file of the specification, whatever happens. */
    private void install(FileTable files) throws ErrnoException {
        ErrnoException failure = null;
        for (int descriptor = 0; descriptor < spec.files().size(); descriptor++) {
            OpenFile file = spec.files().get(descriptor);
            if (file == null) {
                continue;
            }
            try {
                files.install(file, descriptor, false);
            } catch (ErrnoException e) {
                file.release();
                failure = e;
            }
        }
        if (failure != null) {
            throw Objects.requireNonNull(failure);
        }
    }
}
