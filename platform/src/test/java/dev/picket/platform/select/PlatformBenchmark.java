package dev.picket.platform.select;

import dev.picket.platform.Access;
import dev.picket.platform.Stop;
import dev.picket.platform.contract.Guest;
import java.util.Arrays;

/** Prints what the operations of a platform cost here, in microseconds; its main method takes the name. */
final class PlatformBenchmark {
    private static final long DATA = 0x80_0000;
    private static final int ROUNDS = 7;

    private PlatformBenchmark() {}

    private interface Operation {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        String name = arguments[0];
        try (var platform = Platforms.open(name);
                var guest = new Guest(platform, a -> {
                    var loop = a.here();
                    a.syscall();
                    a.jmp(loop);
                })) {
            check(guest.run());
            print("system call round trip", 20_000, () -> {
                guest.context.setSyscallResult(0);
                check(guest.run());
            });
            int access = Access.READ | Access.WRITE;
            print("system call that maps a page", 5_000, () -> {
                guest.space.map(DATA, platform.memory(), Guest.FREE_OFFSET, Guest.PAGE, access, false);
                guest.context.setSyscallResult(0);
                check(guest.run());
            });
            print("system call whose registers are asked for", 5_000, () -> {
                guest.context.registers();
                guest.context.setSyscallResult(0);
                check(guest.run());
            });
            long call = guest.context.registers().rip();
            print("fault that maps a page", 5_000, () -> {
                guest.space.unmap(DATA, Guest.PAGE);
                guest.context.registers().rip(DATA);
                if (guest.run() != Stop.FAULT) {
                    throw new AssertionError();
                }
                guest.space.map(DATA, platform.memory(), Guest.CODE_OFFSET, Guest.PAGE, access | Access.EXECUTE, false);
                check(guest.run());
            });
            guest.context.registers().rip(call);
            print("FPU state there and back", 2_000, () -> {
                byte[] area = new byte[guest.context.fpuStateBytes()];
                guest.context.readFpuState(area);
                guest.context.writeFpuState(area);
                guest.context.setSyscallResult(0);
                check(guest.run());
            });
            print("fork and close", 200, () -> guest.space.fork().close());
            print("new address space and close", 200, () -> platform.newAddressSpace()
                    .close());
            print("new thread to its first stop", 100, () -> {
                var child = platform.newContext();
                child.copyStateFrom(guest.context);
                var thread = new Thread(() -> {
                    check(Guest.run(child, guest.space));
                    child.close();
                });
                thread.start();
                thread.join();
            });
            print("fork, child runs to its first stop, close", 100, () -> {
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
        print("open and close", 20, () -> Platforms.open(name).close());
    }

    private static void print(String what, int count, Operation operation) throws Exception {
        double[] micros = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                operation.run();
            }
            micros[round] = (System.nanoTime() - start) / 1e3 / count;
        }
        Arrays.sort(micros);
        System.out.printf("%-45s best %8.2f median %8.2f µs%n", what, micros[0], micros[ROUNDS / 2]);
    }

    private static void check(Stop stop) {
        if (stop != Stop.SYSCALL) {
            throw new AssertionError(stop);
        }
    }
}
