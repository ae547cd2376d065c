package dev.picket.sentry.control;

/** What a worker tells the control plane. A closed set. Process numbers are those of {@link Command}. */
public sealed interface Event {
    /** The worker has warmed up and confined itself, and awaits {@link Command.Start}. */
    record Ready(String platform, int workerProcessId) implements Event {}

    /** A process runs. */
    record Started(int process, int guestProcessId) implements Event {}

    /** A process could not be started; for {@link Command#MAIN} the sandbox is over. */
    record StartFailed(int process, Reason reason, String message) implements Event {}

    /** Why a process could not be started. Docker's clients derive exit statuses from it: 127, 126, 125. */
    enum Reason {
        NOT_FOUND,
        NOT_EXECUTABLE,
        BAD_USER,
        BAD_WORKING_DIRECTORY,
        INTERNAL
    }

    /** Output of a process on stream {@link Command#STDOUT} or {@link Command#STDERR}. A terminal has only the first. */
    record Output(int process, int stream, byte[] data) implements Event {}

    /** A stream of a process is at its end: every descriptor of it is closed. */
    record OutputEnd(int process, int stream) implements Event {}

    /** The process has room for {@code bytes} more of input. */
    record InputCredit(int process, int bytes) implements Event {}

    /**
     * A process has ended. All its output was sent before.
     *
     * @param status as a shell shows it: the exit status, or 128 plus the signal
     * @param outOfMemory whether the sandbox's memory limit killed it
     * @param outOfCpuTime whether the whole sandbox was ended because its CPU time was used up
     */
    record Exited(int process, int status, boolean outOfMemory, boolean outOfCpuTime, Usage usage) implements Event {}

    /** What a process and its children used. */
    record Usage(long userCpuNanos, long systemCpuNanos, long peakMemoryBytes) {}

    /** The Sentry met a bug of its own; the sandbox is over. */
    record Crashed(String report) implements Event {}
}
