package dev.picket.sentry.control;

import java.util.List;

/**
 * What the control plane tells a worker. A closed set.
 *
 * <p>Processes that the control plane starts have a number of its choice: {@link #MAIN} is the container's own, execs
 * count from 1. It says nothing about process ids inside the sandbox.
 */
public sealed interface Command {
    /** The number of the container's first process. */
    int MAIN = 0;

    /**
     * Makes the sandbox and starts its first process; the first command a worker gets, and only once. Descriptors come
     * with it, in the order in which {@code root} and {@code mounts} name them by index.
     *
     * @param sandbox name for logs: the container's id
     * @param trace whether to render every system call to the worker's standard error
     */
    record Start(
            String sandbox,
            String hostName,
            Root root,
            List<Mount> mounts,
            ProcessSpec process,
            Limits limits,
            boolean trace)
            implements Command {}

    /** Starts one more process in the running sandbox. */
    record Exec(int process, ProcessSpec spec) implements Command {}

    /** Sends a signal to a process that the control plane started; with {@code all}, to every process of the sandbox. */
    record Signal(int process, int signal, boolean all) implements Command {}

    /** Data for a process's standard input. Never more than the worker has granted by {@link Event.InputCredit}. */
    record Input(int process, byte[] data) implements Command {}

    /** End of a process's standard input. */
    record CloseInput(int process) implements Command {}

    /** New window size of a process's terminal, in characters. */
    record Resize(int process, int rows, int columns) implements Command {}

    /** Lets a process send {@code bytes} more of output on {@code stream}, beyond {@link #OUTPUT_WINDOW_BYTES}. */
    record OutputCredit(int process, int stream, int bytes) implements Command {}

    /** Stops all guest threads, until {@link Resume}. */
    record Pause() implements Command {}

    /** Lets paused guest threads go on. */
    record Resume() implements Command {}

    /** Ends the sandbox and the worker. */
    record Shutdown() implements Command {}

    /** Standard output, as a stream number; the framing of Docker uses the same. */
    int STDOUT = 1;

    /** Standard error, as a stream number. */
    int STDERR = 2;

    /** What a process may send on each stream before the first {@link OutputCredit}. */
    int OUTPUT_WINDOW_BYTES = 256 * 1024;

    /** What a process may send on each stream beyond all credit when it has ended: what its pipe still held. */
    int OUTPUT_REST_BYTES = 1024 * 1024;

    /** What the root file system is made from: always read-only, under an overlay in memory. */
    sealed interface Root {
        /** An EROFS image file. */
        record Image(int descriptorIndex) implements Root {}

        /** Directories of the host, each at a path of the guest's; the rest of the tree is empty directories. */
        record HostDirectories(List<HostEntry> entries) implements Root {}
    }

    /** A directory, file or symbolic link of a {@link Root.HostDirectories}; for links {@code linkTarget} is set. */
    record HostEntry(String guestPath, int descriptorIndex, String linkTarget) {}

    /**
     * A file system to mount beside the standard ones (/proc, /sys, /dev, /dev/shm, /dev/pts, /tmp where the image has none).
     *
     * @param descriptorIndex the host directory or file, or -1 for a tmpfs
     */
    record Mount(String guestPath, int descriptorIndex, boolean readOnly, long sizeLimitBytes) {}

    /**
     * A process to start.
     *
     * @param arguments the command; the first is looked up in the PATH of {@code environment} if it has no slash
     * @param user {@code user[:group]}, names or numbers, looked up in the image; empty for root
     * @param terminal whether its streams are a terminal
     * @param openInput whether standard input is fed by {@link Input}; otherwise it is at its end from the start
     */
    record ProcessSpec(
            List<String> arguments,
            List<String> environment,
            String workingDirectory,
            String user,
            boolean terminal,
            int rows,
            int columns,
            boolean openInput) {}

    /** Bounds of a sandbox; 0 means none. */
    record Limits(long memoryBytes, long processes, long openFiles, long fileSizeBytes, long cpuSeconds, int cpus) {}
}
