package dev.picket.sentry.boot;

import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The thread that moves data between the guest's pipes and terminals and the control socket, so that a guest's thread never
 * waits for the socket. Work is queued when something may be done, and looks for itself.
 */
final class StreamPump implements Runnable {
    /** One thing to do: looks at the state of things, and does what can be done now without waiting for the guest. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    static final int BUFFER_BYTES = 32 * 1024;

    private static final long IDLE_SECONDS = 3600;

    private final byte[] buffer = new byte[BUFFER_BYTES];

    private final LinkedBlockingQueue<Work> queue = new LinkedBlockingQueue<>();
    private final Consumer<Throwable> onFailure;

    /** @param onFailure told when the socket fails or there is a bug; nothing is pumped after that */
    StreamPump(Consumer<Throwable> onFailure) {
        this.onFailure = onFailure;
    }

    /** Queues work; any thread. Whoever queues takes care that the same work is not queued without bound. */
    void queue(Work work) {
        queue.add(work);
    }

    /** Scratch space for the work that is being done. */
    byte[] buffer() {
        return buffer;
    }

    @Override
    public void run() {
        try {
            while (true) {
                Work work = queue.poll(IDLE_SECONDS, TimeUnit.SECONDS);
                if (work != null) {
                    work.run();
                }
            }
        } catch (InterruptedException | IOException | RuntimeException | Error e) {
            onFailure.accept(e);
        }
    }
}
