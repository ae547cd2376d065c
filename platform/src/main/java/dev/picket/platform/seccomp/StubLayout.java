package dev.picket.platform.seccomp;

/**
 * Where things are in a stub process, and which descriptors it has.
 *
 * <pre>
 * LIMIT = TEXT   code and constants of the stub: readable and executable, for good
 * COMMANDS       what the worker tells the mother and the mapper: read-only here, written by the worker alone
 * SCRATCH        a page that the kernel may write and nobody reads
 * FRAMES         signal frames of the guest threads: shared with the worker, and the guest's to spoil
 *
 * one frame area, FRAME_BYTES:
 *      0  the signal stack, which the kernel fills from the top
 *  16256  FS_BASE  16264 GS_BASE: the bases of the guest thread while it is stopped
 *
 * the commands of one process, COMMANDS_BYTES:
 *      0  for the mapper: system calls, each number and six arguments, CALL_BYTES
 *   4096  for the mother: OPERATION; FRAME_ADDRESS and FRAME_OFFSET of a new thread's area and FIRST_FRAME in it, or
 *         CHILD_COMMANDS of a new process; SIGNAL_STACK (stack_t) of a new thread; MESSAGE with IOVEC and CONTROL
 *         (msghdr, iovec, cmsghdr) that carries a listener to the worker
 * </pre>
 */
final class StubLayout {
    static final long PAGE_BYTES = 4096;

    /** First address that is not the guest's: the last GiB of the user's half belongs to the stub. */
    static final long LIMIT = 0x7fff_c000_0000L;

    /** What comes behind the last address of a user: TASK_SIZE_MAX with four-level page tables. */
    static final long USER_END = 0x7fff_ffff_f000L;

    /** Where the executable is loaded; no randomised mapping is in the way there. */
    static final long LOAD_ADDRESS = 0x1_0000;

    static final long TEXT = LIMIT;
    static final int TEXT_BYTES = 8192;
    static final long COMMANDS = LIMIT + 0x1_0000;
    static final long SCRATCH = LIMIT + 0x2_0000;
    static final long FRAMES = LIMIT + 0x20_0000;

    // Frame areas: as large as AVX-512 and AMX together could make a frame, which Linux checks the stack against
    static final int FRAME_BYTES = 16_384;
    static final int MAXIMUM_FRAMES = 32_768;
    static final int SIGNAL_STACK_BYTES = FRAME_BYTES - 128;
    static final int FS_BASE = SIGNAL_STACK_BYTES;
    static final int GS_BASE = SIGNAL_STACK_BYTES + 8;

    /** Offset of the first frame of a new thread, which the worker makes up: well below those that the kernel makes. */
    static final int FIRST_FRAME_OFFSET = 4096;

    // Commands
    static final int COMMANDS_BYTES = 8192;
    static final int MAXIMUM_PROCESSES = 32_768;
    static final int CALL_BYTES = 56;
    static final int MAXIMUM_CALLS = 73;

    static final int MOTHER = 4096;
    static final int OPERATION = 0;
    static final int FRAME_ADDRESS = 8;
    static final int FRAME_OFFSET = 16;
    static final int FIRST_FRAME = 24;
    static final int CHILD_COMMANDS = 32;
    static final int SIGNAL_STACK = 40;
    static final int MESSAGE = 64;
    static final int IOVEC = 128;
    static final int CONTROL = 144;

    static final int OPERATION_THREAD = 1;
    static final int OPERATION_PROCESS = 2;

    /**
     * Length of a message that carries a listener. A shorter one, without, is an error number; a longer one too, with the
     * number of the step that failed in its upper bits.
     */
    static final int LISTENER_MESSAGE_BYTES = 200;

    // Descriptors
    static final int MEMORY_DESCRIPTOR = 0;
    static final int FRAMES_DESCRIPTOR = 1;
    static final int COMMANDS_DESCRIPTOR = 2;

    /** Socket over which listeners go to the worker; one for all stubs of a sandbox. */
    static final int SOCKET_DESCRIPTOR = 3;

    /** Pipe from the worker on which the mother waits; its end of file tells that the worker is gone. */
    static final int CONTROL_DESCRIPTOR = 4;

    /** The lowest that is free: a listener on its way to the worker, or the next process's control pipe. */
    static final int PASSING_DESCRIPTOR = 5;

    static final int FIRST_FILE_DESCRIPTOR = 8;

    /** Limit of open files in a stub. */
    static final int DESCRIPTOR_LIMIT = 128;

    private StubLayout() {}
}
