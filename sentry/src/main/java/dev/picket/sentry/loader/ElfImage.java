package dev.picket.sentry.loader;

import dev.picket.platform.linux.Elf;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The headers of an ELF file, checked.
 *
 * @param isRelocatable ET_DYN: it may be placed anywhere
 * @param entry where it begins, as the file says
 * @param programHeaderAddress where its program headers are in memory, as the file says; 0 if they are not loaded
 * @param interpreter path of its interpreter, or null
 * @param executableStack whether its stack must be executable: there is a PT_GNU_STACK that says so, or none at all
 */
record ElfImage(
        boolean isRelocatable,
        long entry,
        int programHeaderCount,
        long programHeaderAddress,
        String interpreter,
        boolean executableStack,
        List<Load> loads) {

    private static final int PROGRAM_HEADERS_BYTES_MAXIMUM = 65_536;
    private static final int PATH_MAX = 4096;

    /** A PT_LOAD segment. All sizes and addresses are below 2^62, and {@code fileBytes} is at most {@code memoryBytes}. */
    record Load(long offset, long address, long fileBytes, long memoryBytes, long alignment, int flags) {
        int prot() {
            return ((flags & Elf.PF_R) != 0 ? Mman.PROT_READ : 0)
                    | ((flags & Elf.PF_W) != 0 ? Mman.PROT_WRITE : 0)
                    | ((flags & Elf.PF_X) != 0 ? Mman.PROT_EXEC : 0);
        }

        long end() {
            return address + memoryBytes;
        }
    }

    /**
     * Reads the headers.
     *
     * @param badFormat the errno for a file that is no ELF of this machine: ENOEXEC, or ELIBBAD for an interpreter
     * @throws ErrnoException {@code badFormat}; EINVAL for segments that make no sense
     */
    static ElfImage read(ProgramFile file, int badFormat) throws ErrnoException {
        ByteBuffer header = bytes(file, 0, Elf.EHDR_BYTES, badFormat);
        int type = header.getShort(Elf.E_TYPE);
        boolean known = header.getInt(0) == Elf.MAGIC
                && header.get(Elf.EI_CLASS) == Elf.ELFCLASS64
                && header.get(Elf.EI_DATA) == Elf.ELFDATA2LSB
                && (type == Elf.ET_EXEC || type == Elf.ET_DYN)
                && header.getShort(Elf.E_MACHINE) == Elf.EM_X86_64;
        int count = Short.toUnsignedInt(header.getShort(Elf.E_PHNUM));
        if (!known
                || Short.toUnsignedInt(header.getShort(Elf.E_PHENTSIZE)) != Elf.PHDR_BYTES
                || count == 0
                || count > PROGRAM_HEADERS_BYTES_MAXIMUM / Elf.PHDR_BYTES) {
            throw ErrnoException.of(badFormat);
        }
        long tableOffset = header.getLong(Elf.E_PHOFF);
        ByteBuffer table = bytes(file, tableOffset, count * Elf.PHDR_BYTES, badFormat);

        var loads = new ArrayList<Load>();
        String interpreter = null;
        boolean executableStack = true;
        long headersInMemory = 0;
        for (int base = 0; base < count * Elf.PHDR_BYTES; base += Elf.PHDR_BYTES) {
            switch (table.getInt(base + Elf.P_TYPE)) {
                case Elf.PT_LOAD -> {
                    Load load = load(table, base);
                    if (load.offset <= tableOffset && tableOffset < load.offset + load.fileBytes) {
                        headersInMemory = tableOffset - load.offset + load.address;
                    }
                    loads.add(load);
                }
                case Elf.PT_INTERP -> {
                    if (interpreter == null) {
                        interpreter = interpreter(file, table, base, badFormat);
                    }
                }
                case Elf.PT_GNU_STACK -> executableStack = (table.getInt(base + Elf.P_FLAGS) & Elf.PF_X) != 0;
                default -> {} // PT_DYNAMIC, PT_TLS, notes: the business of the C library
            }
        }
        if (loads.isEmpty()) {
            throw ErrnoException.of(badFormat == Errno.ELIBBAD ? Errno.EINVAL : Errno.ENOEXEC);
        }
        return new ElfImage(
                type == Elf.ET_DYN,
                header.getLong(Elf.E_ENTRY),
                count,
                headersInMemory,
                interpreter,
                executableStack,
                List.copyOf(loads));
    }

    private static Load load(ByteBuffer table, int base) throws ErrnoException {
        var load = new Load(
                table.getLong(base + Elf.P_OFFSET),
                table.getLong(base + Elf.P_VADDR),
                table.getLong(base + Elf.P_FILESZ),
                table.getLong(base + Elf.P_MEMSZ),
                table.getLong(base + Elf.P_ALIGN),
                table.getInt(base + Elf.P_FLAGS));
        long bound = 1L << 62;
        boolean sane = load.offset >= 0
                && load.offset < bound
                && load.address >= 0
                && load.address < bound
                && load.memoryBytes >= 0
                && load.memoryBytes < bound
                && load.fileBytes >= 0
                && load.fileBytes <= load.memoryBytes
                && (load.offset - load.address & 4095) == 0;
        if (!sane) {
            throw ErrnoException.of(Errno.EINVAL);
        }
        return load;
    }

    private static String interpreter(ProgramFile file, ByteBuffer table, int base, int badFormat)
            throws ErrnoException {
        long length = table.getLong(base + Elf.P_FILESZ);
        if (length < 2 || length > PATH_MAX) {
            throw ErrnoException.of(badFormat);
        }
        ByteBuffer name = bytes(file, table.getLong(base + Elf.P_OFFSET), (int) length, badFormat);
        if (name.get((int) length - 1) != 0) {
            throw ErrnoException.of(badFormat);
        }
        String path = new String(name.array(), StandardCharsets.ISO_8859_1);
        return path.substring(0, path.indexOf('\0'));
    }

    private static ByteBuffer bytes(ProgramFile file, long offset, int length, int badFormat) throws ErrnoException {
        byte[] bytes = new byte[length];
        if (offset < 0 || offset > Long.MAX_VALUE - length || file.read(offset, bytes) != length) {
            throw ErrnoException.of(badFormat);
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Lowest address of a segment, rounded down to a page. */
    long start() {
        return loads.stream().mapToLong(Load::address).min().getAsLong() & -4096;
    }

    /** Highest end of a segment, rounded up to a page. */
    long end() {
        return loads.stream().mapToLong(Load::end).max().getAsLong() + 4095 & -4096;
    }

    /** Largest alignment that a segment asks for, at least a page. */
    long alignment() {
        return loads.stream()
                .mapToLong(Load::alignment)
                .filter(alignment -> Long.bitCount(alignment) == 1 && alignment > 0)
                .reduce(4096, Math::max);
    }
}
