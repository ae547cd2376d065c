package dev.picket.sentry.kernel;

import dev.picket.platform.GuestContext;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.Seccomp;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.ipc.UndoList;
import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.memory.GuestBuffer;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.tty.TerminalCaller;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.WaitQueue;
import dev.picket.sentry.wait.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread of a guest: what Linux calls a task. One Java thread owns it and runs it; see {@link #run}.
 *
 * <p>System calls get the task as their first argument and find everything from here. What other threads may call says
 * so; the rest belongs to the owner.
 */
public final class Task implements TerminalCaller, Runnable {
    private static final int PATH_MAX = 4096;
    private static final int AT_FDCWD = -100;
    private static final int NAME_BYTES = 15;

    private final Kernel kernel;
    private final ThreadGroup group;
    private final GuestContext context;
    private final SystemCalls.ForTask systemCalls;
    private final TaskSignals signals;
    private final Tracing tracing = new Tracing(this);
    private final CallFilters filters = new CallFilters(this);
    private final Waiter waiter = events -> unblock();
    private final List<OpenFile> heldFiles = new ArrayList<>(4);
    private final long startNanos;

    private volatile int id;
    private volatile MemoryManager memory;
    private volatile DirectoryContext directories;
    private volatile Namespaces namespaces;
    private volatile FileTable files;
    private volatile Credentials credentials;
    private volatile String name;
    private volatile Thread thread;
    private volatile int hostThreadId;
    private volatile long finalUserNanos = -1;
    private volatile long finalSystemNanos = -1;
    private volatile boolean woken;
    private volatile boolean blocked;

    /** Whether system calls take the long way: somebody watches them, or not all are allowed. */
    private volatile boolean callsWatched;

    /** What the run loop does next instead of returning to the guest; set by calls such as execve(2). */
    private RunState next;

    private GuestBuffer buffer;
    private final TaskMemoryWords words = new TaskMemoryWords();
    private final TaskPrivileges privileges = new TaskPrivileges();
    private final TaskScheduling scheduling;
    private VforkWait vfork;
    private UndoList semaphoreUndo;
    private RestartBlock restartBlock;
    private volatile boolean ended;

    // Written by the task itself; others read what may be a moment old.
    private long minorFaults;
    private long voluntarySwitches;
    private long involuntarySwitches;

    private volatile int waitStatus;

    /** What of a task is shared with, or copied from, its maker. */
    record Parts(
            MemoryManager memory,
            DirectoryContext directories,
            FileTable files,
            Credentials credentials,
            String name) {}

    Task(Kernel kernel, ThreadGroup group, int id, GuestContext context, Parts parts) {
        this.kernel = kernel;
        this.group = group;
        this.id = id;
        this.context = context;
        this.memory = parts.memory();
        this.directories = parts.directories();
        this.files = parts.files();
        this.credentials = parts.credentials();
        this.name = parts.name();
        this.startNanos = kernel.clock().bootNanos();
        this.namespaces = kernel.namespaces();
        namespaces.retain();
        this.scheduling = new TaskScheduling(kernel.options().cpus());
        this.signals = new TaskSignals(this);
        this.systemCalls = kernel.systemCalls().forTask(this);
    }

    // ---- Who and what this is; any thread may ask

    /** Thread id, as gettid(2) shows it. */
    public int id() {
        return id;
    }

    /** Takes over another id: execve(2) of a thread that is not the leader. */
    void setId(int id) {
        this.id = id;
    }

    public ThreadGroup group() {
        return group;
    }

    public Kernel kernel() {
        return kernel;
    }

    /** Registers and FPU; of the owner only. */
    public GuestContext context() {
        return context;
    }

    /** Name, as PR_GET_NAME of prctl(2) shows it: at most 15 bytes. */
    public String name() {
        return name;
    }

    public void setName(String name) {
        this.name = name.length() > NAME_BYTES ? name.substring(0, NAME_BYTES) : name;
    }

    @Override
    public Credentials credentials() {
        return credentials;
    }

    public void setCredentials(Credentials credentials) {
        this.credentials = credentials;
    }

    /** When the task began, in nanoseconds since the sandbox did. */
    public long startNanos() {
        return startNanos;
    }

    /** Whether this task has ended; its id may still be there, as that of a zombie. */
    public boolean hasEnded() {
        return ended;
    }

    void setEnded(int status) {
        waitStatus = status;
        ended = true;
    }

    /** How the task ended, as wait4(2) shows it to its tracer; valid once it has. */
    int waitStatus() {
        return waitStatus;
    }

    /** As /proc/PID/stat shows it: R, S, T (stopped), t (stopped by a tracer), Z. */
    public char stateLetter() {
        if (ended) {
            return 'Z';
        }
        if (tracing.isStopped()) {
            return 't';
        }
        if (signals.isStopped()) {
            return 'T';
        }
        return blocked ? 'S' : 'R';
    }

    /** Whether it sleeps in a system call, or stands still: whatever wakes it passes {@link Kernel#guestRuns}. */
    boolean isBlocked() {
        return blocked;
    }

    /** Page faults of the task that the Sentry has resolved. Any thread may ask. */
    public long minorFaults() {
        return minorFaults;
    }

    /** How often the task has waited. Any thread may ask. */
    public long voluntarySwitches() {
        return voluntarySwitches;
    }

    /** How often the task's program was stopped from outside. Any thread may ask. */
    public long involuntarySwitches() {
        return involuntarySwitches;
    }

    /** Counts a page fault. By the task itself. */
    void countFault() {
        minorFaults++;
    }

    /** Counts a stop from outside. By the task itself. */
    void countInterruption() {
        involuntarySwitches++;
    }

    /** CPU time that the task's program has used, in nanoseconds. */
    public long userNanos() {
        long known = finalUserNanos;
        return known >= 0 ? known : context.cpuTimeNanos();
    }

    /** CPU time that the Sentry has used on the task's behalf, in nanoseconds. */
    public long systemNanos() {
        long known = finalSystemNanos;
        return known >= 0 ? known : kernel.clock().threadCpuNanos(hostThreadId);
    }

    // ---- Memory, directories, files

    @Override
    public MemoryManager memory() {
        return memory;
    }

    void setMemory(MemoryManager memory) {
        this.memory = memory;
    }

    @Override
    public Path root() {
        return directories.root();
    }

    @Override
    public Path workingDirectory() {
        return directories.workingDirectory();
    }

    /** Root, working directory and umask; shared by tasks cloned with CLONE_FS. */
    public DirectoryContext directories() {
        return directories;
    }

    /** What the task sees of the sandbox, but for users: namespaces(7). */
    public Namespaces namespaces() {
        return namespaces;
    }

    void setNamespaces(Namespaces next) {
        next.retain();
        namespaces.release();
        namespaces = next;
    }

    /** For unshare(2). */
    public void setDirectories(DirectoryContext directories) {
        this.directories = directories;
    }

    /** File descriptors; shared by tasks cloned with CLONE_FILES. */
    public FileTable files() {
        return files;
    }

    /** For unshare(2), execve(2) and exit: the caller releases the old table. */
    public void setFiles(FileTable files) {
        this.files = files;
    }

    /** The open file of a descriptor; EBADF if there is none, or if it was opened with O_PATH. */
    public OpenFile file(int descriptor) throws ErrnoException {
        var file = fileOrPath(descriptor);
        if ((file.flags() & Fcntl.O_PATH) != 0) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return file;
    }

    /** The open file of a descriptor, also one opened with O_PATH. It stays open until the current call ends. */
    public OpenFile fileOrPath(int descriptor) throws ErrnoException {
        var table = files;
        OpenFile file;
        if (table.isShared()) {
            // Another task may close the descriptor while we use the file.
            file = table.getAndRetain(descriptor);
            if (file != null) {
                heldFiles.add(file);
            }
        } else {
            file = table.get(descriptor);
        }
        if (file == null) {
            throw ErrnoException.of(Errno.EBADF);
        }
        return file;
    }

    /** Lets go of what {@link #fileOrPath} holds; at the end of each call. */
    void releaseHeldFiles() {
        if (heldFiles.isEmpty()) {
            return;
        }
        for (var file : heldFiles) {
            file.release();
        }
        heldFiles.clear();
    }

    /** Directory that a path given with {@code descriptor} starts at: AT_FDCWD is the working directory. */
    public Path directory(int descriptor) throws ErrnoException {
        if (descriptor == AT_FDCWD) {
            return workingDirectory();
        }
        var path = fileOrPath(descriptor).path();
        if (path == null) {
            throw ErrnoException.of(Errno.ENOTDIR);
        }
        return path;
    }

    /** A path argument: ENAMETOOLONG beyond PATH_MAX, EFAULT. A byte string (ISO 8859-1). */
    public String path(long address) throws ErrnoException {
        return memory.copyInString(address, PATH_MAX);
    }

    /** One range of this task's memory, for a call that reads or writes it; good until the next one is asked for. */
    public GuestBuffer buffer(long address, long length) throws ErrnoException {
        // The same object for every call: reads and writes are most of what programs do.
        buffer = memory.buffer(address, length, buffer);
        return buffer;
    }

    /** The ranges of an iovec array of this task. */
    public GuestBuffer buffers(long address, int count) throws ErrnoException {
        return memory.buffers(address, count);
    }

    // ---- Job control

    @Override
    public Session session() {
        return group.processGroup().session();
    }

    @Override
    public ProcessGroup processGroup() {
        return group.processGroup();
    }

    @Override
    public boolean isSessionLeader() {
        return group.processGroup().session().id() == group.id();
    }

    @Override
    public boolean ignoresOrBlocks(int signal) {
        return signals.ignoresOrBlocks(signal);
    }

    // ---- Waiting

    /** A step of a call that may have to wait: answers WOULD_BLOCK then. Use a method reference: it costs nothing. */
    @FunctionalInterface
    public interface Attempt<A> {
        long attempt(OpenFile file, A argument) throws ErrnoException;
    }

    /**
     * Tries {@code attempt}, and while it answers WOULD_BLOCK waits for {@code events} of the file, until {@link
     * OpenFile#waitDeadlineNanos}. EAGAIN instead if the file is non-blocking. ERESTARTSYS if a signal comes first.
     */
    public <A> long untilReady(OpenFile file, int events, A argument, Attempt<A> attempt) throws ErrnoException {
        long result = attempt.attempt(file, argument);
        if (result != OpenFile.WOULD_BLOCK) {
            return result;
        }
        if (file.isNonBlocking()) {
            throw ErrnoException.of(Errno.EAGAIN);
        }

        long start = System.nanoTime();
        file.addWaiter(waiter, events);
        try {
            while (true) {
                woken = false;
                result = attempt.attempt(file, argument);
                if (result != OpenFile.WOULD_BLOCK) {
                    return result;
                }
                if (hasPendingSignal()) {
                    throw file.interruption(events);
                }
                if (!park(file.waitDeadlineNanos(start, events))) {
                    result = attempt.attempt(file, argument);
                    return result != OpenFile.WOULD_BLOCK ? result : file.afterDeadline(events);
                }
            }
        } finally {
            file.removeWaiter(waiter);
        }
    }

    /** What {@link #block} waits for; looked at after every wake-up. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws ErrnoException;
    }

    /**
     * Waits until {@code condition} holds; {@code queue} is woken with any of {@code events} whenever it might.
     *
     * @param deadlineNanos time of {@link System#nanoTime()} at which to give up; Long.MAX_VALUE for never
     * @return whether the condition holds; false at the deadline
     * @throws ErrnoException an InterruptedCallException.SYS if a signal is to be handled first
     */
    public boolean block(WaitQueue queue, int events, long deadlineNanos, Condition condition) throws ErrnoException {
        queue.add(waiter, events);
        try {
            return blockUntil(deadlineNanos, condition);
        } finally {
            queue.remove(waiter);
        }
    }

    /**
     * Waits without a queue: for one's own {@code wake}, that is {@link #unblock()}, for the deadline or for a signal. For
     * poll and the like, which add waiters to many files.
     *
     * @return whether the condition holds; false at the deadline
     */
    public boolean blockUntil(long deadlineNanos, Condition condition) throws ErrnoException {
        while (true) {
            woken = false;
            if (condition.holds()) {
                return true;
            }
            if (hasPendingSignal()) {
                throw InterruptedCallException.SYS;
            }
            if (!park(deadlineNanos)) {
                return condition.holds();
            }
        }
    }

    /** Sleeps until woken, or the deadline: false then. */
    private boolean park(long deadlineNanos) {
        blocked = true;
        voluntarySwitches++;
        try {
            while (!woken) {
                if (deadlineNanos == Long.MAX_VALUE) {
                    LockSupport.park(this);
                    continue;
                }
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, left);
            }
            return true;
        } finally {
            blocked = false;
            kernel.guestRuns();
        }
    }

    /** Sleeps until {@link #unblock}; for run states, which look at what they wait for themselves. */
    void sleep() {
        park(Long.MAX_VALUE);
    }

    /** Says that what follows looks at what it waits for anew, before {@link #sleep}. */
    void prepareToSleep() {
        woken = false;
    }

    /** Makes {@link #block} and {@link #blockUntil} of this task look at their conditions again. Any thread may call. */
    public void unblock() {
        woken = true;
        LockSupport.unpark(thread);
    }

    /** The waiter that {@link #unblock}s this task: for calls that wait on several things. */
    public Waiter waiter() {
        return waiter;
    }

    /** Whether a signal is to be handled before the task blocks or goes on. */
    public boolean hasPendingSignal() {
        return signals.interruptsCalls();
    }

    // ---- Signals

    /** Masks, pending signals and delivery. */
    public TaskSignals signals() {
        return signals;
    }

    /** Who traces this task, and whom it traces: ptrace(2). */
    public Tracing tracing() {
        return tracing;
    }

    /** Which system calls the task may make: seccomp(2). */
    public CallFilters filters() {
        return filters;
    }

    /** Whether system calls take the long way. */
    boolean watchesCalls() {
        return callsWatched;
    }

    /** Finds out anew whether system calls take the long way. */
    void recalculateWork() {
        callsWatched = tracing.isTraced() || filters.mode() != Seccomp.SECCOMP_MODE_DISABLED;
    }

    /** Sends a signal to this one task, as tgkill(2) does, without asking who may. Any thread may call. */
    public void send(SignalInfo info) {
        signals.send(info);
    }

    /** Notes that a call was interrupted, for the run loop to restart it or not; answers Linux's internal code for it. */
    public long interruptedCall(InterruptedCallException interruption) {
        return signals.interruptedCall(interruption);
    }

    /** How restart_syscall(2) goes on with the call that was interrupted; null if it fails with EINTR. */
    public RestartBlock restartBlock() {
        return restartBlock;
    }

    /** Sets how restart_syscall(2) goes on, and answers what to throw. */
    public InterruptedCallException restartBy(RestartBlock block) {
        restartBlock = block;
        return InterruptedCallException.BLOCK;
    }

    // ---- Ending and other changes of state

    /** Makes the run loop do {@code state} next, and leave the registers as they are. */
    void enter(RunState state) {
        next = state;
    }

    /** What a call made the run loop do next, or null; forgets it. */
    RunState takeNext() {
        var state = next;
        next = null;
        return state;
    }

    /** exit(2): ends this task with a wait status. */
    public void exit(int waitStatus) {
        enter(new Exit(waitStatus));
    }

    /** exit_group(2): ends all tasks of the process. */
    public void exitGroup(int waitStatus) {
        group.beginExit(waitStatus);
        enter(new Exit(waitStatus));
    }

    /** Guest addresses that the kernel writes to or reads when the task ends. */
    public TaskMemoryWords words() {
        return words;
    }

    /** What the task may become: PR_SET_NO_NEW_PRIVS and the like. */
    public TaskPrivileges privileges() {
        return privileges;
    }

    /** What the task's end undoes of its semaphore operations. Of the owner only. */
    public UndoList semaphoreUndo() {
        if (semaphoreUndo == null) {
            semaphoreUndo = new UndoList(kernel.ipc().limits());
        }
        return semaphoreUndo;
    }

    /** Whether both undo the same, or none anything yet. Any thread may ask; the answer may be old. */
    public boolean sharesSemaphoreUndo(Task other) {
        return semaphoreUndo == other.semaphoreUndo;
    }

    /** Shares another task's: CLONE_SYSVSEM. Before the task starts. */
    void setSemaphoreUndo(UndoList undo) {
        semaphoreUndo = undo;
    }

    /** The task ends, or leaves what it shared: semaphore operations that only it answers for are undone. */
    public void undoSemaphores() {
        if (semaphoreUndo != null) {
            semaphoreUndo.release(group.id());
            semaphoreUndo = null;
        }
    }

    /** How it wants to be scheduled. Any thread may call. */
    public TaskScheduling scheduling() {
        return scheduling;
    }

    VforkWait vfork() {
        return vfork;
    }

    void setVfork(VforkWait vfork) {
        this.vfork = vfork;
    }

    /** Carries out system call {@code number}. */
    long call(int number) {
        return systemCalls.call(number);
    }

    /** Starts the Java thread. */
    void start() {
        var created = new TaskThread(this, Kernel.TASK_STACK_BYTES);
        created.setDaemon(true);
        thread = created;
        created.start();
    }

    /** The task never began: lets go of what its thread would have let go of. */
    void abandon() {
        context.close();
        kernel.taskThreadEnded(this);
    }

    /** Notes the CPU time used: the context and the Java thread that know it are about to go. */
    void freezeUsage() {
        if (finalUserNanos < 0) {
            finalUserNanos = context.cpuTimeNanos();
            finalSystemNanos = Math.max(0, kernel.clock().threadCpuNanos(hostThreadId));
        }
    }

    /** The Java thread, or null before {@link #start}. */
    Thread thread() {
        return thread;
    }

    @Override
    public void run() {
        hostThreadId = kernel.clock().currentThreadId();
        kernel.guestRuns();
        try {
            RunState state = RunGuest.INSTANCE;
            while (state != null) {
                state = state.step(this);
            }
        } catch (Throwable e) { // NOPMD: a bug of the Sentry, whatever it is, must end the sandbox with a report
            kernel.crash("task " + id + " (" + name + ")", e);
        } finally {
            freezeUsage();
            context.close();
            kernel.taskThreadEnded(this);
        }
    }

    @Override
    public String toString() {
        return "task " + id + " (" + name + ")";
    }
}
