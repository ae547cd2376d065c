package dev.picket.platform.seccomp;

import dev.picket.platform.stub.CpuAccount;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends processes whose threads do not heed a kick. A guest can jump to the stub's rt_sigreturn(2) with a frame of its own
 * making, and with it block all signals; one that then computes could not be stopped any more.
 *
 * <p>Such a thread uses CPU time while its kick goes unanswered; one that merely waits for a CPU does not. The watch sleeps
 * unless a kick is under way.
 */
final class Watch implements AutoCloseable {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** CPU time that the threads of a process may use, each, while one of them has not answered. */
    private static final long CPU_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Collection<StubProcess> processes;
    private Thread thread;
    private volatile boolean asleep;
    private volatile boolean closed;

    Watch(Collection<StubProcess> processes) {
        this.processes = processes;
    }

    synchronized void start() {
        if (thread == null && !closed) {
            thread = new Thread(this::run, "seccomp-watch");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** To be called when a context has been kicked. */
    void kicked() {
        if (asleep) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        Map<StubProcess, Long> cpuNanos = new IdentityHashMap<>();
        while (!closed) {
            asleep = true;
            boolean isQuiet = true;
            for (var process : processes) {
                isQuiet &= !isAnyKicked(process);
            }
            if (isQuiet) {
                cpuNanos.clear();
                LockSupport.park(this);
            }
            asleep = false;
            LockSupport.parkNanos(this, INTERVAL_NANOS);
            for (var process : processes) {
                look(process, cpuNanos);
            }
        }
    }

    private static boolean isAnyKicked(StubProcess process) {
        for (var context : process.attachedContexts()) {
            if (context.kickedForNanos() > 0) {
                return true;
            }
        }
        return false;
    }

    private static void look(StubProcess process, Map<StubProcess, Long> cpuNanos) {
        var contexts = process.attachedContexts();
        long longest = 0;
        for (var context : contexts) {
            longest = Math.max(longest, context.kickedForNanos());
        }
        if (longest < INTERVAL_NANOS) {
            cpuNanos.remove(process);
            return;
        }
        long used = CpuAccount.ofProcess(process.processId());
        long before = cpuNanos.computeIfAbsent(process, unseen -> used);
        if (longest > PATIENCE_NANOS && used - before > CPU_PATIENCE_NANOS * contexts.length) {
            process.close();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
