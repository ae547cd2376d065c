package dev.picket.sentry.boot;

import dev.picket.platform.linux.Poll;
import dev.picket.sentry.control.Command;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.wait.WaitQueue;
import java.io.IOException;
import java.util.Arrays;

/** What a process writes, on its way to the control plane, as far as that has given credit. */
final class GuestOutput extends GuestStream {
    private static final int PIECES_AT_ONCE = 4;

    /** Where it comes from: a pipe, or the screen of a terminal. */
    interface Source {
        /** @return bytes taken, 0 if there are none now, -1 at the end */
        int take(byte[] destination, int offset, int count);

        WaitQueue waiters();

        /** Nobody takes anything any more. */
        void close();
    }

    private final StreamPump pump;
    private final ControlSocket socket;
    private final int process;
    private final int stream;
    private final Source source;
    private final StreamPump.Work onEnd;

    // The pump's thread only.
    private boolean ended;

    private volatile boolean discarding;
    private volatile boolean open;

    // Guarded by this.
    private long credit = Command.OUTPUT_WINDOW_BYTES;
    private boolean unlimited;

    /** @param onEnd called by the pump when everything was sent and the source is at its end */
    GuestOutput(StreamPump pump, ControlSocket socket, int process, int stream, Source source, StreamPump.Work onEnd) {
        super(pump);
        this.pump = pump;
        this.socket = socket;
        this.process = process;
        this.stream = stream;
        this.source = source;
        this.onEnd = onEnd;
        source.waiters().add(this, Poll.POLLIN | Poll.POLLHUP);
    }

    /** The control plane knows the process: output may go. */
    void open() {
        open = true;
        wake();
    }

    /** The control plane takes that much more. */
    void grant(int bytes) {
        synchronized (this) {
            credit += bytes;
        }
        wake();
    }

    /** Lets what is left be sent without credit: a pipe holds little, and the process is over. */
    void lift() {
        open = true;
        synchronized (this) {
            unlimited = true;
        }
        wake();
    }

    /** Takes everything, and sends nothing of it. */
    void discard() {
        discarding = true;
        wake();
    }

    boolean isEnded() {
        return ended;
    }

    @Override
    void move() throws IOException {
        for (int count = 0; count < PIECES_AT_ONCE; count++) {
            if (ended || !movePiece()) {
                return;
            }
        }
        wake();
    }

    /** Sends what is there now, without waiting for more, and says that this is the end; later output goes nowhere. */
    void finish() throws IOException {
        while (!ended && !discarding && movePiece()) {
            // Until it is empty.
        }
        if (!ended && !discarding) {
            discarding = true;
            socket.send(new Event.OutputEnd(process, stream));
            wake();
        }
    }

    private boolean movePiece() throws IOException {
        int room = room();
        if (room == 0 || !open && !discarding) {
            return false;
        }
        int taken = source.take(pump.buffer(), 0, room);
        if (taken > 0 && !discarding) {
            spend(taken);
            socket.send(new Event.Output(process, stream, Arrays.copyOf(pump.buffer(), taken)));
        } else if (taken < 0) {
            end();
        }
        return taken > 0;
    }

    private void end() throws IOException {
        ended = true;
        source.waiters().remove(this);
        source.close();
        if (!discarding) {
            socket.send(new Event.OutputEnd(process, stream));
        }
        onEnd.run();
    }

    private synchronized int room() {
        return unlimited || discarding ? StreamPump.BUFFER_BYTES : (int) Math.min(credit, StreamPump.BUFFER_BYTES);
    }

    private synchronized void spend(int bytes) {
        credit -= bytes;
    }
}
