package dev.picket.sentry.boot;

import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.ThreadGroup;
import dev.picket.sentry.vfs.OpenFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A process that the control plane started: its streams, and its end. */
final class ControlledProcess {
    private final int number;
    private final StreamPump pump;
    private final ControlSocket socket;
    private final List<GuestOutput> outputs = new ArrayList<>();
    private final GuestInput input;
    private final TerminalStreams terminal;
    private final OpenFile[] guestFiles;

    // The pump's thread only.
    private Event.Exited exit;
    private boolean exitSent;

    private volatile ThreadGroup process;

    /** Makes the streams of a process that is about to start. */
    ControlledProcess(
            int number, StreamPump pump, ControlSocket socket, Kernel kernel, Outsider caller, Command.ProcessSpec spec)
            throws ErrnoException, StartFailure {
        this.number = number;
        this.pump = pump;
        this.socket = socket;
        GuestInput.Sink sink;
        if (spec.terminal()) {
            terminal = new TerminalStreams(kernel.terminals(), caller, spec);
            guestFiles = terminal.guestFiles();
            outputs.add(output(Command.STDOUT, terminal.output()));
            sink = terminal.input();
        } else {
            terminal = null;
            var pipes = new PipeStreams(kernel.anonymousFiles(), caller.credentials());
            guestFiles = pipes.guestFiles();
            outputs.add(output(Command.STDOUT, pipes.output()));
            outputs.add(output(Command.STDERR, pipes.error()));
            sink = pipes.input();
        }
        input = new GuestInput(pump, socket, number, sink);
        if (!spec.openInput()) {
            input.close();
        }
    }

    private GuestOutput output(int stream, GuestOutput.Source source) {
        return new GuestOutput(pump, socket, number, stream, source, this::outputEnded);
    }

    List<OpenFile> guestFiles() {
        return List.of(guestFiles);
    }

    /** It could not be started, and its files have been released: so are the Sentry's ends. */
    void abandon() {
        input.close();
        if (terminal != null) {
            terminal.processOver();
        }
        outputs.forEach(GuestOutput::discard);
    }

    /** It runs: what waits may move. */
    void begin() {
        outputs.forEach(GuestOutput::open);
        input.wake();
    }

    void setProcess(ThreadGroup process) {
        this.process = process;
    }

    /** Null as long as it has not started. */
    ThreadGroup process() {
        return process;
    }

    GuestInput input() {
        return input;
    }

    void grant(int stream, int bytes) {
        if (stream <= outputs.size()) {
            outputs.get(stream - 1).grant(bytes);
        }
    }

    void resize(int rows, int columns) {
        if (terminal != null) {
            terminal.resize(rows, columns);
        }
    }

    /**
     * The process has ended. What it has written is sent first; a child of it that still has its output keeps nobody
     * waiting, unless {@code wholeSandbox} ends with the process: then all children do.
     */
    void exited(Event.Exited event, boolean wholeSandbox) {
        if (terminal != null) {
            terminal.processOver();
        }
        outputs.forEach(GuestOutput::lift);
        pump.queue(() -> {
            exit = event;
            if (!wholeSandbox) {
                for (GuestOutput output : outputs) {
                    output.finish();
                }
                sendExit();
            } else {
                sendExitIfDrained();
            }
        });
    }

    /** The streams have had their time: what is there is sent, and the exit. */
    void endStreams() {
        pump.queue(() -> {
            for (GuestOutput output : outputs) {
                output.finish();
            }
            sendExit();
        });
    }

    private void outputEnded() throws IOException {
        sendExitIfDrained();
    }

    private void sendExitIfDrained() throws IOException {
        if (exit != null && outputs.stream().allMatch(GuestOutput::isEnded)) {
            sendExit();
        }
    }

    private void sendExit() throws IOException {
        if (!exitSent) {
            exitSent = true;
            input.close();
            socket.send(exit);
        }
    }
}
