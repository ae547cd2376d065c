package dev.picket.sentry.fs.erofs;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.sentry.vfs.TestFiles.assertErrno;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.picket.platform.host.Host;
import dev.picket.platform.host.ImageFile;
import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErofsTest {
    @TempDir
    Path directory;

    private static ImageFile image(Path path) throws ErrnoException {
        return ImageFile.mapped((int) ErrnoException.check(Host.openat(AT_FDCWD, path.toString(), O_RDONLY, 0)));
    }

    private static TestFiles mounted(Path path) throws ErrnoException {
        ImageFile image = image(path);
        return TestFiles.of(frames -> new ErofsFileSystem(image, image.lengthBytes(), frames, 70));
    }

    private Path bytes(byte[] image) throws IOException {
        return Files.write(directory.resolve("image-" + System.nanoTime()), image);
    }

    // ---- Images made here

    @Test
    void an_image_made_by_hand_is_read() throws Exception {
        try (var files = mounted(bytes(new ImageBuilder().build()))) {
            assertEquals(List.of("empty", "file", "inline", "link", "null"), files.list("/"));
            assertEquals("A".repeat(5_000), files.read("/file"));
            assertEquals("B".repeat(4_096) + "tail", files.read("/inline"));
            assertEquals("", files.read("/empty"));
            assertEquals("file", files.readLink("/link"));
            assertEquals("A".repeat(5_000), files.read("/link"));
            assertEquals(0x103, files.stat("/null").deviceNumber());
            assertEquals(FileMode.S_IFCHR | 0666, files.stat("/null").mode());
            assertErrno(Errno.EROFS, () -> files.open("/file", O_WRONLY));
            assertErrno(Errno.EROFS, () -> files.write("/new", ""));
            assertFalse(files.exists("/a"));
            assertFalse(files.exists("/fild"));
            assertFalse(files.exists("/zz"));
        }
    }

    @Test
    void files_are_mapped_from_the_image_and_their_inline_tails_from_a_copy() throws Exception {
        try (var files = mounted(bytes(new ImageBuilder().build()))) {
            OpenFile file = files.open("/inline", O_RDONLY);
            Mappable mappable = file.mappable();
            mappable.retain();
            var blocks = mappable.translate(0, 1 << 20, false);
            assertEquals(4096, blocks.lengthBytes());
            assertFalse(blocks.file().isWritable());
            var tail = mappable.translate(4096, 4096, false);
            byte[] page = new byte[4096];
            NativeMemory.copyToArray(tail.file().address(tail.offset()), page, 0, 4096);
            byte[] expected = new byte[4096];
            System.arraycopy("tail".getBytes(), 0, expected, 0, 4);
            assertArrayEquals(expected, page);
            assertErrno(Errno.EFAULT, () -> mappable.translate(8192, 4096, false));
            assertErrno(Errno.EACCES, () -> mappable.translate(0, 4096, true));
            mappable.release();
            assertEquals(0, files.frames().usedBytes());
        }
    }

    @Test
    void what_is_no_image_is_refused() throws Exception {
        for (int length : new int[] {1, 1024, 1100, 4096}) {
            Path path = bytes(new byte[length]);
            assertErrno(Errno.EUCLEAN, () -> mounted(path));
        }
        byte[] image = new ImageBuilder().build();
        for (int cut : new int[] {1030, 2048, 4096, 4100}) {
            Path path = bytes(Arrays.copyOf(image, cut));
            assertErrno(Errno.EUCLEAN, () -> mounted(path));
        }
    }

    @Test
    void single_lies_are_found_out() throws Exception {
        assertLie(builder -> builder.putShort(1024 + 14, 0xffff)); // root far outside
        assertLie(builder -> builder.putInt(1024 + 40, 0xffff_ffff)); // inodes far outside
        assertLie(builder -> builder.putByte(1024 + 12, 16)); // another block size
        assertLie(builder -> builder.putInt(1024 + 80, 0x8000_0000)); // an unknown feature
        assertLie(builder -> builder.putShort(ImageBuilder.ROOT + 4, FileMode.S_IFREG | 0755)); // root is a file
        assertLie(builder -> builder.putShort(ImageBuilder.ROOT, 3 << 1)); // compressed
        assertLie(builder -> builder.putInt(ImageBuilder.ROOT + 16, 0x00ff_ffff)); // contents outside
        assertLie(builder -> builder.putInt(ImageBuilder.ROOT + 8, 0x7fff_ffff)); // size beyond the image
        assertLie(builder -> builder.putShort(ImageBuilder.ROOT + 4, 0170000)); // no type there is
    }

    private interface Lie {
        void tell(ImageBuilder builder);
    }

    private void assertLie(Lie lie) throws Exception {
        var builder = new ImageBuilder();
        builder.build();
        lie.tell(builder);
        Path path = bytes(builder.bytes());
        assertErrno(Errno.EUCLEAN, () -> mounted(path));
    }

    @Test
    void directories_that_lie_are_corrupt_and_not_more() throws Exception {
        for (int nameOffset : new int[] {0, 1, 11, 13, 24, 0x1000, 0xffff}) {
            var builder = new ImageBuilder();
            builder.build();
            builder.putShort(ImageBuilder.ROOT_BLOCK + 8, nameOffset);
            Path path = bytes(builder.bytes());
            try (var files = mounted(path)) {
                walk(files, "/", 0, new int[1]);
            }
        }
    }

    @Test
    void a_directory_that_contains_itself_ends_where_names_end() throws Exception {
        var builder = new ImageBuilder();
        builder.build();
        builder.putLong(ImageBuilder.entry(3), ImageBuilder.ROOT_NUMBER); // "file" is the root
        try (var files = mounted(bytes(builder.bytes()))) {
            assertTrue(files.exists("/file/file/file/file/inline"));
            assertErrno(Errno.ENAMETOOLONG, () -> files.find("/file".repeat(1_000)));
        }
    }

    @Test
    void names_that_could_escape_are_not_shown() throws Exception {
        var builder = new ImageBuilder();
        builder.build();
        builder.putByte(builder.nameOffset(3), '/'); // "/ile"
        try (var files = mounted(bytes(builder.bytes()))) {
            assertFalse(files.list("/").contains("/ile"));
            assertEquals(4, files.list("/").size());
        }
    }

    @Test
    void damaged_images_give_errors_and_nothing_worse() throws Exception {
        byte[] original = new ImageBuilder().build();
        fuzz(original, 1_500, new Random(11));
    }

    private void fuzz(byte[] original, int rounds, Random random) throws Exception {
        Path path = directory.resolve("fuzzed");
        int mounted = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] damaged = original.clone();
            for (int change = 1 + random.nextInt(6); change > 0; change--) {
                // Where metadata is, mostly: contents may be anything.
                int at = random.nextInt(4) == 0 ? random.nextInt(damaged.length) : 1024 + random.nextInt(4096 * 2);
                damaged[Math.min(at, damaged.length - 1)] = (byte)
                        switch (random.nextInt(3)) {
                            case 0 -> 0xff;
                            case 1 -> 0;
                            default -> random.nextInt();
                        };
            }
            Files.write(path, damaged);
            ImageFile image = image(path);
            try (var files = TestFiles.of(frames -> new ErofsFileSystem(image, image.lengthBytes(), frames, 70))) {
                mounted++;
                walk(files, "/", 0, new int[1]);
            } catch (ErrnoException e) {
                assertTrue(e.errno() == Errno.EUCLEAN, "errno " + e.errno());
            }
            image.close();
        }
        assertTrue(mounted > rounds / 20, mounted + " of " + rounds + " could be mounted");
    }

    /** Looks at everything, as far as it goes. */
    private void walk(TestFiles files, String path, int depth, int[] visited) {
        List<String> names;
        try {
            names = files.list(path);
        } catch (ErrnoException e) {
            return;
        }
        for (String name : names) {
            if (visited[0]++ > 300 || depth > 8) {
                return;
            }
            String child = path + (path.equals("/") ? "" : "/") + name;
            try {
                var inode = files.findLink(child).inode();
                for (String attribute : inode.extendedAttributeNames()) {
                    inode.extendedAttribute(attribute);
                }
                switch (inode.type()) {
                    case FileMode.S_IFDIR -> walk(files, child, depth + 1, visited);
                    case FileMode.S_IFLNK -> files.readLink(child);
                    case FileMode.S_IFREG -> {
                        OpenFile file = files.open(child, O_RDONLY);
                        TestFiles.readAt(file, 1 << 16, 0);
                        Mappable mappable = file.mappable();
                        mappable.retain();
                        mappable.translate(0, 1 << 20, false);
                        mappable.release();
                        file.release();
                    }
                    default -> {}
                }
            } catch (ErrnoException e) {
                // as it should be
            }
        }
    }

    // ---- Images made by erofs-utils

    private Path makeImage(Path source, String... options) throws Exception {
        Path image = directory.resolve("made.erofs");
        var command = new ArrayList<>(List.of("mkfs.erofs", "-T0"));
        command.addAll(List.of(options));
        command.addAll(List.of(image.toString(), source.toString()));
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes());
            assertEquals(0, process.waitFor(), output);
        } catch (IOException e) {
            assumeTrue(false, "mkfs.erofs is not installed: " + e.getMessage());
        }
        return image;
    }

    private Path makeTree() throws IOException {
        Path tree = directory.resolve("tree");
        Files.createDirectories(tree.resolve("many"));
        for (int i = 0; i < 700; i++) {
            Files.writeString(tree.resolve("many/name-number-" + i), "contents of " + i);
        }
        Files.writeString(tree.resolve("large"), "0123456789".repeat(100_000));
        Files.writeString(tree.resolve("page"), "p".repeat(4096));
        Files.createSymbolicLink(tree.resolve("link"), Path.of("many/name-number-5"));
        Files.createLink(tree.resolve("hard"), tree.resolve("large"));
        return tree;
    }

    @Test
    void images_of_erofs_utils_are_read() throws Exception {
        for (String[] options : new String[][] {{}, {"-Eforce-inode-extended"}, {"-Eforce-inode-compact"}}) {
            try (var files = mounted(makeImage(makeTree(), options))) {
                assertEquals(
                        new TreeSet<>(List.of("many", "large", "page", "link", "hard")),
                        new TreeSet<>(files.list("/")));
                assertEquals(700, new TreeSet<>(files.list("/many")).size());
                for (int i = 0; i < 700; i++) {
                    assertEquals("contents of " + i, files.read("/many/name-number-" + i));
                }
                assertEquals("contents of 5", files.read("/link"));
                OpenFile large = files.open("/large", O_RDONLY);
                assertEquals("0123456789".repeat(100_000), TestFiles.readAt(large, 2_000_000, 0));
                assertEquals("p".repeat(4096), files.read("/page"));
                assertEquals(2, files.stat("/hard").links());
                assertEquals(files.stat("/hard").inode(), files.stat("/large").inode());
            }
            deleteTree();
        }
    }

    @Test
    void damaged_images_of_erofs_utils_give_errors_and_nothing_worse() throws Exception {
        Path tree = directory.resolve("tree");
        Files.createDirectories(tree.resolve("d/e"));
        for (int i = 0; i < 40; i++) {
            Files.writeString(tree.resolve("d/f" + i), "x".repeat(i * 300));
        }
        Files.createSymbolicLink(tree.resolve("d/e/l"), Path.of("../f1"));
        fuzz(Files.readAllBytes(makeImage(tree)), 500, new Random(5));
    }

    private void deleteTree() throws IOException {
        try (var all = Files.walk(directory.resolve("tree"))) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
