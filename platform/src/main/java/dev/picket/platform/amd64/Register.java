package dev.picket.platform.amd64;

/** The sixteen general registers, in the order of their numbers in machine code. */
public enum Register {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15;

    /** The low three bits of the number, as they stand in ModRM and opcodes. */
    int low() {
        return ordinal() & 7;
    }

    /** 1 if the register needs a REX prefix to be named, else 0. */
    int high() {
        return ordinal() >> 3;
    }
}
