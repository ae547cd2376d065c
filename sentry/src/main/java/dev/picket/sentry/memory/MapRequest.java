package dev.picket.sentry.memory;

import dev.picket.platform.linux.Mman;

/**
 * What mmap(2) asks for.
 *
 * @param address hint, or with MAP_FIXED the place; unsigned
 * @param lengthBytes rounded up to pages by the memory manager; unsigned
 * @param prot PROT_ bits; unknown ones are ignored
 * @param flags MAP_ bits
 * @param mappable what to map, null for anonymous memory
 * @param offset page-aligned offset in the mappable
 * @param maxProt what mprotect(2) may allow later at most: no PROT_WRITE for a shared mapping of a read-only file
 * @param name for /proc/PID/maps, as {@code [heap]}; null for the mappable's own or none
 */
public record MapRequest(
        long address, long lengthBytes, int prot, int flags, Mappable mappable, long offset, int maxProt, String name) {

    private static final int ALL = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC;

    /** Private anonymous memory wherever there is room. */
    public static MapRequest anonymous(long lengthBytes, int prot) {
        return new MapRequest(0, lengthBytes, prot, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, null, 0, ALL, null);
    }

    /** Private anonymous memory at {@code address}, replacing what is there. */
    public static MapRequest anonymousAt(long address, long lengthBytes, int prot) {
        return anonymous(lengthBytes, prot).at(address);
    }

    /** A private mapping of a file. */
    public static MapRequest privateFile(Mappable mappable, long offset, long lengthBytes, int prot) {
        return new MapRequest(0, lengthBytes, prot, Mman.MAP_PRIVATE, mappable, offset, ALL, null);
    }

    /** The same at a fixed address, replacing what is there. */
    public MapRequest at(long address) {
        return new MapRequest(address, lengthBytes, prot, flags | Mman.MAP_FIXED, mappable, offset, maxProt, name);
    }

    /** The same with another name. */
    public MapRequest named(String name) {
        return new MapRequest(address, lengthBytes, prot, flags, mappable, offset, maxProt, name);
    }

    /** The same with more flags. */
    public MapRequest with(int moreFlags) {
        return new MapRequest(address, lengthBytes, prot, flags | moreFlags, mappable, offset, maxProt, name);
    }
}
