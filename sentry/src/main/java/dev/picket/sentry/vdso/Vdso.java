package dev.picket.sentry.vdso;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.MapRequest;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.memory.MemoryManager;

/** A sandbox's vDSO: two pages of guest memory that every program finds in its address space. Any thread may call. */
public final class Vdso {
    private static final long PAGE_BYTES = VdsoImage.PAGE_BYTES;
    private static final int ALL = Mman.PROT_READ | Mman.PROT_WRITE | Mman.PROT_EXEC;

    private final FrameAllocator frames;
    private final Page parameters;
    private final Page image;
    private final TimePage timePage;

    /** @throws ErrnoException ENOMEM if guest memory has no room */
    public Vdso(FrameAllocator frames) throws ErrnoException {
        this.frames = frames;
        long offset = frames.allocate(2 * PAGE_BYTES);
        parameters = new Page(offset, "[vvar]");
        image = new Page(offset + PAGE_BYTES, "[vdso]");
        timePage = new TimePage(frames.file().address(offset));
        byte[] bytes = VdsoImage.build();
        NativeMemory.copyFromArray(bytes, 0, frames.file().address(image.offset), bytes.length);
    }

    /** The parameters, for whoever keeps time. */
    public TimePage timePage() {
        return timePage;
    }

    /**
     * Maps the vDSO into a new program's memory, where there is room.
     *
     * @return the address of its ELF header, for AT_SYSINFO_EHDR
     * @throws ErrnoException ENOMEM
     */
    public long map(MemoryManager memory) throws ErrnoException {
        long start = memory.freeAddress(2 * PAGE_BYTES);
        // Nobody makes the parameters writable; the code may be, as on Linux: a debugger gets a copy of its own.
        memory.map(
                new MapRequest(start, PAGE_BYTES, Mman.PROT_READ, Mman.MAP_PRIVATE, parameters, 0, Mman.PROT_READ, null)
                        .at(start));
        int executable = Mman.PROT_READ | Mman.PROT_EXEC;
        long address = start + PAGE_BYTES;
        memory.map(new MapRequest(address, PAGE_BYTES, executable, Mman.MAP_PRIVATE, image, 0, ALL, null).at(address));
        return address;
    }

    /** One of the two pages, which last as long as the sandbox. */
    private final class Page implements Mappable {
        private final long offset;
        private final String name;

        Page(long offset, String name) {
            this.offset = offset;
            this.name = name;
        }

        @Override
        public Backing translate(long at, long lengthBytes, boolean write) throws ErrnoException {
            if (at != 0) {
                throw ErrnoException.of(Errno.EFAULT); // grown by mremap(2): nothing is behind it
            }
            return new Backing(frames.file(), offset, PAGE_BYTES);
        }

        @Override
        public void retain() {
            frames.retain(offset, PAGE_BYTES);
        }

        @Override
        public void release() {
            frames.release(offset, PAGE_BYTES);
        }

        @Override
        public String mappedName() {
            return name;
        }

        @Override
        public long mappedDevice() {
            return 0;
        }

        @Override
        public long mappedInode() {
            return 0;
        }
    }
}
