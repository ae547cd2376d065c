package dev.picket.sentry.boot;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.MountNamespace;
import dev.picket.sentry.vfs.Path;

/** Somebody who looks at the guest's files from outside: the worker itself, or a process that is not there yet. */
record Outsider(Credentials credentials, Path root, Path workingDirectory) implements Caller {
    /** The worker, which may do everything with the guest's files. */
    static Outsider almighty(MountNamespace mounts) {
        Path root = mounts.rootPath();
        return new Outsider(Credentials.initial(0, 0, new int[0], -1L), root, root);
    }

    @Override
    public MemoryManager memory() {
        throw new IllegalStateException("somebody outside has no guest memory");
    }
}
