package dev.picket.sentry.boot;

import dev.picket.sentry.wait.Waiter;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** One direction of data between a guest's process and the control plane. Queued with the pump at most once at a time. */
abstract class GuestStream implements Waiter, StreamPump.Work {
    private final StreamPump pump;
    private final AtomicBoolean queued = new AtomicBoolean();

    GuestStream(StreamPump pump) {
        this.pump = pump;
    }

    /** Something may be done; any thread, with whatever locks. */
    @Override
    public final void wake(int events) {
        wake();
    }

    final void wake() {
        if (queued.compareAndSet(false, true)) {
            pump.queue(this);
        }
    }

    @Override
    public final void run() throws IOException {
        queued.set(false);
        move();
    }

    /** Moves what can be moved now. The pump's thread. */
    abstract void move() throws IOException;
}
