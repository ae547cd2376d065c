package dev.picket.sentry.loader;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MapRequest;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.memory.MemoryManager;

/** Maps the segments of an ELF file. */
final class ElfMapper {
    private static final long PAGE_MASK = 4095;
    private static final byte[] ZEROS = new byte[4096];

    private final MemoryManager memory;

    ElfMapper(MemoryManager memory) {
        this.memory = memory;
    }

    /**
     * Maps all segments of {@code image}, moved by {@code bias}.
     *
     * @throws ErrnoException ENOMEM, EPERM if they are not at addresses of programs, EINVAL
     */
    void map(ElfImage image, ProgramFile file, long bias) throws ErrnoException {
        Mappable mappable = file.mappable();
        for (ElfImage.Load load : image.loads()) {
            long address = load.address() + bias;
            if (address < 0 || load.memoryBytes() > memory.addressLimit() - address) {
                throw ErrnoException.of(Errno.EINVAL);
            }
            if (load.fileBytes() > 0) {
                long start = address & ~PAGE_MASK;
                long inPage = address - start;
                memory.map(
                        MapRequest.privateFile(mappable, load.offset() - inPage, load.fileBytes() + inPage, load.prot())
                                .at(start));
            }
            zeroRest(load, address);
        }
    }

    /** What a segment has of memory behind its bytes of the file: bss. */
    private void zeroRest(ElfImage.Load load, long address) throws ErrnoException {
        long fileEnd = address + load.fileBytes();
        long end = address + load.memoryBytes();
        if (end == fileEnd) {
            return;
        }
        long start = fileEnd & ~PAGE_MASK;
        if (load.fileBytes() > 0) {
            long pageEnd = fileEnd + PAGE_MASK & ~PAGE_MASK;
            // A segment that cannot be written keeps what the file has there, as on Linux.
            if (pageEnd > fileEnd && (load.prot() & Mman.PROT_WRITE) != 0) {
                memory.copyOut(fileEnd, ZEROS, 0, (int) (pageEnd - fileEnd));
            }
            start = pageEnd;
        }
        if (end > start) {
            memory.map(MapRequest.anonymousAt(start, end - start, load.prot()));
        }
    }
}
