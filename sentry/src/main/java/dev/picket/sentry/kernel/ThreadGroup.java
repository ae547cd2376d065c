package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Signal;
import dev.picket.sentry.vfs.Path;
import dev.picket.sentry.wait.WaitQueue;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process: the tasks that share a process id, signal actions and resource limits. Any thread may call what is public.
 *
 * <p>Parents, children, process groups and being a zombie are guarded by the kernel's tree lock ({@link Kernel#tree()});
 * the list of tasks is changed with that lock and the lock of {@link GroupSignals} held, and may be read without.
 */
public final class ThreadGroup {
    private static final long PAGE_BYTES = 4096;

    /** How far a process has got with ending. */
    enum Life {
        ALIVE,
        /** All tasks have ended, and the parent has not asked for the status yet. */
        ZOMBIE,
        /** Nobody will see this process any more. */
        GONE
    }

    private final Kernel kernel;
    private final int id;
    private final GroupSignals signals;
    private final ResourceLimits limits;
    private final ProcessTimers timers;
    private final IoCounters ioCounters = new IoCounters();
    private final List<Task> tasks = new CopyOnWriteArrayList<>();
    private final WaitQueue childEvents = new WaitQueue();
    private final WaitQueue exitEvents = new WaitQueue();
    private final ExitListener exitListener;

    private volatile Task leader;
    private volatile ProcessGroup processGroup;
    private volatile Path executable;
    private volatile boolean hasExecuted;
    private volatile boolean childSubreaper;
    private volatile boolean dumpable = true;
    private volatile int oomScoreAdjustment;
    private volatile boolean killedForMemory;
    private volatile int niceness;
    private volatile int personality;
    private final AtomicInteger barriers = new AtomicInteger();

    // Guarded by the tree lock.
    private final Set<ThreadGroup> children = new LinkedHashSet<>();
    private volatile ThreadGroup parent;
    private volatile Task parentTask;
    private int exitSignal;
    private int unfinishedTasks;
    private volatile Life life = Life.ALIVE;
    private volatile int waitStatus;

    // CPU time of tasks that have ended, and of children that were waited for. Guarded by the tree lock.
    private final Usage endedTasks = new Usage();
    private final Usage waitedChildren = new Usage();

    ThreadGroup(
            Kernel kernel,
            int id,
            GroupSignals.Seed signals,
            ResourceLimits limits,
            ProcessGroup processGroup,
            ExitListener exitListener) {
        this.kernel = kernel;
        this.id = id;
        this.signals = new GroupSignals(this, signals);
        this.limits = limits;
        this.processGroup = processGroup;
        this.exitListener = exitListener;
        this.timers = new ProcessTimers(this);
    }

    /** Process id, as getpid(2) shows it. */
    public int id() {
        return id;
    }

    public Kernel kernel() {
        return kernel;
    }

    /** The task whose id is the process's; it may have ended before the others. */
    public Task leader() {
        return leader;
    }

    void setLeader(Task leader) {
        this.leader = leader;
    }

    /** The tasks that have not ended, in the order in which they were made. */
    public List<Task> tasks() {
        return tasks;
    }

    /** Signal actions, signals pending for the process, stops. */
    public GroupSignals signals() {
        return signals;
    }

    public ResourceLimits limits() {
        return limits;
    }

    /** What the process has read and written. */
    public IoCounters ioCounters() {
        return ioCounters;
    }

    /** Interval timers and POSIX timers. */
    public ProcessTimers timers() {
        return timers;
    }

    public ProcessGroup processGroup() {
        return processGroup;
    }

    void setProcessGroup(ProcessGroup processGroup) {
        this.processGroup = processGroup;
    }

    /** The program's file: what /proc/PID/exe leads to. */
    public Path executable() {
        return executable;
    }

    void setExecutable(Path executable) {
        this.executable = executable;
    }

    /** Whether the process has done execve(2) since it was forked; its parent may not move it to a process group then. */
    public boolean hasExecuted() {
        return hasExecuted;
    }

    void setHasExecuted() {
        hasExecuted = true;
    }

    /** PR_SET_CHILD_SUBREAPER of prctl(2): orphaned descendants become children of this process. */
    public boolean isChildSubreaper() {
        return childSubreaper;
    }

    public void setChildSubreaper(boolean value) {
        childSubreaper = value;
    }

    /** PR_SET_DUMPABLE of prctl(2). */
    public boolean isDumpable() {
        return dumpable;
    }

    public void setDumpable(boolean value) {
        dumpable = value;
    }

    /** What /proc/PID/oom_score_adj shows, -1000 to 1000. */
    public int oomScoreAdjustment() {
        return oomScoreAdjustment;
    }

    public void setOomScoreAdjustment(int value) {
        oomScoreAdjustment = value;
    }

