package dev.picket.sentry.vfs;

import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.memory.MemoryManager;

/** Somebody with credentials, a root and a working directory, but no memory. */
public final class TestCaller implements Caller {
    private final Credentials credentials;
    private final Path root;
    private Path workingDirectory;

    public TestCaller(Credentials credentials, Path root) {
        this.credentials = credentials;
        this.root = root;
        this.workingDirectory = root;
    }

    public void setWorkingDirectory(Path workingDirectory) {
        this.workingDirectory = workingDirectory;
    }

    @Override
    public Credentials credentials() {
        return credentials;
    }

    @Override
    public MemoryManager memory() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path root() {
        return root;
    }

    @Override
    public Path workingDirectory() {
        return workingDirectory;
    }
}
