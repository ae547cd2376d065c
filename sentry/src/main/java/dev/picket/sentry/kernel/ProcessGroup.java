package dev.picket.sentry.kernel;

import dev.picket.sentry.kernel.signal.SignalInfo;
import dev.picket.sentry.tty.JobGroup;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A process group; see setpgid(2). Members are guarded by the kernel's tree lock. */
public final class ProcessGroup implements JobGroup {
    private final Kernel kernel;
    private final int id;
    private final Session session;
    private final Set<ThreadGroup> members = new LinkedHashSet<>();

    ProcessGroup(Kernel kernel, int id, Session session) {
        this.kernel = kernel;
        this.id = id;
        this.session = session;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public Session session() {
        return session;
    }

    /** The processes of the group, zombies included. A snapshot. */
    public List<ThreadGroup> members() {
        synchronized (kernel.tree()) {
            return List.copyOf(members);
        }
    }

    Set<ThreadGroup> memberSet() {
        return members;
    }

    @Override
    public void signal(int signal) {
        for (var member : members()) {
            member.signals().send(SignalInfo.ofKernel(signal));
        }
    }

    @Override
    public boolean isOrphaned() {
        return isOrphanedWithout(null);
    }

    /** Whether the group would be orphaned without {@code ignored}; see setpgid(2). */
    boolean isOrphanedWithout(ThreadGroup ignored) {
        synchronized (kernel.tree()) {
            for (var member : members) {
                var parent = member.parent();
                if (member == ignored || member.hasEnded() || parent == null) {
                    continue;
                }
                if (parent.processGroup() != this && parent.processGroup().session() == session) {
                    return false;
                }
            }
            return true;
        }
    }

    boolean hasStopped() {
        synchronized (kernel.tree()) {
            return members.stream().anyMatch(member -> member.signals().isStopped());
        }
    }

    @Override
    public String toString() {
        return "process group " + id;
    }
}
