package dev.picket.sentry.boot;

import dev.picket.platform.linux.Poll;
import dev.picket.sentry.control.Event;
import dev.picket.sentry.wait.WaitQueue;
import java.io.IOException;
import java.util.ArrayDeque;

/** What a client types, on its way to a process. The control plane sends only what there is room for here. */
final class GuestInput extends GuestStream {
    /** What may wait here. */
    static final int WINDOW_BYTES = 64 * 1024;

    /** Room is told in steps: a message for every byte typed would be one too many. */
    private static final int STEP_BYTES = 4096;

    /** Where it goes: a pipe, or the keyboard of a terminal. */
    interface Sink {
        /** @return bytes taken, 0 if there is no room now, -1 if nobody will ever take any */
        int put(byte[] source, int offset, int count);

        WaitQueue waiters();

        /** There is no more input. */
        void close();
    }

    private final ControlSocket socket;
    private final int process;
    private final Sink sink;

    // Guarded by queue.
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
    private boolean closing;

    // The pump's thread only.
    private int headOffset;
    private int owed;
    private boolean closed;

    GuestInput(StreamPump pump, ControlSocket socket, int process, Sink sink) {
        super(pump);
        this.socket = socket;
        this.process = process;
        this.sink = sink;
        sink.waiters().add(this, Poll.POLLOUT | Poll.POLLERR | Poll.POLLHUP);
    }

    /** Input has come. */
    void add(byte[] data) {
        synchronized (queue) {
            if (!closing && data.length > 0) {
                queue.addLast(data);
            }
        }
        wake();
    }

    /** There is no more behind what waits. */
    void close() {
        synchronized (queue) {
            closing = true;
        }
        wake();
    }

    @Override
    void move() throws IOException {
        while (!closed) {
            byte[] head;
            boolean last;
            synchronized (queue) {
                head = queue.peekFirst();
                last = closing;
            }
            if (head == null) {
                if (last) {
                    end();
                }
                break;
            }
            int taken = sink.put(head, headOffset, head.length - headOffset);
            if (taken < 0) {
                end();
                break;
            }
            if (taken == 0) {
                break;
            }
            headOffset += taken;
            owed += taken;
            if (headOffset == head.length) {
                headOffset = 0;
                synchronized (queue) {
                    queue.removeFirst();
                }
            }
        }
        boolean idle;
        synchronized (queue) {
            idle = queue.isEmpty();
        }
        if (!closed && owed > 0 && (owed >= STEP_BYTES || idle)) {
            socket.send(new Event.InputCredit(process, owed));
            owed = 0;
        }
    }

    private void end() {
        closed = true;
        synchronized (queue) {
            closing = true;
            queue.clear();
        }
        sink.waiters().remove(this);
        sink.close();
    }
}
