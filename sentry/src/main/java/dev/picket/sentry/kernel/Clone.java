package dev.picket.sentry.kernel;

import static dev.picket.platform.linux.CloneFlags.*;

import dev.picket.platform.GuestContext;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Ptrace;
import dev.picket.platform.linux.Resource;
import dev.picket.platform.linux.Signal;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.errno.InterruptedCallException;
import dev.picket.sentry.kernel.signal.SignalActions;
import dev.picket.sentry.memory.MemoryManager;

/** Makes a task as a copy of another: fork(2), vfork(2), clone(2), clone3(2). */
public final class Clone {
    private final Task parent;
    private final Request request;
    private final Kernel kernel;
    private NamespaceChange change;

    /**
     * What clone3(2) is asked for. Addresses are 0 for none.
     *
     * @param stackPointer the child's stack pointer; 0 for the parent's
     * @param exitSignal signal for the parent when the child ends, 0 for none
     */
    public record Request(
            long flags,
            long stackPointer,
            long parentIdAddress,
            long childIdAddress,
            long pidfdAddress,
            long tls,
            int exitSignal) {
        private boolean has(long flag) {
            return (flags & flag) != 0;
        }
    }

    private Clone(Task parent, Request request) {
        this.parent = parent;
        this.request = request;
        this.kernel = parent.kernel();
    }

    /**
     * Makes the task and starts it; by the parent's own thread, from a system call. With CLONE_VFORK the parent's run loop
     * waits before it returns to the program.
     *
     * @return the new task's id
     */
    public static long clone(Task parent, Request request) throws ErrnoException {
        return new Clone(parent, request).run();
    }

    private long run() throws ErrnoException {
        validate();
        if (parent.hasPendingSignal()) {
            // The signal first: a child would be made again and again otherwise, by a parent that handles none of them.
            throw InterruptedCallException.NOINTR;
        }
        checkLimits();

        var memory = request.has(CLONE_VM)
                ? retained(parent.memory())
                : parent.memory().fork();
        GuestContext context = null;
        Task child;
        ProcessFile processFile = null;
        int descriptor = -1;
        try {
            context = kernel.platform().newContext();
            prepare(context);
            if (request.has(CLONE_PIDFD)) {
                processFile = new ProcessFile(kernel, parent.credentials(), 0);
                descriptor = parent.files().install(processFile, 0, true);
                parent.memory().putInt(request.pidfdAddress(), descriptor);
            }
            child = add(context, memory);
        } catch (ErrnoException | RuntimeException e) {
            if (descriptor >= 0) {
                parent.files().close(descriptor);
            } else if (processFile != null) {
                processFile.release();
            }
            if (context != null) {
                context.close();
            }
            memory.release();
            throw e;
        }
        if (processFile != null) {
            processFile.setProcess(child.group());
        }
        return begin(child);
    }

    private long begin(Task child) {
        int id = child.id();
        writeIds(child);
        VforkWait wait = null;
        if (request.has(CLONE_VFORK)) {
            wait = new VforkWait(parent);
            child.setVfork(wait);
        }
        int event = traceEvent();
        if (event != 0 || request.has(CLONE_PTRACE)) {
            synchronized (kernel.tree()) {
                Tracing.inherit(parent, child);
            }
        }
        try {
            child.start();
        } catch (OutOfMemoryError e) {
            // The host has no thread left for us: the child ends as if the OOM killer had chosen it.
            child.group().beginExit(Signal.SIGKILL);
            new Exit(Signal.SIGKILL).step(child);
            child.abandon();
        }
        if (event != 0) {
            parent.tracing().event(event, id);
        }
        if (wait != null) {
            parent.enter(new AwaitVfork(wait, id));
        }
        return id;
    }

    /** The event that the parent's tracer wants to see, or 0. */
    private int traceEvent() {
        if (request.has(CLONE_UNTRACED)) {
            return 0;
        }
        int event = request.has(CLONE_VFORK)
                ? Ptrace.PTRACE_EVENT_VFORK
                : request.exitSignal() != Signal.SIGCHLD ? Ptrace.PTRACE_EVENT_CLONE : Ptrace.PTRACE_EVENT_FORK;
        return parent.tracing().has(1 << event) ? event : 0;
    }

    private void validate() throws ErrnoException {
        long flags = request.flags();
        boolean thread = request.has(CLONE_THREAD);
        if ((flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS)
                || (flags & (CLONE_NEWUSER | CLONE_FS)) == (CLONE_NEWUSER | CLONE_FS)
                || thread && !request.has(CLONE_SIGHAND)
                || request.has(CLONE_SIGHAND) && !request.has(CLONE_VM)
                || request.has(CLONE_CLEAR_SIGHAND) && request.has(CLONE_SIGHAND)
                || request.has(CLONE_PARENT) && parent.group() == kernel.init()
                || thread && (flags & (CLONE_NEWUSER | CLONE_NEWPID)) != 0
                || request.has(CLONE_PIDFD) && (flags & (CLONE_DETACHED | CLONE_THREAD)) != 0) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        if (request.has(CLONE_SETTLS)
                && Long.compareUnsigned(request.tls(), kernel.platform().addressLimit()) >= 0) {
            throw ErrnoException.of(Errno.EPERM);
        }
    }

