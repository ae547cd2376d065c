package dev.picket.sentry.memory;

import dev.picket.platform.linux.Mman;
import java.util.Objects;

/**
 * What the program asked for: a range of addresses with one kind of mapping.
 *
 * <p>Private memory has a mirror: a range of the guest memory file as long as the VMA, in which the page of address
 * {@code a} is at {@code a + mirrorDelta}. The VMA holds one reference to each page of its mirror, and every segment one
 * to each page it maps, so that a page of the mirror that only this address space uses has two. A page of the mirror that
 * no segment of this VMA maps was never written.
 */
final class Vma extends Range {
    static final int SHARED = 1;
    static final int GROWS_DOWN = 1 << 1;
    static final int LOCKED = 1 << 2;
    static final int DONT_FORK = 1 << 3;
    static final int WIPE_ON_FORK = 1 << 4;
    static final int NO_RESERVE = 1 << 5;

    int prot;
    int maxProt;
    int flags;
    Mappable mappable;
    /** Offset in the mappable of the VMA's start. */
    long offset;

    String name;
    boolean hasMirror;
    long mirrorDelta;

    /** Where the next copy would be if the program writes in order of address, and how much was copied last. */
    long nextCopy;

    long copyBytes;

    Vma(long start, long end) {
        this.start = start;
        this.end = end;
    }

    /** A part of this VMA with the same attributes; what it refers to is not retained. */
    Vma part(long partStart, long partEnd) {
        Vma part = new Vma(partStart, partEnd);
        part.prot = prot;
        part.maxProt = maxProt;
        part.flags = flags;
        part.mappable = mappable;
        part.offset = offset + (partStart - start);
        part.name = name;
        part.hasMirror = hasMirror;
        part.mirrorDelta = mirrorDelta;
        return part;
    }

    boolean isShared() {
        return (flags & SHARED) != 0;
    }

    boolean isPrivateAnonymous() {
        return mappable == null;
    }

    boolean growsDown() {
        return (flags & GROWS_DOWN) != 0;
    }

    /** Whether it counts against RLIMIT_DATA; see {@code is_data_mapping} of Linux. */
    boolean isData() {
        return (flags & (SHARED | GROWS_DOWN)) == 0 && (prot & Mman.PROT_WRITE) != 0;
    }

    /** Offset in the mappable of the page at {@code address}. */
    long offsetOf(long address) {
        return offset + (address - start);
    }

    /** Whether {@code next}, which begins where this ends, could be one VMA with this. */
    boolean continuesWith(Vma next) {
        return end == next.start
                && prot == next.prot
                && maxProt == next.maxProt
                && flags == next.flags
                && Objects.equals(mappable, next.mappable)
                && (mappable == null || offset + length() == next.offset)
                && Objects.equals(name, next.name)
                && (sharesMirrorWith(next) || next.end - start <= Mappings.LONGEST_MIRROR_BYTES);
    }

    /** Whether {@code next}, behind this, has its pages where one mirror for both would have them. */
    boolean sharesMirrorWith(Vma next) {
        return hasMirror == next.hasMirror && (!hasMirror || mirrorDelta == next.mirrorDelta);
    }
}
