package dev.picket.sentry.loader;

import dev.picket.platform.linux.Elf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Makes ELF files, good ones and bad ones. Program headers come right behind the header. */
final class ElfBuilder {
    private record Header(
            int type, int flags, long offset, long address, long fileBytes, long memoryBytes, long align) {}

    private final List<Header> headers = new ArrayList<>();
    private final ByteBuffer bytes;

    ElfBuilder(int type, long entry, int sizeBytes) {
        bytes = ByteBuffer.allocate(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = Elf.EHDR_BYTES; i < sizeBytes; i++) {
            bytes.put(i, (byte) (i >> 12 | 0x40)); // says which page it is
        }
        bytes.putInt(0, Elf.MAGIC)
                .put(Elf.EI_CLASS, (byte) Elf.ELFCLASS64)
                .put(Elf.EI_DATA, (byte) Elf.ELFDATA2LSB)
                .put(6, (byte) 1)
                .putShort(Elf.E_TYPE, (short) type)
                .putShort(Elf.E_MACHINE, (short) Elf.EM_X86_64)
                .putInt(Elf.E_VERSION, 1)
                .putLong(Elf.E_ENTRY, entry)
                .putLong(Elf.E_PHOFF, Elf.EHDR_BYTES)
                .putShort(Elf.E_EHSIZE, (short) Elf.EHDR_BYTES)
                .putShort(Elf.E_PHENTSIZE, (short) Elf.PHDR_BYTES);
    }

    ElfBuilder load(int flags, long offset, long address, long fileBytes, long memoryBytes) {
        return header(Elf.PT_LOAD, flags, offset, address, fileBytes, memoryBytes, 4096);
    }

    ElfBuilder header(int type, int flags, long offset, long address, long fileBytes, long memoryBytes, long align) {
        headers.add(new Header(type, flags, offset, address, fileBytes, memoryBytes, align));
        return this;
    }

    ElfBuilder interpreter(String path) {
        int offset = bytes.capacity() - 256;
        byte[] name = (path + "\0").getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        for (int i = 0; i < name.length; i++) {
            bytes.put(offset + i, name[i]);
        }
        return header(Elf.PT_INTERP, Elf.PF_R, offset, 0, name.length, name.length, 1);
    }

    ElfBuilder putByte(int offset, int value) {
        bytes.put(offset, (byte) value);
        return this;
    }

    ElfBuilder putShort(int offset, int value) {
        bytes.putShort(offset, (short) value);
        return this;
    }

    ElfBuilder putLong(int offset, long value) {
        bytes.putLong(offset, value);
        return this;
    }

    byte[] build() {
        if (bytes.getShort(Elf.E_PHNUM) == 0) {
            bytes.putShort(Elf.E_PHNUM, (short) headers.size());
        }
        int base = Elf.EHDR_BYTES;
        for (Header header : headers) {
            bytes.putInt(base + Elf.P_TYPE, header.type)
                    .putInt(base + Elf.P_FLAGS, header.flags)
                    .putLong(base + Elf.P_OFFSET, header.offset)
                    .putLong(base + Elf.P_VADDR, header.address)
                    .putLong(base + Elf.P_FILESZ, header.fileBytes)
                    .putLong(base + Elf.P_MEMSZ, header.memoryBytes)
                    .putLong(base + Elf.P_ALIGN, header.align);
            base += Elf.PHDR_BYTES;
        }
        return bytes.array();
    }
}
