package dev.picket.sentry.loader;

import static dev.picket.platform.linux.AuxiliaryVector.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Elf;
import dev.picket.platform.linux.Errno;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.FakePlatform;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.MappingInfo;
import dev.picket.sentry.memory.MemoryManager;
import dev.picket.sentry.vdso.Vdso;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoaderTest {
    private static final int R = Elf.PF_R;
    private static final int RX = Elf.PF_R | Elf.PF_X;
    private static final int RW = Elf.PF_R | Elf.PF_W;
    private static final long STACK_LIMIT = 8L << 20;

    private final FakePlatform platform = new FakePlatform();
    private final FrameAllocator frames = new FrameAllocator(platform.memory());
    private final Random random = new Random(5);
    private final Loader loader = new Loader(platform, frames, new MachineFacts(0x1234, 2, 3000), random::nextLong);
    private final Credentials credentials = Credentials.initial(1000, 1001, new int[0], 0);

    private final Vdso vdso = vdso();

    private Vdso vdso() {
        try {
            return new Vdso(frames);
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void nothing_is_left_behind() {
        assertEquals(2 * 4096, frames.usedBytes(), "the vDSO");
        platform.close();
    }

    @Test
    void a_static_program_lies_where_it_says_with_zeroed_bss() throws Exception {
        byte[] file = new ElfBuilder(Elf.ET_EXEC, 0x401234, 0x4000)
                .load(R, 0, 0x400000, 0x1000, 0x1000)
                .load(RX, 0x1000, 0x401000, 0x1000, 0x1000)
                .load(RW, 0x2800, 0x403800, 0x900, 0x3000)
                .build();
        load(file, null, image -> {
            MemoryManager memory = image.memory();
            assertEquals(0x401234, image.entry());
            assertEquals(0x41, memory.getByte(0x401000));
            assertEquals(0x42, memory.getByte(0x403800));
            assertEquals(0x43, memory.getByte(0x4040ff));
            assertEquals(0, memory.getByte(0x404100), "bss in the last page of the file's part");
            assertEquals(0, memory.getByte(0x405fff), "bss behind it");
            memory.putByte(0x4067ff, (byte) 1);
            assertErrno(Errno.EFAULT, () -> memory.putByte(0x401000, (byte) 1));
            assertErrno(Errno.EFAULT, () -> memory.getByte(0x407000));
            assertTrue(memory.brkStart() >= 0x407000 && memory.brkStart() < 0x407000 + (32 << 20));
            assertEquals(memory.brkStart() + 5, memory.brk(memory.brkStart() + 5));
            assertEquals(0x401000, memory.areas().codeStart());
            assertEquals(0x402000, memory.areas().codeEnd());
        });
    }

    @Test
    void the_stack_is_as_the_abi_has_it() throws Exception {
        byte[] file = new ElfBuilder(Elf.ET_EXEC, 0x400100, 0x1000)
                .load(RX, 0, 0x400000, 0x1000, 0x1000)
                .build();
        var arguments = new Arguments("/bin/prog", List.of("prog", "", "a b"), List.of("PATH=/bin", "X=\u00ff"));
        load(file, null, arguments, STACK_LIMIT, image -> {
            MemoryManager memory = image.memory();
            long at = image.stackPointer();
            assertEquals(0, at & 15);
            assertEquals(3, memory.getLong(at));
            assertEquals("prog", memory.copyInString(memory.getLong(at + 8), 100));
            assertEquals("", memory.copyInString(memory.getLong(at + 16), 100));
            assertEquals("a b", memory.copyInString(memory.getLong(at + 24), 100));
            assertEquals(0, memory.getLong(at + 32));
            assertEquals("PATH=/bin", memory.copyInString(memory.getLong(at + 40), 100));
            assertEquals("X=\u00ff", memory.copyInString(memory.getLong(at + 48), 100));
            assertEquals(0, memory.getLong(at + 56));
            var vector = new HashMap<Long, Long>();
            for (at += 64; memory.getLong(at) != AT_NULL; at += 16) {
                vector.put(memory.getLong(at), memory.getLong(at + 8));
            }
            assertEquals(0x400040L, vector.get((long) AT_PHDR));
            assertEquals(1L, vector.get((long) AT_PHNUM));
            assertEquals(56L, vector.get((long) AT_PHENT));
            assertEquals(0x400100L, vector.get((long) AT_ENTRY));
            assertEquals(0L, vector.get((long) AT_BASE));
            assertEquals(1000L, vector.get((long) AT_EUID));
            assertEquals(1001L, vector.get((long) AT_GID));
            assertEquals(0L, vector.get((long) AT_SECURE));
            assertEquals(0x1234L, vector.get((long) AT_HWCAP));
            assertEquals("/bin/prog", memory.copyInString(vector.get((long) AT_EXECFN), 100));
            assertEquals("x86_64", memory.copyInString(vector.get((long) AT_PLATFORM), 100));
            assertTrue(memory.getLong(vector.get((long) AT_RANDOM)) != 0);
            var areas = memory.areas();
            assertEquals("prog", memory.copyInString(areas.argumentStart(), 100));
            assertEquals(10, areas.argumentEnd() - areas.argumentStart());
            assertEquals("PATH=/bin", memory.copyInString(areas.environmentStart(), 100));
            assertEquals(14, areas.environmentEnd() - areas.environmentStart());
        });
    }

    @Test
    void a_position_independent_program_comes_with_its_interpreter() throws Exception {
        byte[] program = new ElfBuilder(Elf.ET_DYN, 0x1100, 0x3000)
                .interpreter("/lib64/ld.so")
                .load(R, 0, 0, 0x1000, 0x1000)
                .load(RX, 0x1000, 0x1000, 0x1000, 0x1000)
                .load(RW, 0x2000, 0x2000, 0x1000, 0x5000)
                .header(Elf.PT_GNU_STACK, RW, 0, 0, 0, 0, 16)
                .build();
        byte[] interpreter = new ElfBuilder(Elf.ET_DYN, 0x200, 0x1000)
                .load(RX, 0, 0, 0x1000, 0x3000)
                .build();
        try (var file = new MemoryProgram(program)) {
            assertEquals("/lib64/ld.so", ElfImage.read(file, Errno.ENOEXEC).interpreter());
        }
        load(program, interpreter, image -> {
            MemoryManager memory = image.memory();
            var mappings = mappings(memory);
            long programBase = memory.areas().codeStart() - 0x1000;
            long interpreterBase = image.entry() - 0x200;
            assertTrue(programBase > 0x5500_0000_0000L && programBase < 0x6600_0000_0000L);
            assertTrue(interpreterBase > 0x7000_0000_0000L);
            assertEquals(0x41, memory.getByte(programBase + 0x1000));
            assertEquals(0x7f, memory.getByte(interpreterBase));
            assertTrue(memory.brkStart() >= programBase + 0x7000);
            MappingInfo stack = mappings.get(mappings.size() - 1);
            assertEquals("[stack]", stack.name());
            assertEquals(3, stack.prot(), "not executable, as PT_GNU_STACK says");
        });
    }

    @Test
    void places_differ_from_one_start_to_the_next() throws Exception {
        byte[] file = new ElfBuilder(Elf.ET_DYN, 0x100, 0x1000)
                .load(RX, 0, 0, 0x1000, 0x1000)
                .build();
        var entries = new ArrayList<Long>();
        for (int i = 0; i < 5; i++) {
            load(file, null, image -> entries.add(image.entry()));
        }
        assertEquals(5, entries.stream().distinct().count());
    }

    @Test
    void what_is_no_program_of_this_machine_is_refused() throws Exception {
        refused(Errno.ENOEXEC, new byte[0]);
        refused(Errno.ENOEXEC, "hello, world".getBytes());
        refused(Errno.ENOEXEC, new byte[4096]);
        refused(Errno.ENOEXEC, good().putByte(Elf.EI_CLASS, 1).build());
        refused(Errno.ENOEXEC, good().putByte(Elf.EI_DATA, 2).build());
        refused(Errno.ENOEXEC, good().putShort(Elf.E_MACHINE, Elf.EM_386).build());
        refused(Errno.ENOEXEC, good().putShort(Elf.E_MACHINE, 183).build());
        refused(Errno.ENOEXEC, good().putShort(Elf.E_TYPE, 1).build());
        refused(Errno.ENOEXEC, java.util.Arrays.copyOf(good().build(), 63));
    }

    @Test
    void broken_header_tables_are_refused() throws Exception {
        refused(Errno.ENOEXEC, good().putShort(Elf.E_PHENTSIZE, 32).build());
        refused(Errno.ENOEXEC, good().putShort(Elf.E_PHNUM, 0xffff).build());
        refused(Errno.ENOEXEC, good().putShort(Elf.E_PHNUM, 1100).build());
        refused(Errno.ENOEXEC, good().putLong(Elf.E_PHOFF, -8).build());
        refused(Errno.ENOEXEC, good().putLong(Elf.E_PHOFF, Long.MAX_VALUE).build());
        refused(Errno.ENOEXEC, good().putLong(Elf.E_PHOFF, 1 << 20).build());
        refused(
                Errno.ENOEXEC,
                new ElfBuilder(Elf.ET_EXEC, 0, 0x1000)
                        .header(4, R, 0, 0, 0, 0, 0)
                        .build());
    }

    @Test
    void broken_segments_are_refused() throws Exception {
        segment(Errno.EINVAL, 0, 0x400000, 0x1000, 0x800); // smaller in memory than in the file
        segment(Errno.EINVAL, 0x10, 0x400000, 0x1000, 0x1000); // offset and address do not match
        segment(Errno.EINVAL, 0, 0x400000, -1, -1);
        segment(Errno.EINVAL, -0x1000, 0x400000, 0x1000, 0x1000);
        segment(Errno.EINVAL, 0, -0x1000, 0x1000, 0x1000);
        segment(Errno.EINVAL, 0, 0x400000, 0x1000, Long.MAX_VALUE - 0x1000);
        segment(Errno.EINVAL, 0, 0x7fff_ffff_e000L, 0x1000, 0x2000);
        segment(Errno.EPERM, 0, 0, 0x1000, 0x1000);
        segment(Errno.EINVAL, 0, 0x400000, 0, 1L << 47);
    }

    @Test
    void a_segment_beyond_the_end_of_the_file_loads_but_cannot_be_touched() throws Exception {
        byte[] file = new ElfBuilder(Elf.ET_EXEC, 0x400000, 0x1000)
                .load(R, 0, 0x400000, 0x1000, 0x1000)
                .load(R, 1 << 30, 0x500000, 0x1000, 0x1000)
                .build();
        load(file, null, image -> assertErrno(Errno.EFAULT, () -> image.memory().getByte(0x500000)));
    }

    @Test
    void overlapping_segments_are_mapped_in_order_as_on_linux() throws Exception {
        byte[] file = new ElfBuilder(Elf.ET_EXEC, 0x400000, 0x4000)
                .load(R, 0, 0x400000, 0x3000, 0x3000)
                .load(RW, 0x3000, 0x401000, 0x1000, 0x1000)
                .build();
        load(file, null, image -> assertEquals(0x43, image.memory().getByte(0x401000)));
    }

    @Test
    void enormous_bss_costs_nothing() throws Exception {
        byte[] file = new ElfBuilder(Elf.ET_EXEC, 0x400000, 0x1000)
                .load(RX, 0, 0x400000, 0x1000, 0x1000)
                .load(RW, 0, 0x10000000, 0x1000, 1L << 43)
                .build();
        load(file, null, image -> {
            image.memory().putByte(0x10000000 + (1L << 42), (byte) 7);
            assertTrue(frames.residentBytes() < 1 << 20);
        });
    }

    @Test
    void broken_interpreters_are_refused() throws Exception {
        byte[] program = new ElfBuilder(Elf.ET_DYN, 0x100, 0x2000)
                .interpreter("/lib/ld.so")
                .load(RX, 0, 0, 0x1000, 0x1000)
                .build();
        assertErrno(Errno.ELIBBAD, () -> load(program, new byte[100], image -> {}));
        byte[] other = good().putShort(Elf.E_MACHINE, Elf.EM_386).build();
        assertErrno(Errno.ELIBBAD, () -> load(program, other, image -> {}));
        byte[] unterminated = new ElfBuilder(Elf.ET_DYN, 0, 0x2000)
                .header(Elf.PT_INTERP, R, 0x100, 0, 16, 16, 1)
                .load(RX, 0, 0, 0x1000, 0x1000)
                .build();
        refused(Errno.ENOEXEC, unterminated);
        byte[] tooLong = new ElfBuilder(Elf.ET_DYN, 0, 0x2000)
                .header(Elf.PT_INTERP, R, 0x100, 0, 1L << 40, 16, 1)
                .load(RX, 0, 0, 0x1000, 0x1000)
                .build();
        refused(Errno.ENOEXEC, tooLong);
    }

    @Test
    void random_damage_never_does_more_than_refuse() throws Exception {
        byte[] whole = new ElfBuilder(Elf.ET_DYN, 0x1100, 0x3000)
                .load(R, 0, 0, 0x1000, 0x1000)
                .load(RX, 0x1000, 0x1000, 0x1000, 0x1000)
                .load(RW, 0x2000, 0x2000, 0x800, 0x5000)
                .build();
        int refused = 0;
        for (int i = 0; i < 3_000; i++) {
            byte[] file = whole.clone();
            for (int damage = 0; damage < 1 + i % 4; damage++) {
                file[random.nextInt(64 + 3 * 56)] = (byte) (random.nextBoolean() ? 0xff : random.nextInt(256));
            }
            try {
                load(file, null, image -> {});
            } catch (ErrnoException e) {
                refused++;
            }
            assertEquals(2 * 4096, frames.usedBytes());
        }
        assertTrue(refused > 500 && refused < 3_000, "refused " + refused);
    }

    @Test
    void arguments_have_limits() throws Exception {
        String longest = "x".repeat(32 * 4096 - 1);
        new Arguments("f", List.of(longest), List.of()).check(STACK_LIMIT);
        assertErrno(Errno.E2BIG, () -> new Arguments("f", List.of(longest + "x"), List.of()).check(STACK_LIMIT));
        List<String> many = java.util.Collections.nCopies(40, longest);
        assertErrno(Errno.E2BIG, () -> new Arguments("f", List.of(), many).check(STACK_LIMIT));
        new Arguments("f", List.of(), many).check(64L << 20);
        List<String> empty = java.util.Collections.nCopies(1 << 20, "");
        assertErrno(Errno.E2BIG, () -> new Arguments("f", empty, List.of()).check(1L << 40));
        assertEquals(
                List.of(""),
                new Arguments("f", List.of(), List.of()).withProgramName().arguments());
    }

    @Test
    void a_full_load_of_arguments_fits_onto_the_stack() throws Exception {
        byte[] file = good().build();
        List<String> many = java.util.Collections.nCopies(15, "y".repeat(32 * 4096 - 1));
        load(file, null, new Arguments("f", List.of("f"), many), STACK_LIMIT, image -> {
            assertEquals(1, image.memory().getLong(image.stackPointer()));
            assertEquals('y', image.memory().getByte(image.memory().getLong(image.stackPointer() + 24)));
        });
    }

    private static ElfBuilder good() {
        return new ElfBuilder(Elf.ET_EXEC, 0x400100, 0x1000).load(RX, 0, 0x400000, 0x1000, 0x1000);
    }

    private void segment(int errno, long offset, long address, long fileBytes, long memoryBytes) throws Exception {
        refused(
                errno,
                new ElfBuilder(Elf.ET_EXEC, 0x400100, 0x2000)
                        .load(RW, offset, address, fileBytes, memoryBytes)
                        .build());
    }

    private void refused(int errno, byte[] file) throws Exception {
        assertErrno(errno, () -> load(file, null, image -> {}));
    }

    private interface Check {
        void check(Loader.Image image) throws ErrnoException;
    }

    private void load(byte[] program, byte[] interpreter, Check check) throws ErrnoException {
        load(program, interpreter, new Arguments("/p", List.of("p"), List.of()), STACK_LIMIT, check);
    }

    private void load(byte[] program, byte[] interpreter, Arguments arguments, long stackLimit, Check check)
            throws ErrnoException {
        try (var file = new MemoryProgram(program);
                var interpreterFile = new MemoryProgram(interpreter == null ? new byte[0] : interpreter)) {
            ElfImage headers = ElfImage.read(file, Errno.ENOEXEC);
            Loader.Image image = loader.load(
                    headers,
                    file,
                    interpreter == null ? null : interpreterFile,
                    arguments,
                    stackLimit,
                    vdso,
                    credentials);
            try {
                check.check(image);
            } finally {
                image.memory().release();
            }
        }
    }

    private static List<MappingInfo> mappings(MemoryManager memory) {
        var list = new ArrayList<MappingInfo>();
        memory.forEachMapping(list::add);
        return list;
    }

    private interface Call {
        void run() throws Exception;
    }

    private static void assertErrno(int errno, Call call) {
        assertEquals(errno, assertThrows(ErrnoException.class, call::run).errno());
    }
}
