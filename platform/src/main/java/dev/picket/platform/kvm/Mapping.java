package dev.picket.platform.kvm;

/** What an address space has mapped in a range: part of a file, with some access. */
record Mapping(long start, long end, FileView view, long offset, int access) {
    Mapping part(long from, long to) {
        return new Mapping(from, to, view, offsetOf(from), access);
    }

    Mapping withAccess(int newAccess) {
        return new Mapping(start, end, view, offset, newAccess);
    }

    /** Offset in the file of what is mapped at an address. */
    long offsetOf(long address) {
        return offset + (address - start);
    }

    /** Whether this begins where {@code before} ends, in the file too. */
    boolean continues(Mapping before) {
        return before.end == start
                && before.view == view
                && before.access == access
                && before.offsetOf(start) == offset;
    }
}
