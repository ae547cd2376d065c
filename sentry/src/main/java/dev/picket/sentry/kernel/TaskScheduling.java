package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Sched;
import java.util.BitSet;

/**
 * How a task wants to be scheduled; see sched(7). The host's scheduler runs the guest's tasks, in a process of the user's,
 * so all this is checked, kept and told, but has no effect. Any thread may call.
 */
public final class TaskScheduling {
    /** The parameters of sched_setattr(2). Times are in nanoseconds, and of SCHED_DEADLINE only. */
    public record Attributes(
            int policy,
            boolean resetOnFork,
            int nice,
            int priority,
            long runtime,
            long deadline,
            long period,
            long flags) {
        /** What a process begins with. */
        public static final Attributes USUAL = new Attributes(Sched.SCHED_NORMAL, false, 0, 0, 0, 0, 0, 0);

        public boolean isRealtime() {
            return policy == Sched.SCHED_FIFO || policy == Sched.SCHED_RR;
        }

        /** The same with another nice value. */
        public Attributes withNice(int value) {
            return new Attributes(policy, resetOnFork, value, priority, runtime, deadline, period, flags);
        }

        private Attributes forked() {
            if (!resetOnFork) {
                return this;
            }
            boolean special = isRealtime() || policy == Sched.SCHED_DEADLINE;
            int kept = special ? 0 : Math.max(0, nice);
            return new Attributes(special ? Sched.SCHED_NORMAL : policy, false, kept, 0, 0, 0, 0, 0);
        }
    }

    private Attributes attributes = Attributes.USUAL;
    private BitSet cpus;
    private int ioPriority;

    /** @param cpus how many CPUs the sandbox has */
    TaskScheduling(int cpus) {
        this.cpus = new BitSet();
        this.cpus.set(0, cpus);
    }

    /** clone(2): a child begins like its parent, but for what SCHED_RESET_ON_FORK resets. */
    void inherit(TaskScheduling parent) {
        Attributes forked;
        BitSet bound;
        int io;
        synchronized (parent) {
            forked = parent.attributes.forked();
            bound = parent.cpus;
            io = parent.ioPriority;
        }
        synchronized (this) {
            attributes = forked;
            cpus = bound;
            ioPriority = io;
        }
    }

    public synchronized Attributes attributes() {
        return attributes;
    }

    public synchronized void setAttributes(Attributes attributes) {
        this.attributes = attributes;
    }

    public int nice() {
        return attributes().nice();
    }

    /** The CPUs that the task may use; not to be changed. */
    public synchronized BitSet cpus() {
        return cpus;
    }

    public synchronized void setCpus(BitSet cpus) {
        this.cpus = (BitSet) cpus.clone();
    }

    /** The number of a CPU that the task may use, the host's if that is one of them. */
    public int currentCpu(int hostCpu) {
        BitSet bound = cpus();
        int count = bound.length();
        int cpu = Math.floorMod(hostCpu, count);
        return bound.get(cpu) ? cpu : bound.nextSetBit(0);
    }

    /** As ioprio_get(2) shows it. */
    public synchronized int ioPriority() {
        return ioPriority;
    }

    public synchronized void setIoPriority(int ioPriority) {
        this.ioPriority = ioPriority;
    }
}
