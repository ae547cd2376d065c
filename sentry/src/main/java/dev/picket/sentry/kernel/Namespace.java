package dev.picket.sentry.kernel;

import dev.picket.platform.linux.CloneFlags;
import dev.picket.sentry.credentials.UserNamespace;
import dev.picket.sentry.vfs.MountNamespace;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What some processes see in common and others do not: see namespaces(7). Tasks and open files hold references; when the
 * last one goes, what is in it goes.
 */
public final class Namespace {
    private final int kind;
    private final long number;
    private final UserNamespace owner;
    private final Object content;
    private final AtomicInteger references = new AtomicInteger();

    /**
     * @param kind CLONE_NEWUTS and the like
     * @param number inode number of /proc/PID/ns
     * @param owner whose capabilities count for it
     * @param content what it is about; null if there is nothing to be said
     */
    Namespace(int kind, long number, UserNamespace owner, Object content) {
        this.kind = kind;
        this.number = number;
        this.owner = owner;
        this.content = content;
    }

    /** CLONE_NEWUTS and the like. */
    public int kind() {
        return kind;
    }

    public long number() {
        return number;
    }

    /** The user namespace whose root may change it; null for the sandbox's own. */
    public UserNamespace owner() {
        return owner;
    }

    /** Host and domain name; of a UTS namespace. */
    public HostNames hostNames() {
        return (HostNames) content;
    }

    /** The tree of mounts; of a mount namespace. */
    public MountNamespace mounts() {
        return (MountNamespace) content;
    }

    /** The user namespace that this stands for, null for the sandbox's own; of a user namespace. */
    public UserNamespace users() {
        return (UserNamespace) content;
    }

    /** As /proc/PID/ns names it. */
    public String name() {
        return switch (kind) {
            case CloneFlags.CLONE_NEWNS -> "mnt";
            case CloneFlags.CLONE_NEWUTS -> "uts";
            case CloneFlags.CLONE_NEWIPC -> "ipc";
            case CloneFlags.CLONE_NEWNET -> "net";
            case CloneFlags.CLONE_NEWCGROUP -> "cgroup";
            case CloneFlags.CLONE_NEWUSER -> "user";
            case CloneFlags.CLONE_NEWPID -> "pid";
            default -> "time";
        };
    }

    void retain() {
        references.incrementAndGet();
    }

    void release() {
        if (references.decrementAndGet() == 0 && content instanceof MountNamespace mounts) {
            mounts.dissolve();
        }
    }
}
