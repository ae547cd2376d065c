package dev.picket.sentry.vdso;

import dev.picket.platform.linux.Elf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The vDSO as an ELF shared object: what C libraries and language runtimes look functions up in by name and version.
 *
 * <pre>
 *   ELF header, program headers, DT_HASH, symbols, strings, versions of symbols, version definitions, dynamic section,
 *   .eh_frame_hdr, .eh_frame, code
 * </pre>
 *
 * It has no section headers: nothing that runs needs them.
 */
final class VdsoImage {
    static final int PAGE_BYTES = 4096;

    private static final String SONAME = "linux-vdso.so.1";
    private static final String VERSION = "LINUX_2.6";
    private static final int PROGRAM_HEADERS = 3;

    // See elf(5), and the generic ABI for the dynamic section and versions.
    private static final int PT_GNU_EH_FRAME = 0x6474e550;
    private static final int DT_NULL = 0;
    private static final int DT_HASH = 4;
    private static final int DT_STRTAB = 5;
    private static final int DT_SYMTAB = 6;
    private static final int DT_STRSZ = 10;
    private static final int DT_SYMENT = 11;
    private static final int DT_SONAME = 14;
    private static final int DT_VERSYM = 0x6ffffff0;
    private static final int DT_VERDEF = 0x6ffffffc;
    private static final int DT_VERDEFNUM = 0x6ffffffd;
    private static final int SYMBOL_BYTES = 24;
    private static final int GLOBAL_FUNCTION = 1 << 4 | 2;
    private static final int SOME_SECTION = 1; // anything but SHN_UNDEF: there are no sections to name
    private static final int VERDEF_BYTES = 20;
    private static final int VERDAUX_BYTES = 8;
    private static final int VER_FLG_BASE = 1;
    private static final int BUCKETS = 3;

    // See "DWARF extensions" of the Linux Standard Base, and the System V ABI for AMD64, section 3.6.
    private static final int PC_RELATIVE_SIGNED_4 = 0x1b;
    private static final int UNSIGNED_4 = 0x03;
    private static final int TABLE_RELATIVE_SIGNED_4 = 0x3b;
    private static final int DW_CFA_DEF_CFA = 0x0c;
    private static final int DW_CFA_OFFSET = 0x80;
    private static final int STACK_POINTER = 7;
    private static final int RETURN_ADDRESS = 16;
    private static final int EH_FRAME_HEADER_BYTES = 20;
    private static final int CIE_BYTES = 24;
    private static final int FDE_BYTES = 24;