    /** Whether the process has asked for barriers by this command of membarrier(2). */
    public boolean hasRegisteredBarriers(int command) {
        return (barriers.get() & command) != 0;
    }

    /** The process asks for barriers by a command of membarrier(2). */
    public void registerBarriers(int command) {
        barriers.getAndUpdate(known -> known | command);
    }

    void forgetBarriers() {
        barriers.set(0);
    }

    void inheritBarriers(ThreadGroup parent) {
        barriers.set(parent.barriers.get());
    }

    /** See personality(2). */
    public int personality() {
        return personality;
    }

    public void setPersonality(int personality) {
        this.personality = personality;
    }

    /** The parent process, or null: the first process, and those started from outside, have none. */
    public ThreadGroup parent() {
        return parent;
    }

    /** The parent's process id as getppid(2) shows it; 0 if there is none. */
    public int parentId() {
        var current = parent;
        return current == null ? 0 : current.id;
    }

    /** The task that made this process: for __WNOTHREAD and PR_SET_PDEATHSIG. */
    Task parentTask() {
        return parentTask;
    }

    void setParent(ThreadGroup parent, Task parentTask) {
        this.parent = parent;
        this.parentTask = parentTask;
    }

    /** The children, zombies included. Guarded by the tree lock. */
    Set<ThreadGroup> children() {
        return children;
    }

    /** Signal that the parent gets at the end: SIGCHLD as a rule, 0 for none. */
    int exitSignal() {
        return exitSignal;
    }

    void setExitSignal(int signal) {
        exitSignal = signal;
    }

    Life life() {
        return life;
    }

    void setLife(Life life) {
        this.life = life;
    }

    /** Whether all tasks have ended. */
    public boolean hasEnded() {
        return life != Life.ALIVE;
    }

    /** How it ended, as wait4(2) shows it; valid once it has. */
    public int waitStatus() {
        return waitStatus;
    }

    void setWaitStatus(int status) {
        waitStatus = status;
    }

    /** Woken when a child ends, stops or continues. */
    WaitQueue childEvents() {
        return childEvents;
    }

    /** Woken with POLLIN when this process has ended: for pidfds. */
    public WaitQueue exitEvents() {
        return exitEvents;
    }

    ExitListener exitListener() {
        return exitListener;
    }

    /** The sandbox's memory is used up: the process ends by SIGKILL, as the OOM killer of Linux does it. */
    void killForMemory() {
        killedForMemory = true;
        beginExit(Signal.SIGKILL);
    }

    /** Whether the process was killed because the sandbox's memory was used up. */
    public boolean isKilledForMemory() {
        return killedForMemory;
    }

    /** Notes how much memory the process holds now: it may be the most it ever has. */
    public void noteResident(long bytes) {
        synchronized (kernel.tree()) {
            endedTasks.addPeak(bytes);
        }
    }

    /** Adds a task that is about to begin; it is in {@link #tasks()} already. With the tree lock. */
    void taskAdded() {
        unfinishedTasks++;
    }

    /** A task has let go of everything; answers whether it was the last. With the tree lock. */
    boolean taskFinished() {
        unfinishedTasks--;
        signals.taskFinished();
        return unfinishedTasks == 0;
    }

    /** Tasks that have not let go of everything. With the tree lock. */
    int unfinishedTasks() {
        return unfinishedTasks;
    }

    /** Ends all tasks of the process, with a wait status: exit_group(2), or a fatal signal. The first status counts. */
    public void beginExit(int waitStatus) {
        signals.beginExit(waitStatus);
    }

    /** What the process's tasks have used, those that have ended included. */
    public Usage usage() {
        var sum = new Usage();
        synchronized (kernel.tree()) {
            sum.add(endedTasks);
            tasks.forEach(sum::add);
        }
        // The host resolves most faults itself, unseen; but each page in use has cost one.
        sum.addMinorFaults(sum.peakResidentBytes() / PAGE_BYTES);
        return sum;
    }

    /** CPU time of the tasks that have not ended. With the tree lock. */
    long liveCpuNanos() {
        long sum = 0;
        for (var task : tasks) {
            sum += task.userNanos() + task.systemNanos();
        }
        return sum;
    }

    /** CPU time of the children that were waited for, and of theirs. */
    public Usage childrenUsage() {
        var sum = new Usage();
        synchronized (kernel.tree()) {
            sum.add(waitedChildren);
        }
        return sum;
    }

    /** Adds the usage of a task that ends. With the tree lock. */
    void addEnded(Task task) {
        endedTasks.add(task);
        kernel.addEnded(task.userNanos() + task.systemNanos());
    }

    /** Adds the usage of a child that was waited for. With the tree lock. */
    void addWaited(ThreadGroup child) {
        waitedChildren.add(child.usage());
        waitedChildren.add(child.waitedChildren);
    }

    @Override
    public String toString() {
        return "process " + id;
    }
}
