package dev.picket.sentry.control;

import dev.picket.sentry.control.Command.HostEntry;
import dev.picket.sentry.control.Command.Limits;
import dev.picket.sentry.control.Command.Mount;
import dev.picket.sentry.control.Command.ProcessSpec;
import dev.picket.sentry.control.Command.Root;
import java.io.IOException;
import java.util.List;

/**
 * Commands and events as bytes: a tag, then the components of the record in order, big-endian. Both sides are built from
 * the same sources, so there is no version in it.
 *
 * <p>Decoders take anything: what is no valid message is a {@link FrameException}, and no more memory is used than a few
 * times the length of the frame.
 */
public final class FrameCodec {
    /** Longest body of a command: arguments and environment of a process, as much as execve(2) takes, and some. */
    public static final int MAXIMUM_COMMAND_BYTES = 4 * 1024 * 1024;

    /** Longest body of an event: a piece of output, or a crash report. */
    public static final int MAXIMUM_EVENT_BYTES = 128 * 1024;

    /** Most data that one {@link Command.Input} or {@link Event.Output} carries. */
    public static final int MAXIMUM_DATA_BYTES = 64 * 1024;

    private static final int START = 1;
    private static final int EXEC = 2;
    private static final int SIGNAL = 3;
    private static final int INPUT = 4;
    private static final int CLOSE_INPUT = 5;
    private static final int RESIZE = 6;
    private static final int OUTPUT_CREDIT = 7;
    private static final int PAUSE = 8;
    private static final int RESUME = 9;
    private static final int SHUTDOWN = 10;

    private static final int READY = 65;
    private static final int STARTED = 66;
    private static final int START_FAILED = 67;
    private static final int OUTPUT = 68;
    private static final int OUTPUT_END = 69;
    private static final int INPUT_CREDIT = 70;
    private static final int EXITED = 71;
    private static final int CRASHED = 72;

    private static final int IMAGE = 1;
    private static final int HOST_DIRECTORIES = 2;

    private static final List<Event.Reason> REASONS = List.of(Event.Reason.values());

    private FrameCodec() {}

    /**
     * A command as a whole frame, length included.
     *
     * @throws IllegalArgumentException if it is longer than {@link #MAXIMUM_COMMAND_BYTES}
     */
    public static byte[] encode(Command command) {
        FrameOutput output = new FrameOutput(command instanceof Command.Input input ? input.data().length + 16 : 64);
        if (command instanceof Command.Start start) {
            output.putByte(START).putString(start.sandbox()).putString(start.hostName());
            putRoot(output, start.root());
            output.putList(start.mounts(), FrameCodec::putMount);
            putProcess(output, start.process());
            putLimits(output, start.limits());
            output.putBoolean(start.trace());
        } else if (command instanceof Command.Exec exec) {
            output.putByte(EXEC).putInt(exec.process());
            putProcess(output, exec.spec());
        } else if (command instanceof Command.Signal signal) {
            output.putByte(SIGNAL)
                    .putInt(signal.process())
                    .putInt(signal.signal())
                    .putBoolean(signal.all());
        } else if (command instanceof Command.Input input) {
            output.putByte(INPUT).putInt(input.process()).putBytes(input.data());
        } else if (command instanceof Command.CloseInput close) {
            output.putByte(CLOSE_INPUT).putInt(close.process());
        } else if (command instanceof Command.Resize resize) {
            output.putByte(RESIZE)
                    .putInt(resize.process())
                    .putInt(resize.rows())
                    .putInt(resize.columns());
        } else if (command instanceof Command.OutputCredit credit) {
            output.putByte(OUTPUT_CREDIT)
                    .putInt(credit.process())
                    .putByte(credit.stream())
                    .putInt(credit.bytes());
        } else if (command instanceof Command.Pause) {
            output.putByte(PAUSE);
        } else if (command instanceof Command.Resume) {
            output.putByte(RESUME);
        } else if (command instanceof Command.Shutdown) {
            output.putByte(SHUTDOWN);
        } else {
            throw new IllegalArgumentException("no frame for " + command.getClass());
        }
        return output.finish(MAXIMUM_COMMAND_BYTES);
    }

