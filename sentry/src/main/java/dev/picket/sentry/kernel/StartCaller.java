package dev.picket.sentry.kernel;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Caller;
import dev.picket.sentry.vfs.Path;

/** On whose behalf the program of a process that is about to start is looked up. It has no memory yet. */
record StartCaller(Credentials credentials, Path root, Path workingDirectory) implements Caller {
    @Override
    public MemoryManager memory() {
        throw new IllegalStateException("a process that has not started has no memory");
    }
}
