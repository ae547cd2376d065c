package dev.picket.platform.linux;

/**
 * Layout and constants of 64-bit ELF files; see elf(5).
 *
 * <pre>
 * header: 0 ident  16 type  18 machine  20 version  24 entry  32 phoff  40 shoff  48 flags  52 ehsize  54 phentsize
 *         56 phnum  58 shentsize  60 shnum  62 shstrndx
 * program header: 0 type  4 flags  8 offset  16 vaddr  24 paddr  32 filesz  40 memsz  48 align
 * </pre>
 */
public final class Elf {
    public static final int EHDR_BYTES = 64;
    public static final int PHDR_BYTES = 56;

    /** The first four bytes, read as a little-endian int: 7f 45 4c 46. */
    public static final int MAGIC = 0x464c457f;

    public static final int EI_CLASS = 4;
    public static final int EI_DATA = 5;
    public static final int ELFCLASS64 = 2;
    public static final int ELFDATA2LSB = 1;

    public static final int E_TYPE = 16;
    public static final int E_MACHINE = 18;
    public static final int E_VERSION = 20;
    public static final int E_ENTRY = 24;
    public static final int E_PHOFF = 32;
    public static final int E_EHSIZE = 52;
    public static final int E_PHENTSIZE = 54;
    public static final int E_PHNUM = 56;

    public static final int ET_EXEC = 2;
    public static final int ET_DYN = 3;
    public static final int EM_386 = 3;
    public static final int EM_X86_64 = 62;

    public static final int P_TYPE = 0;
    public static final int P_FLAGS = 4;
    public static final int P_OFFSET = 8;
    public static final int P_VADDR = 16;
    public static final int P_FILESZ = 32;
    public static final int P_MEMSZ = 40;
    public static final int P_ALIGN = 48;

    public static final int PT_LOAD = 1;
    public static final int PT_DYNAMIC = 2;
    public static final int PT_INTERP = 3;
    public static final int PT_PHDR = 6;
    public static final int PT_GNU_STACK = 0x6474e551;

    public static final int PF_X = 1;
    public static final int PF_W = 2;
    public static final int PF_R = 4;

    private Elf() {}
}
