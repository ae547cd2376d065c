package dev.picket.sentry.fs.proc;

import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.MappingInfo;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vfs.Caller;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What /proc/PID tells of a process's memory: maps, smaps, statm, and the strings and vectors in it. */
final class MemoryMaps {
    private static final long PAGE_BYTES = 4096;

    /** Column at which the names of maps begin. */
    private static final int NAME_COLUMN = 73;

    /** Arguments and environment are shown up to here; execve(2) takes no more than a quarter of the stack. */
    private static final int STRINGS_LIMIT_BYTES = 2 << 20;

    private static final int RESIDENCY_PAGES = 16 * 1024;

    /** What is in memory of a mapping beyond so many pages is not counted, so that reading smaps stays cheap. */
    private static final long COUNTED_PAGES = 1 << 20;

    private final Subject subject;

    MemoryMaps(Subject subject) {
        this.subject = subject;
    }

    /** The file cmdline: the arguments, each with its NUL, as they are in the process's memory now. */
    void commandLine(Caller reader, StringBuilder text) throws ErrnoException {
        subject.withMemory(memory -> {
            var areas = memory.areas();
            int before = text.length();
            copy(memory, areas.argumentStart(), areas.argumentEnd(), text);
            if (text.length() == before || text.charAt(text.length() - 1) == 0) {
                return;
            }
            // A program that wrote a title over its arguments may go on over its environment: setproctitle(3).
            copy(memory, areas.environmentStart(), areas.environmentEnd(), text);
            int end = text.indexOf("\0", before);
            if (end >= 0) {
                text.setLength(end);
            }
        });
    }

    /** The file environ. */
    void environment(Caller reader, StringBuilder text) throws ErrnoException {
        subject.withMemory(memory ->
                copy(memory, memory.areas().environmentStart(), memory.areas().environmentEnd(), text));
    }

    /** The file auxv. */
    void auxiliaryVector(Caller reader, StringBuilder text) throws ErrnoException {
        subject.withMemory(
                memory -> text.append(new String(memory.areas().auxiliaryVector(), StandardCharsets.ISO_8859_1)));
    }

    private static void copy(MemoryManager memory, long start, long end, StringBuilder text) {
        long length = Math.min(end - start, STRINGS_LIMIT_BYTES);
        if (start == 0 || length <= 0) {
            return;
        }
        byte[] page = new byte[(int) PAGE_BYTES];
        for (long done = 0; done < length; ) {
            int piece = (int) Math.min(length - done, PAGE_BYTES - (start + done) % PAGE_BYTES);
            try {
                memory.copyIn(start + done, page, 0, piece);
            } catch (ErrnoException e) {
                return; // the program has unmapped it: what could be read is shown
            }
            text.append(new String(page, 0, piece, StandardCharsets.ISO_8859_1));
            done += piece;
        }
    }

    /** The file statm: sizes in pages. */
    void statm(Caller reader, StringBuilder text) throws ErrnoException {
        long[] pages = new long[7];
        subject.withMemory(memory -> {
            pages[0] = memory.virtualBytes() / PAGE_BYTES;
            pages[1] = memory.residentBytes() / PAGE_BYTES;
            pages[3] = (memory.areas().codeEnd() - memory.areas().codeStart() + PAGE_BYTES - 1) / PAGE_BYTES;
            pages[5] = (memory.dataBytes() + memory.stackBytes()) / PAGE_BYTES;
        });
        for (int index = 0; index < pages.length; index++) {
            text.append(index == 0 ? "" : " ").append(pages[index]);
        }
        text.append('\n');
    }

    /** The file maps. */
    void maps(Caller reader, StringBuilder text) throws ErrnoException {
        subject.withMemory(memory -> memory.forEachMapping(mapping -> line(mapping, text)));
    }

    private static void line(MappingInfo mapping, StringBuilder text) {
        int start = text.length();
        address(mapping.start(), text);
        text.append('-');
        address(mapping.end(), text);
        text.append(' ');
        text.append((mapping.prot() & Mman.PROT_READ) != 0 ? 'r' : '-');
        text.append((mapping.prot() & Mman.PROT_WRITE) != 0 ? 'w' : '-');
        text.append((mapping.prot() & Mman.PROT_EXEC) != 0 ? 'x' : '-');
        text.append(mapping.shared() ? 's' : 'p').append(' ');
        address(mapping.offset(), text);
        text.append(String.format(
                " %02x:%02x %d ", mapping.device() >>> 8 & 0xfff, mapping.device() & 0xff, mapping.inode()));
        if (mapping.name() != null) {
            while (text.length() - start < NAME_COLUMN) {
                text.append(' ');
            }
            text.append(mapping.name().replace("\n", "\\012"));
        }
        text.append('\n');
    }

