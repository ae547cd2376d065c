package dev.picket.sentry.kernel;

import dev.picket.sentry.memory.MemoryManager;

/** What single-stepping must know of the instruction that comes next. */
final class StepOver {
    private static final int INSTRUCTION_BYTES = 15;

    private StepOver() {}

    /** Whether the instruction at {@code address} loads the flags: popf or iret; is_setting_trap_flag() of Linux. */
    static boolean loadsFlags(MemoryManager memory, long address) {
        byte[] bytes = new byte[INSTRUCTION_BYTES];
        int length = memory.inspect(address, bytes, 0, bytes.length);
        for (int i = 0; i < length; i++) {
            switch (bytes[i] & 0xff) {
                case 0x9d, 0xcf -> { // popf, iret
                    return true;
                }
                case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 -> {} // prefixes
                default -> {
                    if ((bytes[i] & 0xf0) != 0x40) { // REX
                        return false;
                    }
                }
            }
        }
        return false;
    }
}