    /**
     * An event as a whole frame, length included.
     *
     * @throws IllegalArgumentException if it is longer than {@link #MAXIMUM_EVENT_BYTES}
     */
    public static byte[] encode(Event event) {
        FrameOutput output = new FrameOutput(event instanceof Event.Output data ? data.data().length + 16 : 64);
        if (event instanceof Event.Ready ready) {
            output.putByte(READY).putString(ready.platform()).putInt(ready.workerProcessId());
        } else if (event instanceof Event.Started started) {
            output.putByte(STARTED).putInt(started.process()).putInt(started.guestProcessId());
        } else if (event instanceof Event.StartFailed failed) {
            output.putByte(START_FAILED)
                    .putInt(failed.process())
                    .putByte(REASONS.indexOf(failed.reason()))
                    .putString(failed.message());
        } else if (event instanceof Event.Output data) {
            output.putByte(OUTPUT).putInt(data.process()).putByte(data.stream()).putBytes(data.data());
        } else if (event instanceof Event.OutputEnd end) {
            output.putByte(OUTPUT_END).putInt(end.process()).putByte(end.stream());
        } else if (event instanceof Event.InputCredit credit) {
            output.putByte(INPUT_CREDIT).putInt(credit.process()).putInt(credit.bytes());
        } else if (event instanceof Event.Exited exited) {
            output.putByte(EXITED)
                    .putInt(exited.process())
                    .putInt(exited.status())
                    .putBoolean(exited.outOfMemory())
                    .putBoolean(exited.outOfCpuTime())
                    .putLong(exited.usage().userCpuNanos())
                    .putLong(exited.usage().systemCpuNanos())
                    .putLong(exited.usage().peakMemoryBytes());
        } else if (event instanceof Event.Crashed crashed) {
            output.putByte(CRASHED).putString(crashed.report());
        } else {
            throw new IllegalArgumentException("no frame for " + event.getClass());
        }
        return output.finish(MAXIMUM_EVENT_BYTES);
    }

    /** The command in the body of a frame. @throws FrameException if there is none */
    public static Command decodeCommand(byte[] body) throws IOException {
        FrameInput input = new FrameInput(body);
        int tag = input.getByte();
        Command command =
                switch (tag) {
                    case START -> new Command.Start(
                            input.getString(),
                            input.getString(),
                            getRoot(input),
                            input.getList(17, FrameCodec::getMount),
                            getProcess(input),
                            getLimits(input),
                            input.getBoolean());
                    case EXEC -> new Command.Exec(input.getInt(), getProcess(input));
                    case SIGNAL -> new Command.Signal(input.getInt(), input.getInt(), input.getBoolean());
                    case INPUT -> new Command.Input(input.getInt(), getData(input));
                    case CLOSE_INPUT -> new Command.CloseInput(input.getInt());
                    case RESIZE -> new Command.Resize(input.getInt(), input.getInt(), input.getInt());
                    case OUTPUT_CREDIT -> new Command.OutputCredit(input.getInt(), getStream(input), input.getInt());
                    case PAUSE -> new Command.Pause();
                    case RESUME -> new Command.Resume();
                    case SHUTDOWN -> new Command.Shutdown();
                    default -> throw new FrameException("no command has the tag " + tag);
                };
        input.expectEnd();
        return command;
    }

    /** The event in the body of a frame. @throws FrameException if there is none */
    public static Event decodeEvent(byte[] body) throws IOException {
        FrameInput input = new FrameInput(body);
        int tag = input.getByte();
        Event event =
                switch (tag) {
                    case READY -> new Event.Ready(input.getString(), input.getInt());
                    case STARTED -> new Event.Started(input.getInt(), input.getInt());
                    case START_FAILED -> new Event.StartFailed(input.getInt(), getReason(input), input.getString());
                    case OUTPUT -> new Event.Output(input.getInt(), getStream(input), getData(input));
                    case OUTPUT_END -> new Event.OutputEnd(input.getInt(), getStream(input));
                    case INPUT_CREDIT -> new Event.InputCredit(input.getInt(), input.getInt());
                    case EXITED -> new Event.Exited(
                            input.getInt(),
                            input.getInt(),
                            input.getBoolean(),
                            input.getBoolean(),
                            new Event.Usage(input.getLong(), input.getLong(), input.getLong()));
                    case CRASHED -> new Event.Crashed(input.getString());
                    default -> throw new FrameException("no event has the tag " + tag);
                };
        input.expectEnd();
        return event;
    }

