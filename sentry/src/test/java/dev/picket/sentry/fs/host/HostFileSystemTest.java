package dev.picket.sentry.fs.host;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.sentry.vfs.TestFiles.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.TestFiles;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFileSystemTest {
    @TempDir
    Path outside;

    private Path directory;
    private TestFiles files;

    @BeforeEach
    void make() throws Exception {
        directory = outside.resolve("shown");
        Files.createDirectories(directory.resolve("sub/deep"));
        Files.writeString(directory.resolve("file"), "inside");
        Files.writeString(directory.resolve("sub/deep/f"), "deep");
        Files.writeString(outside.resolve("secret"), "secret");
        files = TestFiles.of(frames -> {
            var fileSystem = new HostFileSystem(60);
            fileSystem.add("/opt/shown", open(directory));
            fileSystem.addLink("/bin", "opt/shown");
            fileSystem.add("/etc/one", open(directory.resolve("file")));
            return fileSystem;
        });
    }

    private static int open(Path path) throws ErrnoException {
        return (int) ErrnoException.check(Host.openat(AT_FDCWD, path.toString(), O_RDONLY | O_CLOEXEC, 0));
    }

    @AfterEach
    void close() {
        files.close();
    }

    private static long descriptors() {
        String[] names = new File("/proc/self/fd").list();
        return names.length;
    }

    @Test
    void what_was_placed_is_where_it_was_placed() throws Exception {
        assertEquals("inside", files.read("/opt/shown/file"));
        assertEquals("deep", files.read("/bin/sub/deep/f"));
        assertEquals("inside", files.read("/etc/one"));
        assertEquals(List.of("opt", "bin", "etc"), files.list("/"));
        assertEquals("opt/shown", files.readLink("/bin"));
        assertEquals(new HashSet<>(List.of("sub", "file")), new HashSet<>(files.list("/opt/shown")));
        assertEquals(6, files.stat("/opt/shown/file").sizeBytes());
    }

    @Test
    void nothing_is_reached_by_names_that_are_none() throws Exception {
        Inode shown = files.find("/opt/shown").inode();
        for (String name :
                List.of("..", ".", "", "../secret", "sub/deep", "/etc/passwd", "/", "file\0x", "x".repeat(256))) {
            assertErrno(Errno.ENOENT, () -> shown.lookup(files.caller(), name));
        }
        assertErrno(Errno.ENOENT, () -> files.find("/opt/shown/../../../secret"));
        assertErrno(Errno.ENOENT, () -> HostOpen.beneath(3, "..", O_RDONLY));
    }

    @Test
    void links_lead_where_the_guest_has_it() throws Exception {
        Files.createSymbolicLink(directory.resolve("absolute"), outside.resolve("secret"));
        Files.createSymbolicLink(directory.resolve("up"), Path.of("../secret"));
        Files.createSymbolicLink(directory.resolve("root"), Path.of("/etc/one"));
        Files.createSymbolicLink(directory.resolve("out"), Path.of(".."));
        assertErrno(Errno.ENOENT, () -> files.read("/opt/shown/absolute"));
        assertErrno(Errno.ENOENT, () -> files.read("/opt/shown/up"));
        assertErrno(Errno.ENOENT, () -> files.read("/opt/shown/out/secret"));
        assertEquals("inside", files.read("/opt/shown/root"));
        assertEquals("../secret", files.readLink("/opt/shown/up"));
    }

    @Test
    void a_directory_replaced_by_a_link_while_it_is_known_leads_nowhere() throws Exception {
        Inode deep = files.find("/opt/shown/sub/deep").inode();
        Inode sub = files.find("/opt/shown/sub").inode();
        Files.delete(directory.resolve("sub/deep/f"));
        Files.delete(directory.resolve("sub/deep"));
        Files.delete(directory.resolve("sub"));
        Files.createSymbolicLink(directory.resolve("sub"), outside);
        assertNoSecret(() -> sub.lookup(files.caller(), "secret"));
        assertNoSecret(() -> deep.lookup(files.caller(), "secret"));
    }

    @FunctionalInterface
    private interface Lookup {
        Inode run() throws ErrnoException;
    }

    private void assertNoSecret(Lookup lookup) {
        try {
            assertNull(lookup.run());
        } catch (ErrnoException e) {
            assertTrue(
                    e.errno() == Errno.ESTALE
                            || e.errno() == Errno.ELOOP
                            || e.errno() == Errno.ENOTDIR
                            || e.errno() == Errno.ENOENT,
                    "errno " + e.errno());
        }
    }

    @Test
    void a_file_replaced_by_another_kind_is_stale() throws Exception {
        Inode file = files.find("/opt/shown/file").inode();
        Files.delete(directory.resolve("file"));
        Files.createSymbolicLink(directory.resolve("file"), outside.resolve("secret"));
        assertErrno(Errno.ELOOP, () -> file.open(files.caller(), null, O_RDONLY));
    }

    @Test
    void only_directories_files_and_links_are_shown() throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("mkfifo", directory.resolve("fifo").toString())
                        .start()
                        .waitFor());
        assertFalse(files.exists("/opt/shown/fifo"));
        assertFalse(files.list("/opt/shown").contains("fifo"));
        assertTrue(files.list("/opt/shown").contains("file"));
    }

    @Test
    void nothing_is_written_and_nobody_becomes_root() throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("chmod", "6755", directory.resolve("file").toString())
                        .start()
                        .waitFor());
        assertEquals(FileMode.S_IFREG | 0755, files.stat("/opt/shown/file").mode());
        assertErrno(Errno.EROFS, () -> files.open("/opt/shown/file", O_RDWR));
        assertErrno(Errno.EROFS, () -> files.write("/opt/shown/new", ""));
        assertErrno(Errno.EROFS, () -> files.unlink("/opt/shown/file"));
        assertErrno(Errno.EROFS, () -> files.changeMode("/opt/shown/file", 0777));
    }

    @Test
    void large_files_are_read_whole_and_mapped() throws Exception {
        String text = "0123456789abcdef".repeat(40_000);
        Files.writeString(directory.resolve("large"), text);
        OpenFile file = files.open("/opt/shown/large", O_RDONLY);
        assertEquals(text, TestFiles.readAt(file, 1 << 20, 0));
        assertEquals(text.substring(600_000), TestFiles.readAt(file, 1 << 20, 600_000));
        assertEquals(640_000, file.seek(0, SEEK_END));
        Mappable mappable = file.mappable();
        mappable.retain();
        var backing = mappable.translate(4096, 1 << 20, false);
        assertEquals(4096, backing.offset());
        assertFalse(backing.file().isWritable());
        assertErrno(Errno.EACCES, () -> mappable.translate(0, 4096, true));
        assertErrno(Errno.EFAULT, () -> mappable.translate(644_000 / 4096 * 4096, 4096, false));
        file.release();
        long memory = NativeMemory.allocate(1);
        assertEquals(1, backing.file().read(16, memory, 1)); // still open for the mapping
        NativeMemory.free(memory);
        mappable.release();
    }

    @Test
    void walking_a_large_tree_keeps_few_descriptors() throws Exception {
        for (int i = 0; i < 600; i++) {
            Files.createDirectories(directory.resolve("many/d" + i));
            Files.writeString(directory.resolve("many/d" + i + "/f"), "x" + i);
        }
        long before = descriptors();
        for (int i = 0; i < 600; i++) {
            assertEquals("x" + i, files.read("/opt/shown/many/d" + i + "/f"));
            assertEquals(List.of("f"), files.list("/opt/shown/many/d" + i));
        }
        assertTrue(descriptors() - before < 300, descriptors() - before + " descriptors more");
        assertEquals("x0", files.read("/opt/shown/many/d0/f"));
        assertEquals(600, new HashSet<>(files.list("/opt/shown/many")).size());
    }

    @Test
    void open_host_files_are_bounded() throws Exception {
        files.close();
        for (int i = 0; i < 10; i++) {
            Files.writeString(directory.resolve("n" + i), "x");
        }
        files = TestFiles.of(frames -> {
            var fileSystem = new HostFileSystem(60, 8, false);
            fileSystem.add("/", open(directory));
            return fileSystem;
        });
        List<OpenFile> open = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            open.add(files.open("/n" + i, O_RDONLY));
        }
        assertErrno(Errno.ENFILE, () -> files.open("/n9", O_RDONLY));
        open.add(files.open("/n0", O_RDONLY)); // the same file takes no more
        open.forEach(OpenFile::release);
        files.open("/n9", O_RDONLY).release();
    }

    @Test
    void inodes_are_one_for_each_file() throws Exception {
        Files.createLink(directory.resolve("sub/hard"), directory.resolve("file"));
        assertEquals(
                files.find("/opt/shown/file").inode(),
                files.find("/opt/shown/sub/hard").inode());
        assertEquals(2, files.stat("/opt/shown/file").links());
    }

    @Test
    void a_live_view_shows_what_the_host_changes() throws Exception {
        files.close();
        files = TestFiles.of(frames -> HostFileSystem.of(60, open(directory)));
        assertFalse(files.exists("/new"));
        Files.writeString(directory.resolve("new"), "made later");
        assertEquals("made later", files.read("/new"));
        OpenFile file = files.open("/new", O_RDONLY);
        Files.writeString(directory.resolve("new"), "longer than it was");
        assertEquals(18, files.stat("/new").sizeBytes());
        assertEquals("longer than it was", TestFiles.read(file, 100));
        Files.delete(directory.resolve("new"));
        assertFalse(files.exists("/new"));
        assertEquals("longer", TestFiles.readAt(file, 6, 0));
    }
}
