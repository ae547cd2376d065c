package dev.picket.sentry.kernel;

import dev.picket.platform.linux.Resource;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.memory.MemoryLimits;

/** The memory limits of a process, as they are at the moment of asking. */
record GroupMemoryLimits(ThreadGroup group) implements MemoryLimits {
    @Override
    public long addressSpaceBytes() {
        return group.limits().bound(Resource.RLIMIT_AS);
    }

    @Override
    public long dataBytes() {
        return group.limits().bound(Resource.RLIMIT_DATA);
    }

    @Override
    public long stackBytes() {
        return group.limits().bound(Resource.RLIMIT_STACK);
    }

    @Override
    public long lockedBytes() {
        var leader = group.leader();
        if (leader != null && leader.credentials().has(Credentials.CAP_IPC_LOCK)) {
            return Long.MAX_VALUE;
        }
        return group.limits().bound(Resource.RLIMIT_MEMLOCK);
    }
}
