package dev.picket.sentry.kernel;

import dev.picket.sentry.vfs.Path;

/** Root directory, working directory and umask of tasks: what CLONE_FS shares. Any thread may call. */
public final class DirectoryContext {
    private volatile Path root;
    private volatile Path workingDirectory;
    private int umask;

    public DirectoryContext(Path root, Path workingDirectory, int umask) {
        this.root = root;
        this.workingDirectory = workingDirectory;
        this.umask = umask & 0777;
    }

    public Path root() {
        return root;
    }

    public void setRoot(Path root) {
        this.root = root;
    }

    public Path workingDirectory() {
        return workingDirectory;
    }

    public void setWorkingDirectory(Path workingDirectory) {
        this.workingDirectory = workingDirectory;
    }

    public synchronized int umask() {
        return umask;
    }

    /** Sets the permission bits that new files do not get, and answers the old ones; see umask(2). */
    public synchronized int setUmask(int umask) {
        int old = this.umask;
        this.umask = umask & 0777;
        return old;
    }

    public synchronized DirectoryContext copy() {
        return new DirectoryContext(root, workingDirectory, umask);
    }
}
