package dev.picket.sentry.syscall;

import dev.picket.platform.linux.Resource;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.kernel.Task;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.net.socket.PeerIdentity;
import dev.picket.sentry.net.socket.SocketCaller;
import dev.picket.sentry.vfs.Path;

/** A task as sockets need to know it. */
record TaskSocketCaller(Task task) implements SocketCaller {
    @Override
    public PeerIdentity identity() {
        return PeerIdentity.of(task, task.group().id());
    }

    @Override
    public int umask() {
        return task.directories().umask();
    }

    @Override
    public long inFlightLimit() {
        return task.group().limits().bound(Resource.RLIMIT_NOFILE);
    }

    @Override
    public Credentials credentials() {
        return task.credentials();
    }

    @Override
    public MemoryManager memory() {
        return task.memory();
    }

    @Override
    public Path root() {
        return task.root();
    }

    @Override
    public Path workingDirectory() {
        return task.workingDirectory();
    }
}
