package dev.picket.platform.kvm;

import dev.picket.platform.PlatformException;
import dev.picket.platform.linux.Errno;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * The virtual CPUs of a virtual machine. KVM cannot destroy one before the machine, so they are used again and again. A
 * context keeps the one it ran on, for its FPU state is there, until there are many and another context needs one.
 */
final class CpuPool implements AutoCloseable {
    /** From so many on, one that is parked is taken over before another is made. */
    private static final int PLENTY = 64;

    /** How long a context waits for a virtual CPU before it makes the next one yield. */
    private static final long TURN_MILLIS = 2;

    private static final long CLOSE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final VirtualMachine machine;
    private final KernelPages kernel;
    private final KickSignal kick;
    private final int limit;

    /** All there are; written under the monitor. */
    private final List<VirtualCpu> all = new CopyOnWriteArrayList<>();

    private final ArrayDeque<VirtualCpu> free = new ArrayDeque<>();
    private int limitMade = Integer.MAX_VALUE;
    private int hand;
    private boolean closed;

    CpuPool(VirtualMachine machine, KernelPages kernel, KickSignal kick, int mostCpus) {
        this.machine = machine;
        this.kernel = kernel;
        this.kick = kick;
        this.limit = Math.min(mostCpus, Math.min(machine.cpuLimit(), KernelPages.CPU_LIMIT));
        free.add(make());
    }

    private VirtualCpu make() {
        var cpu = VirtualCpu.create(machine, kernel, kick, all.size());
        all.add(cpu);
        return cpu;
    }

    /**
     * Gives a context a virtual CPU, claimed by the current thread, with nothing of that context in it yet.
     *
     * @return null if {@code context} is interrupted while it waits
     */
    synchronized VirtualCpu acquire(KvmContext context) {
        boolean threadInterrupted = false;
        try {
            VirtualCpu cpu = find();
            while (cpu == null && !context.isInterruptRequested()) {
                makeOneYield();
                try {
                    wait(TURN_MILLIS);
                } catch (InterruptedException e) {
                    threadInterrupted = true;
                }
                cpu = find();
            }
            return cpu;
        } finally {
            if (threadInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private VirtualCpu find() {
        if (closed) {
            throw new PlatformException("the platform is closed");
        }
        var cpu = free.poll();
        int most = Math.min(limit, limitMade);
        if (cpu == null && all.size() >= Math.min(PLENTY, most)) {
            cpu = takeOver();
        }
        return cpu == null && all.size() < most ? makeOrNull() : cpu;
    }

    /** Fewer virtual CPUs than wished for are no reason to give up: contexts take turns. */
    private VirtualCpu makeOrNull() {
        try {
            return make();
        } catch (PlatformException e) {
            if (all.isEmpty() || e.errno() != Errno.ENOMEM && e.errno() != Errno.EMFILE && e.errno() != Errno.EINVAL) {
                throw e;
            }
            limitMade = all.size();
            return takeOver();
        }
    }

    /** Takes a parked one from its context, whose state it saves; null if none is parked. */
    private VirtualCpu takeOver() {
        for (int i = 0; i < all.size(); i++) {
            var cpu = all.get(hand++ % all.size());
            var context = cpu.parkedFor.get();
            if (context != null && cpu.parkedFor.compareAndSet(context, null)) {
                context.saveFrom(cpu);
                return cpu;
            }
        }
        return null;
    }

    private void makeOneYield() {
        var cpu = all.get(hand++ % all.size());
        cpu.yieldRequested = true;
        cpu.kick(kick);
    }

    /** Takes a claimed virtual CPU back from a context that has ended. */
    synchronized void release(VirtualCpu cpu) {
        cpu.space = null;
        free.add(cpu);
        notifyAll();
    }

    /** Waits until no virtual CPU runs guest code in an address space with the tree it had before. */
    void leave(KvmAddressSpace space) {
        for (var cpu : all) {
            long returns = cpu.returns;
            boolean kicked = false;
            for (int i = 0; cpu.inGuest && cpu.space == space && cpu.returns == returns; i++) {
                if (!kicked) {
                    cpu.kick(kick);
                    kicked = true;
                }
                pause(i);
            }
        }
    }

    private static void pause(int round) {
        if (round < 100) {
            Thread.onSpinWait();
        } else {
            java.util.concurrent.locks.LockSupport.parkNanos(20_000);
        }
    }

    /** Reads the FPU state of a virtual CPU that nothing has run on. */
    synchronized void readInitialFpu(long destination) {
        free.peek().readFpu(destination);
    }

    /** Returns when a takeover that may be under way is over. */
    synchronized void awaitTakeover() {
        // the monitor is all
    }

    KickSignal kick() {
        return kick;
    }

    /** How many virtual CPUs there are. */
    int size() {
        return all.size();
    }

    /** Takes all virtual CPUs away from their contexts and frees them. One that does not let go is left as it is. */
    @Override
    public void close() {
        List<VirtualCpu> rest;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            rest = new ArrayList<>(all);
            rest.removeAll(free);
            free.forEach(VirtualCpu::close);
            free.clear();
        }
        long deadline = System.nanoTime() + CLOSE_TIMEOUT_NANOS;
        for (var cpu : rest) {
            for (int i = 0; !isOurs(cpu) && System.nanoTime() < deadline; i++) {
                cpu.kick(kick);
                pause(100);
            }
        }
    }

    private boolean isOurs(VirtualCpu cpu) {
        synchronized (this) {
            if (free.remove(cpu)) {
                cpu.close();
                return true;
            }
        }
        var context = cpu.parkedFor.get();
        if (context != null && cpu.parkedFor.compareAndSet(context, null)) {
            cpu.close();
            return true;
        }
        return false;
    }
}
