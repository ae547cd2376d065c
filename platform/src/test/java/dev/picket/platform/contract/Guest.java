package dev.picket.platform.contract;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.host.NativeMemory;
import java.util.function.Consumer;

/** A guest program assembled by hand: code in one page, a stack in another, one context that starts it. */
public final class Guest implements AutoCloseable {
    public static final long CODE = 0x40_0000;
    public static final long STACK = 0x60_0000;
    public static final long PAGE = 4096;

    /** Offsets in guest memory: pages from here on are the test's. */
    public static final long CODE_OFFSET = 0;

    public static final long STACK_OFFSET = PAGE;
    public static final long FREE_OFFSET = 16 * PAGE;

    public final Platform platform;
    public final AddressSpace space;
    public final GuestContext context;

    public Guest(Platform platform, Consumer<Assembler> program) {
        this.platform = platform;
        var assembler = new Assembler();
        program.accept(assembler);
        byte[] code = assembler.assemble();
        NativeMemory.fill(platform.memory().address(CODE_OFFSET), PAGE, (byte) 0xcc);
        NativeMemory.copyFromArray(code, 0, platform.memory().address(CODE_OFFSET), code.length);
        space = platform.newAddressSpace();
        space.map(CODE, platform.memory(), CODE_OFFSET, PAGE, Access.READ | Access.EXECUTE, false);
        space.map(STACK, platform.memory(), STACK_OFFSET, PAGE, Access.READ | Access.WRITE, false);
        context = platform.newContext();
        context.registers().rip(CODE);
        context.registers().rsp(STACK + PAGE - 64);
    }

    /** Runs until something happens that is not a spurious interrupt. */
    public Stop run() {
        return run(context, space);
    }

    public static Stop run(GuestContext context, AddressSpace space) {
        Stop stop;
        do {
            stop = context.run(space);
        } while (stop == Stop.INTERRUPTED);
        return stop;
    }

    /** Sleeps; a test that is interrupted has failed. */
    public static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        context.close();
        space.close();
    }
}