    private void checkLimits() throws ErrnoException {
        if (kernel.isDying()
                || kernel.processes().taskCount() >= kernel.options().processes()) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
        var credentials = parent.credentials();
        int user = credentials.realUser();
        long limit = parent.group().limits().bound(Resource.RLIMIT_NPROC);
        if (user == 0
                || credentials.has(Credentials.CAP_SYS_RESOURCE)
                || credentials.has(Credentials.CAP_SYS_ADMIN)
                || limit == Long.MAX_VALUE) {
            return;
        }
        long count = 0;
        for (var process : kernel.processes().all()) {
            for (var task : process.tasks()) {
                count += task.credentials().realUser() == user ? 1 : 0;
            }
        }
        if (count >= limit) {
            throw ErrnoException.of(Errno.EAGAIN);
        }
    }

    private static MemoryManager retained(MemoryManager memory) {
        memory.retain();
        return memory;
    }

    private void prepare(GuestContext context) {
        context.copyStateFrom(parent.context());
        var registers = context.registers();
        registers.rax(0);
        if (request.stackPointer() != 0) {
            registers.rsp(request.stackPointer());
        }
        if (request.has(CLONE_SETTLS)) {
            registers.fsBase(request.tls());
        }
    }

    private Task add(GuestContext context, MemoryManager memory) throws ErrnoException {
        var own = parent.group();
        boolean thread = request.has(CLONE_THREAD);
        var limits = thread ? own.limits() : own.limits().copy();
        FileTable files;
        if (request.has(CLONE_FILES)) {
            files = parent.files();
            files.retain();
        } else {
            files = parent.files().fork(limits);
        }
        var directories = request.has(CLONE_FS)
                ? parent.directories()
                : parent.directories().copy();
        try {
            change = NamespaceChange.prepare(parent, request.flags() & NEW_NAMESPACES, directories);
            var parts = new Task.Parts(memory, change.directories(), files, change.credentials(), parent.name());
            synchronized (kernel.tree()) {
                if (kernel.isDying() || own.signals().isDoomed(parent)) {
                    throw ErrnoException.of(Errno.EAGAIN);
                }
                return thread ? addThread(context, parts) : addProcess(context, parts, limits);
            }
        } catch (ErrnoException | RuntimeException e) {
            files.release();
            if (change != null) {
                change.discard(parent);
            }
            throw e;
        }
    }

    private Task addThread(GuestContext context, Task.Parts parts) throws ErrnoException {
        var child = new Task(kernel, parent.group(), kernel.processes().allocate(), context, parts);
        inherit(child);
        TaskList.add(child);
        return child;
    }

    private Task addProcess(GuestContext context, Task.Parts parts, ResourceLimits limits) throws ErrnoException {
        var own = parent.group();
        int id = kernel.processes().allocate();
        var group =
                new ThreadGroup(kernel, id, new GroupSignals.Seed(actions(), false), limits, own.processGroup(), null);
        group.setExecutable(own.executable());
        group.setDumpable(own.isDumpable());
        group.setOomScoreAdjustment(own.oomScoreAdjustment());
        group.setPersonality(own.personality());
        group.inheritBarriers(own);
        var child = new Task(kernel, group, id, context, parts);
        inherit(child);
        group.setLeader(child);
        if (request.has(CLONE_PARENT)) {
            group.setParent(own.parent(), own.parentTask());
            group.setExitSignal(own.exitSignal());
        } else {
            group.setParent(own, parent);
            group.setExitSignal(request.exitSignal());
        }
        if (group.parent() != null) {
            group.parent().children().add(group);
        }
        own.processGroup().memberSet().add(group);
        if (!request.has(CLONE_VM)) {
            parts.memory().setLimits(new GroupMemoryLimits(group));
        }
        kernel.processes().put(group);
        TaskList.add(child);
        group.timers().watchCpuLimit();
        return child;
    }

    private SignalActions actions() {
        var actions = parent.group().signals().actions();
        if (request.has(CLONE_SIGHAND)) {
            return actions;
        }
        return request.has(CLONE_CLEAR_SIGHAND) ? actions.withoutHandlers() : actions.copy();
    }

    private void inherit(Task child) {
        child.signals().inheritMask(parent.signals().ownMask());
        if (!request.has(CLONE_VM) || request.has(CLONE_VFORK)) {
            child.signals().setStack(parent.signals().stack());
        }
        if (request.has(CLONE_SYSVSEM)) {
            child.setSemaphoreUndo(parent.semaphoreUndo().retain());
        }
        child.privileges().copyFrom(parent.privileges());
        child.setNamespaces(change.namespaces());
        child.scheduling().inherit(parent.scheduling());
        child.filters().copyFrom(parent.filters());
        if (request.has(CLONE_CHILD_CLEARTID)) {
            child.words().setClearChildId(request.childIdAddress());
        }
    }

    /** Writes the new id where it was asked for; bad addresses are ignored, as in Linux. */
    private void writeIds(Task child) {
        if (request.has(CLONE_PARENT_SETTID)) {
            write(parent.memory(), request.parentIdAddress(), child.id());
        }
        if (request.has(CLONE_CHILD_SETTID)) {
            write(child.memory(), request.childIdAddress(), child.id());
        }
    }

    private static void write(MemoryManager memory, long address, int id) {
        try {
            memory.putInt(address, id);
        } catch (ErrnoException e) {
            // put_user() in kernel_clone() and schedule_tail() is not checked either.
            return;
        }
    }
}