    private static int getStream(FrameInput input) throws IOException {
        int stream = input.getByte();
        if (stream != Command.STDOUT && stream != Command.STDERR) {
            throw new FrameException("no stream has the number " + stream);
        }
        return stream;
    }

    private static byte[] getData(FrameInput input) throws IOException {
        byte[] data = input.getBytes();
        if (data.length > MAXIMUM_DATA_BYTES) {
            throw new FrameException(data.length + " bytes of data in one frame");
        }
        return data;
    }

    private static Event.Reason getReason(FrameInput input) throws IOException {
        int reason = input.getByte();
        if (reason >= REASONS.size()) {
            throw new FrameException("no reason has the number " + reason);
        }
        return REASONS.get(reason);
    }

    private static void putRoot(FrameOutput output, Root root) {
        if (root instanceof Root.Image image) {
            output.putByte(IMAGE).putInt(image.descriptorIndex());
        } else if (root instanceof Root.HostDirectories directories) {
            output.putByte(HOST_DIRECTORIES).putList(directories.entries(), FrameCodec::putHostEntry);
        } else {
            throw new IllegalArgumentException("no frame for " + root.getClass());
        }
    }

    private static Root getRoot(FrameInput input) throws IOException {
        int tag = input.getByte();
        return switch (tag) {
            case IMAGE -> new Root.Image(input.getInt());
            case HOST_DIRECTORIES -> new Root.HostDirectories(input.getList(9, FrameCodec::getHostEntry));
            default -> throw new FrameException("no root has the tag " + tag);
        };
    }

    private static void putHostEntry(FrameOutput output, HostEntry entry) {
        output.putString(entry.guestPath()).putInt(entry.descriptorIndex()).putOptional(entry.linkTarget());
    }

    private static HostEntry getHostEntry(FrameInput input) throws IOException {
        return new HostEntry(input.getString(), input.getInt(), input.getOptional());
    }

    private static void putMount(FrameOutput output, Mount mount) {
        output.putString(mount.guestPath())
                .putInt(mount.descriptorIndex())
                .putBoolean(mount.readOnly())
                .putLong(mount.sizeLimitBytes());
    }

    private static Mount getMount(FrameInput input) throws IOException {
        return new Mount(input.getString(), input.getInt(), input.getBoolean(), input.getLong());
    }

    private static void putProcess(FrameOutput output, ProcessSpec process) {
        output.putStrings(process.arguments())
                .putStrings(process.environment())
                .putString(process.workingDirectory())
                .putString(process.user())
                .putBoolean(process.terminal())
                .putInt(process.rows())
                .putInt(process.columns())
                .putBoolean(process.openInput());
    }

    private static ProcessSpec getProcess(FrameInput input) throws IOException {
        return new ProcessSpec(
                input.getStrings(),
                input.getStrings(),
                input.getString(),
                input.getString(),
                input.getBoolean(),
                input.getInt(),
                input.getInt(),
                input.getBoolean());
    }

    private static void putLimits(FrameOutput output, Limits limits) {
        output.putLong(limits.memoryBytes())
                .putLong(limits.processes())
                .putLong(limits.openFiles())
                .putLong(limits.fileSizeBytes())
                .putLong(limits.cpuSeconds())
                .putInt(limits.cpus());
    }

    private static Limits getLimits(FrameInput input) throws IOException {
        return new Limits(
                input.getLong(), input.getLong(), input.getLong(), input.getLong(), input.getLong(), input.getInt());
    }
}
