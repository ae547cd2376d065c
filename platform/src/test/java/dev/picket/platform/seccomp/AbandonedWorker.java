package dev.picket.platform.seccomp;

import dev.picket.platform.Stop;
import dev.picket.platform.contract.Guest;

/** A worker with a guest that computes, one that waits, and a template; it tells their process ids and is then killed. */
final class AbandonedWorker {
    private AbandonedWorker() {}

    public static void main(String[] arguments) throws InterruptedException {
        var platform = SeccompPlatform.open();
        var waiting = new Guest(platform, a -> a.syscall());
        if (waiting.run() != Stop.SYSCALL) {
            throw new AssertionError();
        }
        var computing = waiting.space.fork();
        var thread = new Thread(() -> {
            var context = platform.newContext();
            context.registers().rip(Guest.CODE + 100);
            dev.picket.platform.host.NativeMemory.putShort(
                    platform.memory().address(Guest.CODE_OFFSET + 100), (short) 0xfeeb); // jmp to itself
            context.run(computing);
        });
        thread.setDaemon(true);
        thread.start();
        Thread.sleep(100);
        System.out.println(((StubProcess) waiting.space).processId() + " " + ((StubProcess) computing).processId());
        Thread.sleep(60_000);
    }
}
