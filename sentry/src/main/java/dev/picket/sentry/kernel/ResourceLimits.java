package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Resource;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Resource limits of a process; see getrlimit(2). Values are unsigned: RLIM_INFINITY is -1. Any thread may call. */
public final class ResourceLimits {
    /** A limit: what holds now, and how far the process may raise it. */
    public record Limit(long soft, long hard) {}

    private final AtomicReferenceArray<Limit> limits = new AtomicReferenceArray<>(Resource.RLIM_NLIMITS);

    /** Linux's limits for the first process, with {@code openFiles} descriptors and {@code processes} processes. */
    public ResourceLimits(long openFiles, long processes) {
        var unlimited = new Limit(Resource.RLIM_INFINITY, Resource.RLIM_INFINITY);
        for (int resource = 0; resource < Resource.RLIM_NLIMITS; resource++) {
            limits.set(resource, unlimited);
        }
        limits.set(Resource.RLIMIT_STACK, new Limit(8L << 20, Resource.RLIM_INFINITY));
        limits.set(Resource.RLIMIT_CORE, new Limit(0, Resource.RLIM_INFINITY));
        limits.set(Resource.RLIMIT_NOFILE, new Limit(openFiles, openFiles));
        limits.set(Resource.RLIMIT_NPROC, new Limit(processes, processes));
        limits.set(Resource.RLIMIT_MEMLOCK, new Limit(8L << 20, 8L << 20));
        limits.set(Resource.RLIMIT_SIGPENDING, new Limit(processes, processes));
        limits.set(Resource.RLIMIT_MSGQUEUE, new Limit(819_200, 819_200));
        limits.set(Resource.RLIMIT_NICE, new Limit(0, 0));
        limits.set(Resource.RLIMIT_RTPRIO, new Limit(0, 0));
    }

    private ResourceLimits(ResourceLimits other) {
        for (int resource = 0; resource < Resource.RLIM_NLIMITS; resource++) {
            limits.set(resource, other.limits.get(resource));
        }
    }

    public ResourceLimits copy() {
        return new ResourceLimits(this);
    }

    public Limit get(int resource) {
        return limits.get(resource);
    }

    /** The soft limit: what holds. */
    public long soft(int resource) {
        return limits.get(resource).soft();
    }

    public void set(int resource, Limit limit) {
        limits.set(resource, limit);
    }

    /** The soft limit as a signed number: Long.MAX_VALUE if there is none. */
    public long bound(int resource) {
        long soft = soft(resource);
        return soft < 0 ? Long.MAX_VALUE : soft;
    }
}
