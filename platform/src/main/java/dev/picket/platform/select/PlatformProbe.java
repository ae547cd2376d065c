package dev.picket.platform.select;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.Platform;
import dev.picket.platform.PlatformException;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.amd64.Register;
import dev.picket.platform.host.NativeMemory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs two tiny guests to see whether a platform works and how fast it is: one makes system calls, the other touches pages
 * that are not there, each of which the probe maps.
 *
 * <p>Costs are those of the fastest of many short batches: what else runs on the machine can only add to it.
 */
final class PlatformProbe {
    private static final long CODE_ADDRESS = 0x40_0000;
    private static final long FAULTS_ADDRESS = 0x1_0000_0000L;
    private static final long PAGE_BYTES = 4096;
    private static final int GETPPID = 110;

    /** Short enough to fit between two interruptions by what else runs on a busy machine. */
    private static final int CALLS_PER_BATCH = 20;

    private static final int FAULTS_PER_BATCH = 8;
    private static final int BATCHES = 200;
    private static final long WARM_UP_NANOS = 5_000_000;
    private static final long MEASURING_NANOS = 8_000_000;

    /** Far longer than any platform takes, even on a machine that is very busy; one that hangs must not take for ever. */
    private static final long DEADLINE_MILLIS = 8000;

    private final Platform platform;
    private final AddressSpace space;
    private final GuestContext context;
    private int pages = 1;

    private PlatformProbe(Platform platform, AddressSpace space, GuestContext context) {
        this.platform = platform;
        this.space = space;
        this.context = context;
    }

    /** Opens and closes the platform; on a thread of its own, for a platform may bind the thread to a CPU, or hang. */
    static Probe probe(PlatformKind kind) {
        var result = new AtomicReference<Probe>();
        var thread = new Thread(() -> result.set(probeHere(kind)), "probe-" + kind.id());
        thread.setDaemon(true);
        thread.start();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
        boolean interrupted = false;
        while (thread.isAlive() && System.nanoTime() - deadline < 0) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, deadline - System.nanoTime()));
            } catch (InterruptedException e) {
                interrupted = true; // it is over soon in any case
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Probe answer = result.get();
        return answer != null ? answer : Probe.fails(kind, "it did not answer within " + DEADLINE_MILLIS + " ms");
    }

    private static Probe probeHere(PlatformKind kind) {
        try (var platform = kind.open();
                var space = platform.newAddressSpace();
                var context = platform.newContext()) {
            var probe = new PlatformProbe(platform, space, context);
            long roundTripNanos = probe.measureCalls();
            return Probe.works(kind, roundTripNanos, probe.measureFaults());
        } catch (PlatformException e) {
            return Probe.fails(kind, Refusal.of(kind.id(), e));
        } catch (RuntimeException | LinkageError e) {
            // Ours, but a platform that fails in any way is one that does not work here.
            return Probe.fails(kind, "it failed: " + e);
        }
    }

    private long measureCalls() {
        enter(callingGuest());
        return measure(CALLS_PER_BATCH, this::call);
    }

    private long measureFaults() {
        enter(touchingGuest());
        return measure(FAULTS_PER_BATCH, this::fault);
    }

    private void enter(byte[] code) {
        NativeMemory.copyFromArray(code, 0, platform.memory().address(0), code.length);
        space.map(CODE_ADDRESS, platform.memory(), 0, PAGE_BYTES, Access.READ | Access.EXECUTE, false);
        context.registers().rip(CODE_ADDRESS);
    }

    private static long measure(int stepsPerBatch, Runnable step) {
        long warmUpEnd = System.nanoTime() + WARM_UP_NANOS;
        batch(stepsPerBatch, step);
        while (System.nanoTime() - warmUpEnd < 0) {
            batch(stepsPerBatch, step);
        }
        long end = System.nanoTime() + MEASURING_NANOS;
        long best = batch(stepsPerBatch, step);
        for (int i = 1; i < BATCHES && System.nanoTime() - end < 0; i++) {
            best = Math.min(best, batch(stepsPerBatch, step));
        }
        return best;
    }

    private static long batch(int steps, Runnable step) {
        long start = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            step.run();
        }
        return (System.nanoTime() - start) / steps;
    }

    private void call() {
        Stop stop = runUntilStopped();
        if (stop != Stop.SYSCALL || context.syscallNumber() != GETPPID) {
            throw new PlatformException("a guest program does not run: it stopped with " + stop);
        }
        context.setSyscallResult(1);
    }

    private void fault() {
        long offset = pages * PAGE_BYTES;
        long address = FAULTS_ADDRESS + offset;
        Stop stop = runUntilStopped();
        if (stop != Stop.FAULT || context.faultAddress() != address) {
            throw new PlatformException("a guest program's page fault is not noticed: it stopped with " + stop);
        }
        space.map(address, platform.memory(), offset, PAGE_BYTES, Access.READ | Access.WRITE, false);
        pages++;
    }

    private Stop runUntilStopped() {
        Stop stop;
        do {
            stop = context.run(space);
        } while (stop == Stop.INTERRUPTED);
        return stop;
    }

    private static byte[] callingGuest() {
        var assembler = new Assembler();
        var loop = assembler.here();
        assembler.mov32(Register.RAX, GETPPID);
        assembler.syscall();
        assembler.jmp(loop);
        return assembler.assemble();
    }

    private static byte[] touchingGuest() {
        var assembler = new Assembler();
        assembler.mov(Register.RDI, FAULTS_ADDRESS + PAGE_BYTES);
        var loop = assembler.here();
        assembler.store(Register.RDI, Register.RAX);
        assembler.add(Register.RDI, (int) PAGE_BYTES);
        assembler.jmp(loop);
        return assembler.assemble();
    }
}
