package dev.picket.platform.ptrace;

import static dev.picket.platform.amd64.Register.RAX;
import static dev.picket.platform.amd64.Register.RDI;
import static dev.picket.platform.amd64.Register.RDX;
import static dev.picket.platform.amd64.Register.RSI;

import dev.picket.platform.amd64.Assembler;
import dev.picket.platform.linux.SyscallNumber;
import dev.picket.platform.stub.StubExecutable;

/**
 * The program of a stub: one page of code and constants, and where things are in it.
 *
 * <p>It starts at {@link #LOAD_ADDRESS}, where no randomised mapping can be in the way, and is then moved up to {@link
 * #TEXT}, behind the guest's addresses. The guest can read and call it, and gains nothing: its system calls are stopped
 * like any others. The scratch page is written by the kernel on behalf of injected calls; the guest can write it too, so
 * nothing in it is ever trusted.
 *
 * <pre>
 * park:     read(LIFELINE_DESCRIPTOR, 0, 1), again and again; at end of file, when the worker is gone, exit_group(0)
 * inject:   syscall; int3                        the result is in rax when int3 stops the thread
 * clone:    syscall; if (rax == 0) goto park; int3
 * exit:     exit(0)                              ends one thread
 * constants: name, filter, capabilities, limits
 * </pre>
 */
final class StubImage {
    static final long PAGE_BYTES = 4096;

    /** First address that is not the guest's; the last 2 MiB of the user's half of the address space. */
    static final long LIMIT = 0x7fff_ffe0_0000L;

    static final long TEXT = LIMIT;
    static final long SCRATCH = LIMIT + 0x1_0000;

    /** What comes behind the last address of a user: TASK_SIZE_MAX with four-level page tables. */
    static final long USER_END = 0x7fff_ffff_f000L;

    static final long LOAD_ADDRESS = 0x1_0000;

    /** Descriptor of the guest memory in a stub. */
    static final int MEMORY_DESCRIPTOR = 0;

    /** Read end of a pipe that nobody writes to; its end of file tells that the worker is gone. */
    static final int LIFELINE_DESCRIPTOR = 1;

    /** Socket over which descriptors come in. */
    static final int SOCKET_DESCRIPTOR = 2;

    /** Where descriptors start that come in over the socket; none below is free, so they come in ascending order. */
    static final int FIRST_FILE_DESCRIPTOR = 3;

    /** Limit of open files in a stub. */
    static final int DESCRIPTOR_LIMIT = 128;

    private static final int CAPABILITY_VERSION_3 = 0x2008_0522;

    private final byte[] code;
    private final Assembler.Label park;
    private final Assembler.Label inject;
    private final Assembler.Label clone;
    private final Assembler.Label exit;
    private final Assembler.Label name;
    private final Assembler.Label filter;
    private final Assembler.Label capabilityHeader;
    private final Assembler.Label capabilityData;
    private final Assembler.Label noCoreLimit;
    private final Assembler.Label descriptorLimit;

    StubImage() {
        var a = new Assembler();

        park = a.here();
        a.mov32(RAX, SyscallNumber.READ);
        a.mov32(RDI, LIFELINE_DESCRIPTOR);
        a.mov32(RSI, 0);
        a.mov32(RDX, 1);
        a.syscall();
        a.test(RAX, RAX);
        a.jnz(park);
        a.mov32(RAX, SyscallNumber.EXIT_GROUP);
        a.mov32(RDI, 0);
        a.syscall();
        a.ud2();

        a.align(16);
        inject = a.here();
        a.syscall();
        a.int3();

        a.align(16);
        clone = a.here();
        a.syscall();
        a.test(RAX, RAX);
        a.jz(park);
        a.int3();

        a.align(16);
        exit = a.here();
        a.mov32(RAX, SyscallNumber.EXIT);
        a.mov32(RDI, 0);
        a.syscall();
        a.ud2();

        a.align(16);
        name = a.here();
        a.data("picket-stub\0".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        a.align(8);
        noCoreLimit = a.here(); // struct rlimit: 0 current  8 maximum
        a.data64(0);
        a.data64(0);
        descriptorLimit = a.here();
        a.data64(DESCRIPTOR_LIMIT);
        a.data64(DESCRIPTOR_LIMIT);
        capabilityHeader = a.here(); // struct __user_cap_header_struct: 0 version  4 pid
        a.data32(CAPABILITY_VERSION_3);
        a.data32(0);
        capabilityData = a.here(); // two times effective, permitted, inheritable
        a.data(new byte[24]);
        var program = a.here();
        int instructions = StubFilter.program().emit(a);
        a.align(8);
        filter = a.here(); // struct sock_fprog: 0 len (2 bytes)  8 filter
        a.data64(instructions);
        a.data64(TEXT + program.position());

        code = a.assemble();
        if (code.length > PAGE_BYTES) {
            throw new IllegalStateException("the stub does not fit into its page");
        }
    }

    /** The executable that the first stub is spawned from. */
    byte[] elf() {
        return StubExecutable.elf(code, LOAD_ADDRESS, park.position());
    }

    byte[] code() {
        return code;
    }

    long park() {
        return TEXT + park.position();
    }

    long inject() {
        return TEXT + inject.position();
    }

    /** The injection gadget before the stub is moved to its place. */
    long injectWhereLoaded() {
        return LOAD_ADDRESS + inject.position();
    }

    long cloneGadget() {
        return TEXT + clone.position();
    }

    long exit() {
        return TEXT + exit.position();
    }

    long name() {
        return TEXT + name.position();
    }

    long filter() {
        return TEXT + filter.position();
    }

    long capabilityHeader() {
        return TEXT + capabilityHeader.position();
    }

    long capabilityData() {
        return TEXT + capabilityData.position();
    }

    long noCoreLimit() {
        return TEXT + noCoreLimit.position();
    }

    long descriptorLimit() {
        return TEXT + descriptorLimit.position();
    }
}