    private static void address(long address, StringBuilder text) {
        String digits = Long.toHexString(address);
        for (int length = digits.length(); length < 8; length++) {
            text.append('0');
        }
        text.append(digits);
    }

    /** What of a mapping is in memory. */
    private record Residency(MappingInfo mapping, long residentBytes) {
        long sizeBytes() {
            return mapping.end() - mapping.start();
        }
    }

    private static List<Residency> residencies(MemoryManager memory) {
        List<MappingInfo> mappings = new ArrayList<>();
        memory.forEachMapping(mappings::add);
        List<Residency> found = new ArrayList<>();
        byte[] pages = new byte[RESIDENCY_PAGES];
        for (var mapping : mappings) {
            found.add(new Residency(mapping, residentBytes(memory, mapping, pages)));
        }
        return found;
    }

    private static long residentBytes(MemoryManager memory, MappingInfo mapping, byte[] pages) {
        long resident = 0;
        long end = Math.min(mapping.end(), mapping.start() + COUNTED_PAGES * PAGE_BYTES);
        for (long address = mapping.start(); address < end; ) {
            int count = (int) Math.min(pages.length, (end - address) / PAGE_BYTES);
            try {
                memory.residency(address, pages, count);
            } catch (ErrnoException e) {
                break; // unmapped in the meantime
            }
            for (int index = 0; index < count; index++) {
                resident += (pages[index] & 1) * PAGE_BYTES;
            }
            address += count * PAGE_BYTES;
        }
        return resident;
    }

    /** The file smaps. */
    void smaps(Caller reader, StringBuilder text) throws ErrnoException {
        subject.withMemory(memory -> {
            for (var residency : residencies(memory)) {
                var mapping = residency.mapping;
                line(mapping, text);
                kilobytes(text, "Size", residency.sizeBytes());
                kilobytes(text, "KernelPageSize", PAGE_BYTES);
                kilobytes(text, "MMUPageSize", PAGE_BYTES);
                usage(text, List.of(residency));
                text.append("THPeligible:    0\nVmFlags:");
                flag(text, (mapping.prot() & Mman.PROT_READ) != 0, "rd");
                flag(text, (mapping.prot() & Mman.PROT_WRITE) != 0, "wr");
                flag(text, (mapping.prot() & Mman.PROT_EXEC) != 0, "ex");
                flag(text, mapping.shared(), "sh");
                text.append(" mr mw me");
                flag(text, mapping.growsDown(), "gd");
                flag(text, mapping.locked(), "lo");
                text.append(" ac \n");
            }
        });
    }

    /** The file smaps_rollup: the sums of smaps. */
    void smapsRollup(Caller reader, StringBuilder text) throws ErrnoException {
        subject.withMemory(memory -> {
            var all = residencies(memory);
            if (all.isEmpty()) {
                return;
            }
            long start = all.get(0).mapping.start();
            long end = all.get(all.size() - 1).mapping.end();
            line(new MappingInfo(start, end, 0, false, 0, 0, 0, "[rollup]", true, false, false), text);
            usage(text, all);
        });
    }

    private static void usage(StringBuilder text, List<Residency> mappings) {
        long resident = 0;
        long anonymous = 0;
        long locked = 0;
        for (var residency : mappings) {
            resident += residency.residentBytes;
            anonymous += residency.mapping.anonymous() ? residency.residentBytes : 0;
            locked += residency.mapping.locked() ? residency.residentBytes : 0;
        }
        kilobytes(text, "Rss", resident);
        kilobytes(text, "Pss", resident);
        kilobytes(text, "Shared_Clean", resident - anonymous);
        kilobytes(text, "Shared_Dirty", 0);
        kilobytes(text, "Private_Clean", 0);
        kilobytes(text, "Private_Dirty", anonymous);
        kilobytes(text, "Referenced", resident);
        kilobytes(text, "Anonymous", anonymous);
        kilobytes(text, "LazyFree", 0);
        kilobytes(text, "AnonHugePages", 0);
        kilobytes(text, "ShmemPmdMapped", 0);
        kilobytes(text, "FilePmdMapped", 0);
        kilobytes(text, "Shared_Hugetlb", 0);
        kilobytes(text, "Private_Hugetlb", 0);
        kilobytes(text, "Swap", 0);
        kilobytes(text, "SwapPss", 0);
        kilobytes(text, "Locked", locked);
    }

    private static void flag(StringBuilder text, boolean holds, String name) {
        if (holds) {
            text.append(' ').append(name);
        }
    }

    private static void kilobytes(StringBuilder text, String name, long bytes) {
        text.append(String.format("%-16s%8d kB\n", name + ":", bytes / 1024));
    }
}
