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

/** Runs a guest that does nothing but system calls, to see whether a platform works and how fast it is. */
final class PlatformProbe {
    private static final long GUEST_ADDRESS = 0x40_0000;
    private static final long PAGE_BYTES = 4096;
    private static final int GETPPID = 110;
    private static final int WARM_UP_CALLS = 200;
    private static final int MEASURED_CALLS = 200;

    private PlatformProbe() {}

    /** Opens and closes the platform; runs on a thread of its own, for a platform may bind the thread to a CPU. */
    static Probe probe(PlatformKind kind) {
        var result = new Probe[1];
        var thread = new Thread(() -> result[0] = probeHere(kind), "probe-" + kind.id());
        thread.start();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true; // it ends within milliseconds
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return result[0];
    }

    private static Probe probeHere(PlatformKind kind) {
        try (var platform = kind.open()) {
            return new Probe(kind.id(), true, "", measure(platform));
        } catch (PlatformException | UnsatisfiedLinkError e) {
            return new Probe(kind.id(), false, e.getMessage(), 0);
        }
    }

    private static long measure(Platform platform) {
        byte[] code = guest();
        NativeMemory.copyFromArray(code, 0, platform.memory().address(0), code.length);
        try (var space = platform.newAddressSpace();
                var context = platform.newContext()) {
            space.map(GUEST_ADDRESS, platform.memory(), 0, PAGE_BYTES, Access.READ | Access.EXECUTE, false);
            context.registers().rip(GUEST_ADDRESS);
            for (int i = 0; i < WARM_UP_CALLS; i++) {
                call(context, space);
            }
            long start = System.nanoTime();
            for (int i = 0; i < MEASURED_CALLS; i++) {
                call(context, space);
            }
            return (System.nanoTime() - start) / MEASURED_CALLS;
        }
    }

    private static void call(GuestContext context, AddressSpace space) {
        Stop stop;
        do {
            stop = context.run(space);
        } while (stop == Stop.INTERRUPTED);
        if (stop != Stop.SYSCALL || context.syscallNumber() != GETPPID) {
            throw new PlatformException("a guest program does not run: it stopped with " + stop);
        }
        context.setSyscallResult(1);
    }

    private static byte[] guest() {
        var assembler = new Assembler();
        var loop = assembler.here();
        assembler.mov32(Register.RAX, GETPPID);
        assembler.syscall();
        assembler.jmp(loop);
        return assembler.assemble();
    }
}
