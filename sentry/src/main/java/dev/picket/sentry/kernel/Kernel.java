package dev.picket.sentry.kernel;

import dev.picket.platform.Platform;
import dev.picket.platform.host.TimestampCounter;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.mqueue.MqueueFileSystem;
import dev.picket.sentry.fs.tmpfs.HeapBudget;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.kernel.futex.FutexTable;
import dev.picket.sentry.kernel.inotify.InotifyLimits;
import dev.picket.sentry.kernel.ipc.IpcNamespace;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.kernel.time.Clock;
import dev.picket.sentry.kernel.time.TimeKeeper;
import dev.picket.sentry.kernel.time.TimerService;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.net.Network;
import dev.picket.sentry.tty.Terminals;
import dev.picket.sentry.vdso.TimePage;
import dev.picket.sentry.vdso.Vdso;
import dev.picket.sentry.vfs.MountNamespace;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * The kernel of one sandbox, and the root of all its state: nothing of a Sentry is static.
 *
 * <p>Any thread may call. {@link #close} ends all tasks and closes the platform.
 */
public final class Kernel implements AutoCloseable {
    /** What uname(2) shows as the kernel's release: a long-term one whose calls the Sentry follows. */
    public static final String RELEASE = "6.1.0-picket";

    /** What uname(2) shows as the kernel's version. */
    public static final String VERSION = "#1 SMP PREEMPT_DYNAMIC Picket Sentry";

    /** Stack of a task's Java thread: system calls nest a few dozen frames, no more. */
    static final long TASK_STACK_BYTES = 256 * 1024;

    /** One part in so many of the heap may go to System V IPC objects, and to message queues, of which messages have contents. */
    private static final int IPC_SHARE = 8;

    /** One part in so many of the heap may go to watches of files and events that nobody has read. */
    private static final int FILE_EVENTS_SHARE = 16;

    /** Numbers of calls above this are counted together. */
    private static final int COUNTED_CALLS = 512;

    /** Device 0:1, as Linux's own tmpfs for shared memory usually has. */
    private static final long MEMORY_FILES_DEVICE = 1;

    private static final long MESSAGE_QUEUES_DEVICE = 16;

    /** One part in so many of the heap may go to names and inodes of guests' own file systems in memory. */
    private static final int NAMES_SHARE = 12;

    private static final long CLOSE_TIMEOUT_NANOS = 5_000_000_000L;

    private final Platform platform;
    private final FrameAllocator frames;
    private final MountNamespace mounts;
    private final SystemCalls systemCalls;
    private final ProgramLoader loader;
    private final KernelOptions options;

    private final Object tree = new Object();
    private final PidTable processes = new PidTable();
    private final FutexTable futexes = new FutexTable();
    private final Vdso vdso;
    private final Clock clock;
    private final TimerService timerService = new TimerService(this::crash);
    /** Keeps the vDSO's time; null where the host's counter is no clock. */
    private final TimeKeeper timeKeeper;

    private final RandomSource random = new RandomSource();
    private final Namespaces namespaces;

    /** Linux begins right behind the numbers of the first namespaces too. */
    private final AtomicLong nextNamespace = new AtomicLong(4_026_532_000L);

    private final AnonymousFiles anonymousFiles = new AnonymousFiles();
    private final Terminals terminals = new Terminals();
    private final Network network =
            new Network(anonymousFiles.sockets(), (due, action) -> timerService.schedule(due, action)::cancel);
    /** For what guests mount themselves and for files of memfd_create(2); what the sandbox began with has its own. */
    private final HeapBudget namesBudget = new HeapBudget(Runtime.getRuntime().maxMemory() / NAMES_SHARE);

    private final TmpfsFileSystem memoryFiles;
    private final InotifyLimits fileWatches =
            new InotifyLimits(Runtime.getRuntime().maxMemory() / FILE_EVENTS_SHARE);
    private final IpcNamespace ipc;
    private final MqueueFileSystem messageQueues;
    private final AtomicInteger queuedSignals = new AtomicInteger();
    private final AtomicIntegerArray refusedCalls = new AtomicIntegerArray(COUNTED_CALLS + 1);
    private final AtomicReference<String> crashReport = new AtomicReference<>();
    private final Set<Task> threads = ConcurrentHashMap.newKeySet();

    private volatile Consumer<String> crashListener = report -> {};
    private volatile SyscallTracer tracer;
    private volatile ThreadGroup init;
    private volatile boolean frozen;
    private volatile boolean closing;
    private volatile MemoryWatch memoryWatch;
    private volatile boolean dying;
    private volatile boolean killedForCpuTime;
    /** CPU time of all tasks that have ended. Guarded by the tree lock. */
    private long endedCpuNanos;

    /** @throws ErrnoException ENOMEM if guest memory has no room for the vDSO */
    public Kernel(
            Platform platform,
            FrameAllocator frames,
            MountNamespace mounts,
            SystemCalls systemCalls,
            ProgramLoader loader,
            KernelOptions options)
            throws ErrnoException {
        this.platform = platform;
        this.frames = frames;
        this.mounts = mounts;
        this.systemCalls = systemCalls;
        this.loader = loader;
        this.options = options;
        this.memoryFiles = newMemoryFileSystem(MEMORY_FILES_DEVICE, 0, 01777);
        this.ipc = new IpcNamespace(frames, Runtime.getRuntime().maxMemory() / IPC_SHARE, TaskThread::currentProcessId);
        this.messageQueues =
                new MqueueFileSystem(MESSAGE_QUEUES_DEVICE, Runtime.getRuntime().maxMemory() / IPC_SHARE);
        this.namespaces = Namespaces.first(mounts, new HostNames(options.hostName()));
        this.vdso = new Vdso(frames);
        TimePage page = vdso.timePage();
        page.setCpus(options.cpus());
        TimestampCounter counter = TimestampCounter.ofHost();
        this.clock = new Clock(page, counter);
        this.timeKeeper =
                counter == null ? null : new TimeKeeper(counter, page, clock, timerService, this::isAnyTaskAwake);
    }

    /** Whether any task runs guest code, or may at any moment; one that begins to passes {@link #guestRuns}. */
    boolean isAnyTaskAwake() {
        for (var task : threads) {
            if (!task.isBlocked()) {
                return true;
            }
        }
        return false;
    }

    /** A task is about to run guest code, or to ask for the time after it has slept. */
    void guestRuns() {
        if (timeKeeper != null) {
            timeKeeper.guestRuns();
        }
        MemoryWatch watch = memoryWatch;
        if (watch != null) {
            watch.guestRuns();
        }
    }

    /** The vDSO that every program finds in its memory. */
    public Vdso vdso() {
        return vdso;
    }

    public Platform platform() {
        return platform;
    }

    public FrameAllocator frames() {
        return frames;
    }

    /** The namespaces that the first process is in. */
    public Namespaces namespaces() {
        return namespaces;
    }

    /** An inode number for a namespace. */
    public long newNamespaceNumber() {
        return nextNamespace.getAndIncrement();
    }

    /** The mount namespace of the first process. */
    public MountNamespace mounts() {
        return mounts;
    }

    SystemCalls systemCalls() {
        return systemCalls;
    }

    ProgramLoader loader() {
        return loader;
    }

    public KernelOptions options() {
        return options;
    }

    public PidTable processes() {
        return processes;
    }

    public FutexTable futexes() {
        return futexes;
    }

    public Clock clock() {
        return clock;
    }

    /** Runs what is due; for timers of every kind. */
    public TimerService timers() {
        return timerService;
    }

    /** What pipes, sockets, eventfds and epoll instances share. */
    public AnonymousFiles anonymousFiles() {
        return anonymousFiles;
    }

    /** The home of files of memfd_create(2). */
    public TmpfsFileSystem memoryFiles() {
        return memoryFiles;
    }

    /** Makes a tmpfs in the sandbox's memory; 0 for no limit of its own. */
    public TmpfsFileSystem newMemoryFileSystem(long device, long sizeLimitBytes, int rootMode) {
        return new TmpfsFileSystem(frames, device, sizeLimitBytes, rootMode, namesBudget);
    }

    /** What names and inodes of all file systems in memory may take of the Sentry's heap. */
    public HeapBudget namesBudget() {
        return namesBudget;
    }

    /** The System V IPC objects. */
    public IpcNamespace ipc() {
        return ipc;
    }

    /** What inotify(7) may take. */
    public InotifyLimits fileWatches() {
        return fileWatches;
    }

    /** The POSIX message queues. */
    public MqueueFileSystem messageQueues() {
        return messageQueues;
    }

    /** The address families of sockets, and their names. */
    public Network network() {
        return network;
    }

    /** The terminals of /dev/pts. */
    public Terminals terminals() {
        return terminals;
    }

    /** Random bytes. */
    public RandomSource random() {
        return random;
    }

    /** The lock that guards the relations of processes: see the package. */
    Object tree() {
        return tree;
    }

    /** How many signals are queued in the whole sandbox. */
    AtomicInteger queuedSignals() {
        return queuedSignals;
    }

    /** The first process, whose end is the sandbox's; null before it was made. */
    public ThreadGroup init() {
        return init;
    }

    void setInit(ThreadGroup init) {
        this.init = init;
    }

    // ---- Watching

    /** Who watches system calls, or null. */
    public SyscallTracer tracer() {
        return tracer;
    }

    public void setTracer(SyscallTracer tracer) {
        this.tracer = tracer;
    }

    /** Counts a call that the Sentry does not support. */
    public void countRefused(int number) {
        refusedCalls.incrementAndGet(number >= 0 && number < COUNTED_CALLS ? number : COUNTED_CALLS);
    }

    /** How often a call was made that the Sentry does not support; number 512 stands for all that are higher. */
    public int refusedCount(int number) {
        return refusedCalls.get(number >= 0 && number < COUNTED_CALLS ? number : COUNTED_CALLS);
    }

    /** Sets who hears of a bug of the Sentry, with a report; the sandbox ends then. */
    public void setCrashListener(Consumer<String> listener) {
        crashListener = listener;
        var report = crashReport.get();
        if (report != null) {
            listener.accept(report);
        }
    }

    /** Ends the sandbox because of a bug of the Sentry. The first report counts. */
    public void crash(String where, Throwable bug) {
        var text = new StringWriter();
        text.append("Picket met a bug of its own in ").append(where).append(":\n");
        bug.printStackTrace(new PrintWriter(text, true));
        if (crashReport.compareAndSet(null, text.toString())) {
            crashListener.accept(text.toString());
            killAll();
        }
    }

    /** The report of the bug that ended the sandbox, or null. */
    public String crashReport() {
        return crashReport.get();
    }

    // ---- Processes

    /**
     * Starts a process from outside: the first one becomes process 1.
     *
     * @throws ErrnoException as execve(2) and chdir(2); EAGAIN if there are too many tasks
     */
    public ThreadGroup createProcess(ProcessSpec spec) throws ErrnoException {
        return new ProcessStart(this, spec).start();
    }

    /**
     * Sends a signal from outside to a process, as an ancestor of its pid namespace: even the first process obeys SIGKILL
     * and SIGSTOP.
     */
    public void sendFromOutside(ThreadGroup process, int signal) {
        process.signals().sendFromOutside(SignalInfo.ofUser(signal, 0, 0, 0));
    }

    /** Ends the sandbox: kills all processes, and no new ones are made. */
    public void killAll() {
        List<ThreadGroup> all;
        synchronized (tree) {
            dying = true;
            all = processes.all();
        }
        for (var process : all) {
            process.beginExit(dev.picket.platform.linux.Signal.SIGKILL);
        }
    }

    /** Whether {@link #close} has begun. */
    boolean isClosing() {
        return closing;
    }

    /** Holds the sandbox to {@code limitBytes} of memory from now on: beyond it, the largest process is killed. */
    public void limitMemory(long limitBytes) {
        memoryWatch = new MemoryWatch(this, limitBytes);
        memoryWatch.start();
    }

    /** Holds the sandbox, all its processes together, to so much CPU time: beyond it, it ends. */
    void limitCpuTime(long limitSeconds) {
        var watch = new CpuTimeWatch(this, limitSeconds);
        timerService.schedule(System.nanoTime(), watch::look);
    }

    /** CPU time that all processes have used so far, those that have ended included. */
    public long cpuNanos() {
        synchronized (tree) {
            long sum = endedCpuNanos;
            for (var process : processes.all()) {
                sum += process.liveCpuNanos();
            }
            return sum;
        }
    }

    /** A task has ended, after so much CPU time. With the tree lock. */
    void addEnded(long cpuNanos) {
        endedCpuNanos += cpuNanos;
    }

    /** Ends the sandbox because it has used up its CPU time. */
    void killForCpuTime() {
        killedForCpuTime = true;
        killAll();
    }

    /** Whether the sandbox was ended because it has used up its CPU time. */
    public boolean isKilledForCpuTime() {
        return killedForCpuTime;
    }

    /** Stops all guest threads before they run guest code again, until {@link #resume}. */
    public void pause() {
        frozen = true;
        for (var process : processes.all()) {
            process.signals().drawAttention();
        }
    }

    /** Lets the tasks go on after {@link #pause}. */
    public void resume() {
        frozen = false;
        for (var task : threads) {
            task.unblock();
        }
    }

    boolean isFrozen() {
        return frozen;
    }

    /** Whether the sandbox is ending: no process is made any more. */
    boolean isDying() {
        return dying;
    }

    /** A task's Java thread begins. */
    void taskThreadStarted(Task task) {
        threads.add(task);
    }

    /** A task's Java thread is about to end. */
    void taskThreadEnded(Task task) {
        threads.remove(task);
        synchronized (threads) {
            threads.notifyAll();
        }
    }

    /** Tasks whose Java threads run. */
    public int runningTasks() {
        return threads.size();
    }

    /**
     * Waits until no task's thread runs any more.
     *
     * @return false if some still run at the end of the time
     */
    public boolean awaitTasks(long timeoutNanos) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutNanos;
        synchronized (threads) {
            while (!threads.isEmpty()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                threads.wait(left / 1_000_000 + 1);
            }
        }
        return true;
    }

    /** Kills all tasks, waits for their threads, and closes the platform. */
    @Override
    public void close() {
        closing = true;
        frozen = false;
        killAll();
        try {
            awaitTasks(CLOSE_TIMEOUT_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        timerService.close();
        platform.close();
        clock.close();
    }
}
