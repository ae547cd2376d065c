package dev.picket.sentry.memory;

import dev.picket.platform.Access;
import dev.picket.platform.MemoryFile;
import dev.picket.platform.linux.Mman;

/**
 * What is mapped now: the page of address {@code a} is at {@code a + delta} of {@code file}. Never larger than its VMA
 * asks for, but perhaps spanning two VMAs that differ in nothing that matters here.
 */
final class Segment extends Range {
    final MemoryFile file;
    final long delta;
    /** Whether this holds a reference to each of its frames: those of private memory. */
    final boolean counted;
    /** What the VMA permits, PROT_ bits. */
    int prot;
    /** Whether the page must be copied before it is written. */
    boolean copyOnWrite;

    Segment(long start, long end, MemoryFile file, long delta, int prot, boolean copyOnWrite, boolean counted) {
        this.start = start;
        this.end = end;
        this.file = file;
        this.delta = delta;
        this.prot = prot;
        this.copyOnWrite = copyOnWrite;
        this.counted = counted;
    }

    Segment part(long partStart, long partEnd) {
        return new Segment(partStart, partEnd, file, delta, prot, copyOnWrite, counted);
    }

    /** What the host may let the guest do: bits of {@link Access}. */
    int access() {
        return access(prot, copyOnWrite);
    }

    static int access(int prot, boolean copyOnWrite) {
        if ((prot & (Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC)) == 0) {
            return Access.NONE;
        }
        int access = Access.READ; // x86 has no memory that can be written or executed but not read
        if ((prot & Mman.PROT_WRITE) != 0 && !copyOnWrite) {
            access |= Access.WRITE;
        }
        if ((prot & Mman.PROT_EXEC) != 0) {
            access |= Access.EXECUTE;
        }
        return access;
    }

    boolean continuesWith(Segment next) {
        return end == next.start
                && file == next.file
                && delta == next.delta
                && prot == next.prot
                && copyOnWrite == next.copyOnWrite
                && counted == next.counted;
    }
}
