package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.generated.GeneratedInode;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.kernel.ThreadGroup;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Caller;

/** Whom a directory of /proc is about: a process ({@code thread} is null) or one task of it. */
final class Subject {
    private final ThreadGroup process;
    private final Task thread;

    Subject(ThreadGroup process, Task thread) {
        this.process = process;
        this.thread = thread;
    }

    ThreadGroup process() {
        return process;
    }

    Kernel kernel() {
        return process.kernel();
    }

    /** The directory's id: of the process or of the task. */
    int id() {
        return thread == null ? process.id() : thread.id();
    }

    boolean isThread() {
        return thread != null;
    }

    /** The task to ask: for a process its leader, or another one once the leader has ended. */
    Task task() {
        if (thread != null) {
            return thread;
        }
        var leader = process.leader();
        if (leader != null && leader.hasEnded()) {
            for (var other : process.tasks()) {
                return other;
            }
        }
        return leader;
    }

    /** ESRCH if the process or task is no more, not even as a zombie. */
    void checkExists() throws ErrnoException {
        boolean exists = thread == null
                ? kernel().processes().process(process.id()) == process
                : kernel().processes().task(thread.id()) == thread;
        if (!exists) {
            throw ErrnoException.of(Errno.ESRCH);
        }
    }

    /** Who owns the files: the user that the process runs as, or root if its memory is not to be seen. */
    GeneratedInode.Owner owner() {
        return new GeneratedInode.Owner() {
            @Override
            public int user() {
                return process.isDumpable() ? task().credentials().effectiveUser() : 0;
            }

            @Override
            public int group() {
                return process.isDumpable() ? task().credentials().effectiveGroup() : 0;
            }
        };
    }

    /** Who owns the directory itself, and what may be known of any process. */
    GeneratedInode.Owner directoryOwner() {
        return new GeneratedInode.Owner() {
            @Override
            public int user() {
                return task().credentials().effectiveUser();
            }

            @Override
            public int group() {
                return task().credentials().effectiveGroup();
            }
        };
    }

    /**
     * Checks that {@code caller} may see the inside of the process: PTRACE_MODE_READ of ptrace(2).
     *
     * @throws ErrnoException EACCES if it may not, ESRCH if the process is gone
     */
    void checkInspection(Caller caller) throws ErrnoException {
        checkExists();
        if (caller instanceof Task task && task.group() == process) {
            return;
        }
        var who = caller.credentials();
        var whom = task().credentials();
        if (who.holdsIn(whom.userNamespace(), Credentials.CAP_SYS_PTRACE)) {
            return;
        }
        int user = who.fileSystemUser();
        int group = who.fileSystemGroup();
        boolean same = user == whom.realUser()
                && user == whom.effectiveUser()
                && user == whom.savedUser()
                && group == whom.realGroup()
                && group == whom.effectiveGroup()
                && group == whom.savedGroup();
        boolean covers = (whom.permitted() & ~who.permitted()) == 0;
        if (!same || who.userNamespace() != whom.userNamespace() || !covers || !process.isDumpable()) {
            throw ErrnoException.of(Errno.EACCES);
        }
    }

    /** What to do with a process's memory. */
    @FunctionalInterface
    interface MemoryUse {
        void use(MemoryManager memory) throws ErrnoException;
    }

    /** Does something with the memory, which stays alive meanwhile; does nothing if it is gone, as a zombie's is. */
    void withMemory(MemoryUse use) throws ErrnoException {
        checkExists();
        var task = task();
        if (task == null || task.hasEnded()) {
            return;
        }
        var memory = task.memory();
        if (!memory.tryRetain()) {
            return;
        }
        try {
            use.use(memory);
        } finally {
            memory.release();
        }
    }
}
