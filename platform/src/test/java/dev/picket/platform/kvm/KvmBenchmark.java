package dev.picket.platform.kvm;

import dev.picket.platform.Access;
import dev.picket.platform.Stop;
import dev.picket.platform.contract.Guest;

/**
 * Prints what the operations of the KVM platform cost here, in microseconds, the fastest of some batches; run its main
 * method. With the path of the compiled {@code benchmarks/kvm_exit.c} as an argument, that is run in between, and the
 * ratio of a system call's round trip to the bare exit is printed.
 */
final class KvmBenchmark {
    private static final long DATA = 0x80_0000;
    /** How long each is measured. A batch is short, so that some are not interrupted even on a busy machine. */
    private static final long NANOS = 1_000_000_000;

    private KvmBenchmark() {}

    private interface Operation {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        try (var platform = KvmPlatform.open();
                var guest = new Guest(platform, a -> {
                    var loop = a.here();
                    a.syscall();
                    a.jmp(loop);
                })) {
            check(guest.run());
            Operation call = () -> {
                guest.context.setSyscallResult(0);
                check(guest.run());
            };
            if (arguments.length > 0) {
                compare(arguments[0], call);
            }
            print("system call round trip", 20, call);
            int access = Access.READ | Access.WRITE;
            print("system call that maps a page", 20, () -> {
                guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, access, false);
                guest.context.setSyscallResult(0);
                check(guest.run());
            });
            print("FPU state there and back", 20, () -> {
                byte[] area = new byte[guest.context.fpuStateBytes()];
                guest.context.readFpuState(area);
                guest.context.writeFpuState(area);
                guest.context.setSyscallResult(0);
                check(guest.run());
            });
            print("fork and close", 20, () -> guest.space.fork().close());
            print("fork, child runs to its first stop, close", 5, () -> {
                var space = guest.space.fork();
                var child = platform.newContext();
                child.copyStateFrom(guest.context);
                var thread = new Thread(() -> {
                    check(Guest.run(child, space));
                    child.close();
                    space.close();
                });
                thread.start();
                thread.join();
            });
        }
        print("open and close", 1, () -> KvmPlatform.open().close());
    }

    private static void compare(String program, Operation call) throws Exception {
        double exit = Double.MAX_VALUE;
        double trip = Double.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            var process = new ProcessBuilder(program, "0.5").start();
            exit = Math.min(
                    exit, Double.parseDouble(new String(process.getInputStream().readAllBytes())) / 1e3);
            trip = Math.min(trip, best(20, call));
        }
        System.out.printf("%-45s %8.2f µs%n", "bare exit, in C", exit);
        System.out.printf("%-45s %8.2f%n", "round trip divided by that", trip / exit);
    }

    private static void print(String what, int count, Operation operation) throws Exception {
        System.out.printf("%-45s %8.2f µs%n", what, best(count, operation));
    }

    private static double best(int count, Operation operation) throws Exception {
        double best = Double.MAX_VALUE;
        long end = System.nanoTime() + NANOS;
        while (System.nanoTime() - end < 0) {
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                operation.run();
            }
            best = Math.min(best, (System.nanoTime() - start) / 1e3 / count);
        }
        return best;
    }

    private static void check(Stop stop) {
        if (stop != Stop.SYSCALL) {
            throw new AssertionError(stop);
        }
    }
}
