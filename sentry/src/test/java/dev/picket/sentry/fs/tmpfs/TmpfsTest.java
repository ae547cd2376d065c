package dev.picket.sentry.fs.tmpfs;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.sentry.vfs.TestFiles.assertErrno;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Mman;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Metadata;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.TestFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TmpfsTest {
    private static final long PAGE = 4096;

    private TestFiles files = make(0);

    private static TestFiles make(long sizeLimitBytes) {
        try {
            return TestFiles.of(frames -> TestFiles.tmpfs(frames, sizeLimitBytes));
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    private void limit(long sizeLimitBytes) {
        files.close();
        files = make(sizeLimitBytes);
    }

    private TmpfsFileSystem fileSystem() {
        return (TmpfsFileSystem) files.mounts().root().fileSystem();
    }

    @AfterEach
    void close() {
        files.close();
    }

    @Test
    void holes_read_as_zeros_and_take_nothing() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        TestFiles.writeAt(file, "end", 10_000_000);
        assertEquals(10_000_003, files.stat("/f").sizeBytes());
        assertEquals(8, files.stat("/f").blocks());
        assertEquals("\0\0\0", TestFiles.readAt(file, 3, 5_000_000));
        assertEquals("end", TestFiles.readAt(file, 100, 10_000_000));
        assertEquals("", TestFiles.readAt(file, 100, 10_000_003));
        assertEquals(10_000_000 / PAGE * PAGE, file.seek(0, SEEK_DATA));
        assertEquals(0, file.seek(0, SEEK_HOLE));
        assertEquals(10_000_003, file.seek(10_000_001, SEEK_HOLE));
        assertErrno(Errno.ENXIO, () -> file.seek(10_000_003, SEEK_DATA));
    }

    @Test
    void what_was_cut_off_never_comes_back() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        TestFiles.writeAt(file, "x".repeat(10_000), 0);
        files.truncate("/f", 5_000);
        files.truncate("/f", 10_000);
        assertEquals("x".repeat(5_000) + "\0".repeat(5_000), TestFiles.readAt(file, 20_000, 0));
    }

    @Test
    void appending_ignores_positions_and_goes_on_at_the_end() throws Exception {
        files.write("/f", "one");
        OpenFile file = files.open("/f", O_WRONLY | O_APPEND);
        OpenFile other = files.open("/f", O_WRONLY | O_APPEND);
        file.seek(0, SEEK_SET);
        TestFiles.write(file, "two");
        TestFiles.write(other, "three");
        TestFiles.writeAt(file, "four", 0);
        assertEquals("onetwothreefour", files.read("/f"));
        assertEquals(6, file.seek(0, SEEK_CUR));
    }

    @Test
    void the_limit_holds_to_the_page_and_what_goes_comes_back() throws Exception {
        limit(4 * PAGE);
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        assertEquals(4 * PAGE, TestFiles.writeAt(file, "x".repeat((int) (4 * PAGE)), 0));
        assertErrno(Errno.ENOSPC, () -> TestFiles.writeAt(file, "y", 4 * PAGE));
        assertErrno(Errno.ENOSPC, () -> file.allocate(0, 0, 5 * PAGE));
        assertErrno(Errno.ENOSPC, () -> file.allocate(0, 0, 1L << 50));
        assertEquals(4 * PAGE, files.stat("/f").sizeBytes());
        assertEquals(0, fileSystem().status().blocksFree());
        file.allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE);
        assertEquals(2, fileSystem().status().blocksFree());
        files.unlink("/f");
        assertEquals(2, fileSystem().status().blocksFree());
        file.release();
        assertEquals(4, fileSystem().status().blocksFree());
        assertEquals(0, files.frames().usedBytes());
        assertEquals(0, files.frames().residentBytes());
    }

    @Test
    void names_and_inodes_are_bounded_too() throws Exception {
        files.close();
        files = TestFiles.of(frames -> new TmpfsFileSystem(frames, 40, 0, 0755, new HeapBudget(100_000)));
        int made = 0;
        try {
            for (; made < 1_000; made++) {
                files.makeDirectory("/d" + made);
            }
        } catch (ErrnoException e) {
            assertEquals(Errno.ENOSPC, e.errno());
        }
        assertTrue(made > 50 && made < 1_000, made + " directories");
        files.removeDirectory("/d0");
        files.makeDirectory("/again");
        byte[] large = new byte[65_536];
        assertErrno(Errno.ENOSPC, () -> files.find("/d1").inode().setExtendedAttribute("user.a", large, 0));
    }

    @Test
    void everything_a_file_took_is_given_back() throws Exception {
        var heap = new HeapBudget(1 << 20);
        files.close();
        files = TestFiles.of(frames -> new TmpfsFileSystem(frames, 40, 0, 0755, heap));
        long before = heap.leftBytes();
        for (int round = 0; round < 3; round++) {
            files.makeDirectory("/d");
            files.makeDirectory("/d/e");
            files.makeLink("target", "/d/l");
            files.write("/d/f", "contents");
            files.find("/d/f").inode().setExtendedAttribute("user.a", new byte[100], 0);
            files.link("/d/f", "/g");
            files.write("/h", "replaced");
            files.rename("/g", "/h");
            files.unlink("/h");
            files.unlink("/d/f");
            files.unlink("/d/l");
            files.removeDirectory("/d/e");
            files.removeDirectory("/d");
            assertEquals(before, heap.leftBytes());
        }
        assertEquals(0, fileSystem().budget().pages());
        assertEquals(0, files.frames().usedBytes());
    }

    @Test
    void fallocate_reserves_zeroes_and_punches() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        file.allocate(FALLOC_FL_KEEP_SIZE, 0, 3 * PAGE);
        assertEquals(0, files.stat("/f").sizeBytes());
        assertEquals(24, files.stat("/f").blocks());
        file.allocate(0, 0, 2 * PAGE);
        assertEquals(2 * PAGE, files.stat("/f").sizeBytes());
        TestFiles.writeAt(file, "x".repeat((int) (2 * PAGE)), 0);
        file.allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10, 20);
        assertEquals("x".repeat(10) + "\0".repeat(20) + "x", TestFiles.readAt(file, 31, 0));
        file.allocate(FALLOC_FL_ZERO_RANGE, PAGE - 1, 3 * PAGE);
        assertEquals("x\0", TestFiles.readAt(file, 2, PAGE - 2));
        assertEquals(4 * PAGE - 1, files.stat("/f").sizeBytes());
        assertErrno(Errno.EOPNOTSUPP, () -> file.allocate(FALLOC_FL_PUNCH_HOLE, 0, 1));
        assertErrno(Errno.EOPNOTSUPP, () -> file.allocate(FALLOC_FL_COLLAPSE_RANGE, 0, PAGE));
    }

    @Test
    void offsets_far_out_are_too_big() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        assertErrno(Errno.EFBIG, () -> TestFiles.writeAt(file, "x", Long.MAX_VALUE));
        assertErrno(Errno.EFBIG, () -> TestFiles.writeAt(file, "x", 1L << 60));
        assertErrno(Errno.EFBIG, () -> files.truncate("/f", Long.MAX_VALUE));
        assertEquals(1, TestFiles.writeAt(file, "xy", (1L << 60) - 1));
        assertEquals("x", TestFiles.readAt(file, 10, (1L << 60) - 1));
        assertEquals("", TestFiles.readAt(file, 10, Long.MAX_VALUE));
        assertEquals(8, files.stat("/f").blocks());
        files.truncate("/f", 0);
        assertEquals(0, files.frames().usedBytes());
    }

    @Test
    void a_file_that_lost_its_last_name_before_it_was_opened_is_gone() throws Exception {
        files.write("/f", "x");
        var path = files.find("/f");
        files.unlink("/f");
        assertErrno(Errno.ENOENT, () -> path.inode().open(files.caller(), path, O_RDONLY));
        assertEquals(0, files.frames().usedBytes());
    }

    // ---- Mapping

    private byte[] mapped(Mappable.Backing backing, int length) {
        byte[] bytes = new byte[length];
        NativeMemory.copyToArray(backing.file().address(backing.offset()), bytes, 0, length);
        return bytes;
    }

    @Test
    void a_mapping_is_the_file() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        TestFiles.writeAt(file, "hello", 0);
        Mappable mappable = file.mappable();
        mappable.retain();
        Mappable.Backing backing = mappable.translate(0, PAGE, true);
        assertEquals("hello", new String(mapped(backing, 5), StandardCharsets.ISO_8859_1));
        TestFiles.writeAt(file, "J", 0);
        assertEquals('J', mapped(backing, 1)[0]);
        NativeMemory.putByte(backing.file().address(backing.offset()) + 4, (byte) 'y');
        assertEquals("Jelly", TestFiles.readAt(file, 10, 0));
        assertErrno(Errno.EFAULT, () -> mappable.translate(PAGE, PAGE, false));
        mappable.release();
    }

    @Test
    void a_mapped_hole_is_the_files_page_from_then_on() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        files.truncate("/f", 8 << 20);
        Mappable mappable = file.mappable();
        mappable.retain();
        Mappable.Backing backing = mappable.translate(5 << 20, PAGE, false);
        TestFiles.writeAt(file, "late", 5 << 20);
        assertEquals('l', mapped(backing, 1)[0]);
        assertEquals(backing, mappable.translate(5 << 20, PAGE, false));
        mappable.release();
    }

    @Test
    void a_mapped_page_stays_the_guests_own_though_the_file_is_cut_or_removed() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        TestFiles.writeAt(file, "x".repeat(8192), 0);
        Mappable mappable = file.mappable();
        mappable.retain();
        Mappable.Backing backing = mappable.translate(PAGE, PAGE, true);
        files.truncate("/f", 0);
        assertArrayEquals(new byte[1], mapped(backing, 1));
        OpenFile other = files.open("/other", O_CREAT | O_RDWR);
        TestFiles.writeAt(other, "secret".repeat(10_000), 0);
        assertArrayEquals(new byte[4096], mapped(backing, 4096));
        NativeMemory.putByte(backing.file().address(backing.offset()), (byte) '!');
        files.truncate("/f", 8192);
        files.unlink("/f");
        file.release();
        assertEquals('!', mapped(backing, 1)[0]);
        long used = files.frames().usedBytes();
        mappable.release();
        assertTrue(files.frames().usedBytes() < used);
        assertArrayEquals(new byte[1], mapped(backing, 1)); // nobody's now, and clean
    }

    @Test
    void what_a_mapping_left_behind_the_end_is_not_seen_when_the_file_grows() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        TestFiles.writeAt(file, "abc", 0);
        Mappable mappable = file.mappable();
        mappable.retain();
        Mappable.Backing backing = mappable.translate(0, PAGE, true);
        NativeMemory.putByte(backing.file().address(backing.offset()) + 100, (byte) '!');
        TestFiles.writeAt(file, "z", 200);
        assertEquals("abc" + "\0".repeat(197) + "z", TestFiles.readAt(file, 300, 0));
        mappable.release();
    }

    @Test
    void a_large_mapping_is_given_out_in_few_pieces_that_adjoin() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_RDWR);
        files.truncate("/f", 64 << 20);
        Mappable mappable = file.mappable();
        mappable.retain();
        int pieces = 0;
        long next = -1;
        for (long offset = 0; offset < 64 << 20; pieces++) {
            var backing = mappable.translate(offset, (64 << 20) - offset, true);
            if (next >= 0) {
                assertEquals(next, backing.offset());
            }
            next = backing.offset() + backing.lengthBytes();
            offset += backing.lengthBytes();
        }
        assertTrue(pieces <= 64, pieces + " pieces");
        mappable.release();
    }

    // ---- Seals

    @Test
    void seals_hold() throws Exception {
        OpenFile file = fileSystem().newMemoryFile(files.caller(), "m", Mman.MFD_ALLOW_SEALING);
        assertEquals("/memfd:m (deleted)", files.name(file.path()));
        TestFiles.write(file, "data");
        file.inode().addSeals(F_SEAL_SHRINK | F_SEAL_GROW);
        assertErrno(Errno.EPERM, () -> truncate(file, 3));
        assertErrno(Errno.EPERM, () -> truncate(file, 5));
        assertErrno(Errno.EPERM, () -> TestFiles.writeAt(file, "x", 4));
        assertErrno(Errno.EPERM, () -> file.allocate(0, 0, 100));
        assertErrno(Errno.EPERM, () -> TestFiles.writeAt(file, "far", Long.MAX_VALUE - 1));
        assertErrno(Errno.EPERM, () -> TestFiles.writeAt(file, "far", (1L << 60) - 1));
        TestFiles.writeAt(file, "D", 0);

        Mappable privately = file.mappable();
        privately.retain();
        Mappable mappable = file.mappableShared();
        mappable.retain();
        assertErrno(Errno.EBUSY, () -> file.inode().addSeals(F_SEAL_WRITE));
        mappable.release();
        file.inode().addSeals(F_SEAL_WRITE | F_SEAL_SEAL);
        assertErrno(Errno.EPERM, () -> TestFiles.writeAt(file, "x", 0));
        assertErrno(Errno.EPERM, () -> file.mappable().translate(0, PAGE, true));
        assertErrno(Errno.EPERM, () -> file.inode().addSeals(F_SEAL_EXEC));
        assertEquals("Data", TestFiles.readAt(file, 10, 0));

        OpenFile closed = fileSystem().newMemoryFile(files.caller(), "n", 0);
        assertEquals(F_SEAL_SEAL, closed.inode().seals());
        assertErrno(Errno.EPERM, () -> closed.inode().addSeals(F_SEAL_GROW));
        files.write("/f", "");
        assertErrno(Errno.EINVAL, () -> files.find("/f").inode().seals());
    }

    private void truncate(OpenFile file, long size) throws ErrnoException {
        Metadata.truncateOpened(files.caller(), file.path(), size);
    }

    // ---- Directories

    @Test
    void a_reader_sees_every_name_that_stays_once_while_others_come_and_go() throws Exception {
        for (int i = 0; i < 100; i++) {
            files.write("/stay" + i, "");
            files.write("/go" + i, "");
        }
        OpenFile directory = files.open("/", O_RDONLY | O_DIRECTORY);
        List<String> seen = new ArrayList<>();
        for (int round = 0; ; round++) {
            List<String> next = files.list(directory, 7);
            if (next.isEmpty()) {
                break;
            }
            seen.addAll(next);
            for (int i = round * 4; i < Math.min(100, round * 4 + 4); i++) {
                files.unlink("/go" + i);
            }
        }
        assertEquals(seen.size(), new HashSet<>(seen).size());
        for (int i = 0; i < 100; i++) {
            assertTrue(seen.contains("stay" + i));
        }
    }

    @Test
    void a_directory_goes_on_where_it_was_told_to() throws Exception {
        for (int i = 0; i < 10; i++) {
            files.write("/f" + i, "");
        }
        OpenFile directory = files.open("/", O_RDONLY | O_DIRECTORY);
        files.list(directory, 4);
        long position = directory.seek(0, SEEK_CUR);
        List<String> rest = files.list(directory, 100);
        assertEquals(6, rest.size());
        directory.seek(position, SEEK_SET);
        assertEquals(rest, files.list(directory, 100));
        directory.seek(0, SEEK_SET);
        assertEquals(10, files.list(directory, 100).size());
    }

    // ---- Against a model

    @Test
    void a_file_is_an_array_of_bytes() throws Exception {
        for (int seed = 0; seed < 6; seed++) {
            againstModel(new Random(seed));
        }
    }

    private void againstModel(Random random) throws Exception {
        int limit = 300_000;
        byte[] model = new byte[0];
        OpenFile file = files.open("/model", O_CREAT | O_RDWR | O_TRUNC);
        Mappable mappable = null;
        for (int step = 0; step < 400; step++) {
            int offset = random.nextInt(limit);
            int length = 1 + random.nextInt(random.nextBoolean() ? 100 : 50_000);
            int end = Math.min(offset + length, limit);
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    char letter = (char) ('a' + random.nextInt(26));
                    TestFiles.writeAt(file, String.valueOf(letter).repeat(end - offset), offset);
                    model = Arrays.copyOf(model, Math.max(model.length, end));
                    Arrays.fill(model, offset, end, (byte) letter);
                }
                case 2 -> {
                    files.truncate("/model", offset);
                    model = Arrays.copyOf(model, offset);
                }
                case 3 -> {
                    file.allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, end - offset);
                    if (offset < model.length) {
                        Arrays.fill(model, offset, Math.min(end, model.length), (byte) 0);
                    }
                }
                case 4 -> {
                    file.allocate(0, offset, end - offset);
                    model = Arrays.copyOf(model, Math.max(model.length, end));
                }
                default -> {
                    if (mappable != null) {
                        mappable.release();
                        mappable = null;
                    } else if (model.length > 0) {
                        mappable = file.mappable();
                        mappable.retain();
                        long page = random.nextInt(model.length) / PAGE * PAGE;
                        var backing = mappable.translate(page, PAGE, true);
                        int at = (int) Math.min(PAGE, model.length - page) - 1;
                        NativeMemory.putByte(backing.file().address(backing.offset()) + at, (byte) '#');
                        model[(int) page + at] = '#';
                    }
                }
            }
            assertEquals(model.length, file.inode().attributes().sizeBytes());
            String text = TestFiles.readAt(file, limit, 0);
            assertEquals(new String(model, StandardCharsets.ISO_8859_1), text, "step " + step);
        }
        if (mappable != null) {
            mappable.release();
        }
        files.unlink("/model");
        file.release();
        assertEquals(0, fileSystem().budget().pages());
        assertEquals(0, files.frames().usedBytes());
        assertEquals(0, files.frames().residentBytes());
    }

    @Test
    void writers_to_one_file_do_not_mix_their_writes() throws Exception {
        OpenFile[] writers = {files.open("/f", O_CREAT | O_WRONLY | O_APPEND), files.open("/f", O_WRONLY | O_APPEND)};
        Thread[] threads = new Thread[2];
        for (int i = 0; i < 2; i++) {
            OpenFile file = writers[i];
            String line = String.valueOf((char) ('a' + i)).repeat(5_000);
            threads[i] = new Thread(() -> {
                try {
                    for (int n = 0; n < 50; n++) {
                        TestFiles.write(file, line);
                    }
                } catch (ErrnoException e) {
                    throw new AssertionError(e);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join(20_000);
            assertFalse(thread.isAlive());
        }
        OpenFile reader = files.open("/f", O_RDONLY);
        for (int n = 0; n < 100; n++) {
            String line = TestFiles.read(reader, 5_000);
            assertEquals(line.substring(0, 1).repeat(5_000), line);
        }
        assertNotEquals(0, files.stat("/f").blocks());
    }
}
