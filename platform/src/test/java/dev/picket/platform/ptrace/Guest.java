package dev.picket.platform.ptrace;

import dev.picket.platform.Access;
import dev.picket.platform.AddressSpace;
import dev.picket.platform.GuestContext;
import dev.picket.platform.Platform;
import dev.picket.platform.Stop;
import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.host.NativeMemory;
import java.util.function.Consumer;

/** A guest program assembled by hand: code in one page, a stack in another, one context that starts it. */
final class Guest implements AutoCloseable {
    static final long CODE = 0x40_0000;
    static final long STACK = 0x60_0000;
    static final long PAGE = 4096;

    /** Offsets in guest memory: pages from here on are the test's. */
    static final long CODE_OFFSET = 0;

    static final long STACK_OFFSET = PAGE;
    static final long FREE_OFFSET = 16 * PAGE;

    final Platform platform;
    final AddressSpace space;
    final GuestContext context;

    Guest(Platform platform, Consumer<Assembler> program) {
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
    Stop run() {
        return run(context, space);
    }

    static Stop run(GuestContext context, AddressSpace space) {
        Stop stop;
        do {
            stop = context.run(space);
        } while (stop == Stop.INTERRUPTED);
        return stop;
    }

    @Override
    public void close() {
        context.close();
        space.close();
    }
}