    private final ByteBuffer image = ByteBuffer.allocate(PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final StringBuilder strings = new StringBuilder("\0");

    private VdsoImage() {}

    /** The image: one page. */
    static byte[] build() {
        return new VdsoImage().lay();
    }

    private byte[] lay() {
        // The code's length does not depend on where it is, only its distance from the time page does.
        List<String> names = new ArrayList<>(new VdsoCode(0).functions().keySet());
        int soname = string(SONAME);
        int version = string(VERSION);
        int[] nameOffsets = names.stream().mapToInt(this::string).toArray();
        int symbols = names.size() + 1;

        int hash = Elf.EHDR_BYTES + PROGRAM_HEADERS * Elf.PHDR_BYTES;
        int symbolTable = align(hash + 4 * (2 + BUCKETS + symbols), 8);
        int stringTable = symbolTable + symbols * SYMBOL_BYTES;
        int versionTable = align(stringTable + strings.length(), 2);
        int definitions = align(versionTable + 2 * symbols, 4);
        int dynamic = align(definitions + 2 * (VERDEF_BYTES + VERDAUX_BYTES), 8);
        long[] entries = {
            DT_HASH, hash,
            DT_STRTAB, stringTable,
            DT_SYMTAB, symbolTable,
            DT_STRSZ, strings.length(),
            DT_SYMENT, SYMBOL_BYTES,
            DT_SONAME, soname,
            DT_VERSYM, versionTable,
            DT_VERDEF, definitions,
            DT_VERDEFNUM, 2,
            DT_NULL, 0
        };
        int unwindHeader = dynamic + entries.length * 8;
        int unwindTable = align(unwindHeader + EH_FRAME_HEADER_BYTES, 8);
        int code = align(unwindTable + CIE_BYTES + FDE_BYTES + 4, 16);
        var assembled = new VdsoCode(code);
        byte[] text = assembled.bytes();

        header();
        programHeader(Elf.PT_LOAD, Elf.PF_R | Elf.PF_X, 0, code + text.length, PAGE_BYTES);
        programHeader(Elf.PT_DYNAMIC, Elf.PF_R, dynamic, entries.length * 8, 8);
        programHeader(PT_GNU_EH_FRAME, Elf.PF_R, unwindHeader, EH_FRAME_HEADER_BYTES, 4);
        hashTable(hash, names);
        image.position(symbolTable + SYMBOL_BYTES); // the first symbol is none
        for (int index = 0; index < names.size(); index++) {
            var function = assembled.functions().get(names.get(index));
            image.putInt(nameOffsets[index]).put((byte) GLOBAL_FUNCTION).put((byte) 0);
            image.putShort((short) SOME_SECTION)
                    .putLong(code + function.offset())
                    .putLong(function.lengthBytes());
        }
        image.position(stringTable);
        image.put(strings.toString().getBytes(StandardCharsets.ISO_8859_1));
        image.position(versionTable);
        for (int index = 0; index < symbols; index++) {
            image.putShort((short) (index == 0 ? 0 : 2));
        }
        image.position(definitions);
        definition(VER_FLG_BASE, 1, SONAME, soname, false);
        definition(0, 2, VERSION, version, true);
        image.position(dynamic);
        for (long entry : entries) {
            image.putLong(entry);
        }
        unwinding(unwindHeader, unwindTable, code, text.length);
        image.position(code);
        image.put(text);
        return image.array();
    }

    private static int align(int offset, int alignment) {
        return offset + alignment - 1 & -alignment;
    }

    private int string(String value) {
        int offset = strings.length();
        strings.append(value).append('\0');
        return offset;
    }

    private void header() {
        image.putInt(Elf.MAGIC)
                .put((byte) Elf.ELFCLASS64)
                .put((byte) Elf.ELFDATA2LSB)
                .put((byte) 1);
        image.position(Elf.E_TYPE);
        image.putShort((short) Elf.ET_DYN).putShort((short) Elf.EM_X86_64).putInt(1);
        image.position(Elf.E_PHOFF);
        image.putLong(Elf.EHDR_BYTES);
        image.position(Elf.E_EHSIZE);
        image.putShort((short) Elf.EHDR_BYTES).putShort((short) Elf.PHDR_BYTES).putShort((short) PROGRAM_HEADERS);
        image.position(Elf.EHDR_BYTES);
    }

    private void programHeader(int type, int flags, long offset, long length, int alignment) {
        image.putInt(type).putInt(flags).putLong(offset).putLong(offset).putLong(offset);
        image.putLong(length).putLong(length).putLong(alignment);
    }

    private void hashTable(int offset, List<String> names) {
        int[] buckets = new int[BUCKETS];
        int[] chains = new int[names.size() + 1];
        for (int symbol = 1; symbol <= names.size(); symbol++) {
            int bucket = hash(names.get(symbol - 1)) % BUCKETS;
            chains[symbol] = buckets[bucket];
            buckets[bucket] = symbol;
        }
        image.position(offset);
        image.putInt(BUCKETS).putInt(chains.length);
        for (int bucket : buckets) {
            image.putInt(bucket);
        }
        for (int next : chains) {
            image.putInt(next);
        }
    }

    /** The hash function of ELF. */
    static int hash(String name) {
        int hash = 0;
        for (int index = 0; index < name.length(); index++) {
            hash = (hash << 4) + name.charAt(index);
            int high = hash & 0xf0000000;
            hash ^= high >>> 24;
            hash &= ~high;
        }
        return hash;
    }

    /** Elf64_Verdef with its one Elf64_Verdaux. */
    private void definition(int flags, int index, String name, int nameOffset, boolean last) {
        image.putShort((short) 1)
                .putShort((short) flags)
                .putShort((short) index)
                .putShort((short) 1);
        image.putInt(hash(name)).putInt(VERDEF_BYTES).putInt(last ? 0 : VERDEF_BYTES + VERDAUX_BYTES);
        image.putInt(nameOffset).putInt(0);
    }

    /** In all of the code the return address is where rsp points to. */
    private void unwinding(int header, int table, int code, int codeBytes) {
        image.position(header);
        image.put((byte) 1)
                .put((byte) PC_RELATIVE_SIGNED_4)
                .put((byte) UNSIGNED_4)
                .put((byte) TABLE_RELATIVE_SIGNED_4);
        image.putInt(table - (header + 4)).putInt(1);
        image.putInt(code - header).putInt(table + CIE_BYTES - header);

        image.position(table);
        image.putInt(CIE_BYTES - 4).putInt(0).put((byte) 1);
        image.put(new byte[] {'z', 'R', 0});
        image.put((byte) 1).put((byte) 0x78).put((byte) RETURN_ADDRESS); // alignment of code 1, of data -8
        image.put((byte) 1).put((byte) PC_RELATIVE_SIGNED_4);
        image.put((byte) DW_CFA_DEF_CFA).put((byte) STACK_POINTER).put((byte) 8);
        image.put((byte) (DW_CFA_OFFSET | RETURN_ADDRESS)).put((byte) 1);

        int description = table + CIE_BYTES;
        image.position(description);
        image.putInt(FDE_BYTES - 4).putInt(description + 4 - table);
        image.putInt(code - (description + 8)).putInt(codeBytes).put((byte) 0);
    }
}
