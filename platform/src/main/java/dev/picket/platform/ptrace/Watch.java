package dev.picket.platform.ptrace;

import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at the running contexts now and then, so that the hot path need not.
 *
 * <p>A stub thread is bound to the CPU of its Java thread, which is good while they take turns. One that computes for
 * long would be stuck there beside others while another CPU idles: it is unbound, until it makes system calls often
 * again. And it notices stubs that died while nobody waited for them.
 *
 * <p>It looks seldom when nothing happens, so that an idle sandbox costs nothing to speak of.
 */
final class Watch implements AutoCloseable {
    private static final long BUSY_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long IDLE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** With so many stops in an interval, waking across CPUs costs more than it brings. */
    private static final int STOPS_TO_BIND = 20;

    private final Collection<StubProcess> processes;

    /** What each context had counted at the last look; weak, since contexts come and go. */
    private final java.util.Map<PtraceContext, Long> seen = new java.util.WeakHashMap<>();

    private Thread thread;
    private volatile boolean closed;

    Watch(Collection<StubProcess> processes) {
        this.processes = processes;
    }

    synchronized void start() {
        if (thread == null && !closed) {
            thread = new Thread(this::run, "ptrace-watch");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run() {
        long interval = BUSY_INTERVAL_NANOS;
        while (!closed) {
            LockSupport.parkNanos(this, interval);
            boolean active = false;
            for (var process : processes) {
                active |= look(process);
            }
            interval = active ? BUSY_INTERVAL_NANOS : Math.min(2 * interval, IDLE_INTERVAL_NANOS);
        }
    }

    private boolean look(StubProcess process) {
        boolean active = false;
        boolean isStuck = false;
        var contexts = process.attachedContexts();
        for (var context : contexts) {
            long stops = context.stops();
            Long before = seen.put(context, stops);
            if (before == null || stops != before) {
                active = true;
                if (before != null && stops - before >= STOPS_TO_BIND) {
                    context.setPinned(true);
                }
            } else if (context.isRunning()) {
                active = true;
                isStuck = true;
                context.setPinned(false);
            }
        }
        if (isStuck && contexts.length > 1) {
            process.checkAlive();
        }
        return active;
    }

    @Override
    public synchronized void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
