package dev.picket.storage.erofs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.erofs.ErofsReader.Node;
import dev.picket.storage.layer.FileTree;
import dev.picket.storage.layer.TarBuilder;
import dev.picket.storage.layer.Trees;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErofsWriterTest {
    @TempDir
    Path directory;

    private Path write(byte[]... layers) throws Exception {
        FileTree tree = Trees.stack(directory, layers);
        Path file = Files.createTempFile(directory, "image", ".erofs");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ErofsWriter.write(tree, new byte[16], channel, done -> {});
        }
        return file;
    }

    private static byte[] random(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Every kind of file, and every size around the boundaries. */
    private static byte[] rich() {
        var tar = new TarBuilder().directory("./", 0755);
        for (int size : new int[] {0, 1, 4095, 4096, 4097, 8192, 100_000, 3_000_000}) {
            tar.file("sizes/" + size, random(size, size), 0640);
        }
        for (int i = 0; i < 900; i++) {
            tar.file("many/file-with-a-rather-long-name-" + i, "" + i);
        }
        tar.owner(70_000, 80_000)
                .pax("SCHILY.xattr.user.greeting", "hello")
                .pax("SCHILY.xattr.security.capability", "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
                .pax("SCHILY.xattr.trusted.empty", "")
                .pax("mtime", "1700000000.000000001")
                .file("attributes", "x")
                .owner(0, 0)
                .hardLink("linked", "sizes/4097")
                .symbolicLink("link", "sizes/1")
                .gnuLong('K', "l".repeat(4090))
                .symbolicLink("longlink", "")
                .device("dev/null", '3', 1, 3)
                .device("dev/big", '4', 259, 1_000_000)
                .device("fifo", '6', 0, 0)
                .directory("empty", 01777)
                .file("-dash sorts before dots", "")
                .file("latin \u00e9\u00ff", "bytes")
                .pax("SCHILY.xattr.user.big", "b".repeat(9000))
                .directory("bigxattr", 0700);
        return tar.build();
    }

    @Test
    void what_went_in_comes_out() throws Exception {
        var reader = new ErofsReader(write(rich()));

        for (int size : new int[] {0, 1, 4095, 4096, 4097, 8192, 100_000, 3_000_000}) {
            Node file = reader.find("sizes/" + size);
            assertArrayEquals(random(size, size), reader.data(file));
            assertEquals(0100640, file.mode());
            assertEquals(0, file.layout(), "files are plain, so that they can be mapped");
        }
        Map<String, Node> many = reader.list(reader.find("many"));
        assertEquals(902, many.size());
        assertEquals("7", new String(reader.data(many.get("file-with-a-rather-long-name-7"))));
        assertEquals(reader.find("many").nid(), many.get(".").nid());
        assertEquals(reader.root().nid(), many.get("..").nid());
        Node attributes = reader.find("attributes");
        assertEquals(70_000, attributes.uid());
        assertEquals(80_000, attributes.gid());
        assertEquals(1_700_000_000L, attributes.mtime());
        assertEquals(1, attributes.mtimeNanos());
        assertEquals("hello", new String(attributes.xattrs().get("user.greeting")));
        assertEquals(20, attributes.xattrs().get("security.capability").length);
        assertEquals(0, attributes.xattrs().get("trusted.empty").length);
        assertEquals(9000, reader.find("bigxattr").xattrs().get("user.big").length);
        assertEquals("sizes/1", new String(reader.data(reader.find("link"))));
        assertEquals("l".repeat(4090), new String(reader.data(reader.find("longlink"))));
        // new_encode_dev(259, 1000000)
        assertEquals(
                (1_000_000 & 0xff) | 259 << 8 | (1_000_000L & ~0xff) << 12,
                reader.find("dev/big").raw());
        assertEquals(0x103, reader.find("dev/null").raw());
        assertEquals("bytes", new String(reader.data(reader.find("latin \u00e9\u00ff"))));
        assertEquals(
                "-dash sorts before dots",
                reader.list(reader.root()).keySet().iterator().next());
    }

    @Test
    void link_counts_are_those_of_a_real_file_system() throws Exception {
        var reader = new ErofsReader(write(rich()));

        assertEquals(2, reader.find("linked").nlink());
        assertEquals(reader.find("sizes/4097").nid(), reader.find("linked").nid());
        assertEquals(2, reader.find("empty").nlink());
        // sizes, many, dev, empty, bigxattr
        assertEquals(7, reader.root().nlink());
    }

    @Test
    void equal_layers_give_equal_bytes() throws Exception {
        assertArrayEquals(Files.readAllBytes(write(rich())), Files.readAllBytes(write(rich())));
    }

    @Test
    void sparse_files_are_zero_where_they_have_holes() throws Exception {
        byte[] tar = new TarBuilder()
                .pax("GNU.sparse.map", "5000000,4")
                .pax("GNU.sparse.size", "9000000")
                .file("sparse", "data")
                .file("tail", "after")
                .build();
        Path image = write(tar);
        var reader = new ErofsReader(image);

        byte[] expected = new byte[9_000_000];
        System.arraycopy("data".getBytes(), 0, expected, 5_000_000, 4);
        assertArrayEquals(expected, reader.data(reader.find("sparse")));
        assertEquals("after", new String(reader.data(reader.find("tail"))));
    }

    @Test
    void an_empty_layer_is_an_empty_root() throws Exception {
        var reader = new ErofsReader(write(new TarBuilder().build()));

        assertEquals(
                new TreeSet<>(List.of(".", "..")), reader.list(reader.root()).keySet());
        assertEquals(1, reader.inodeCount());
        assertEquals(0040755, reader.root().mode());
    }

    @Test
    void a_root_too_full_for_the_first_block_is_found() throws Exception {
        var tar = new TarBuilder();
        for (int i = 0; i < 2000; i++) {
            tar.file("f" + i, "");
        }
        var reader = new ErofsReader(write(tar.build()));

        assertEquals(2002, reader.list(reader.root()).size());
    }

    @Test
    void names_of_every_length_fill_blocks_to_the_brim() throws Exception {
        var tar = new TarBuilder();
        var expected = new TreeSet<>(List.of(".", ".."));
        for (int length = 1; length <= 255; length++) {
            String name = String.valueOf((char) ('a' + length % 26)).repeat(length);
            expected.add(name);
            tar.gnuLong('L', "d/" + name).file("x", "" + length);
        }
        Path image = write(tar.build());
        var reader = new ErofsReader(image);

        assertEquals(
                new ArrayList<>(expected),
                new ArrayList<>(reader.list(reader.find("d")).keySet()));
        fsck(image, directory.resolve("extracted-names"));
    }

    /** erofs-utils as the oracle: its check, and what it extracts. */
    @Test
    void fsck_erofs_is_content_and_extracts_the_same() throws Exception {
        Path extracted = directory.resolve("extracted");
        fsck(write(rich()), extracted);

        assertArrayEquals(random(3_000_000, 3_000_000), Files.readAllBytes(extracted.resolve("sizes/3000000")));
        assertEquals(
                "sizes/1", Files.readSymbolicLink(extracted.resolve("link")).toString());
        try (Stream<Path> many = Files.list(extracted.resolve("many"))) {
            assertEquals(900, many.count());
        }
    }

    private static void fsck(Path image, Path extracted) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/fsck.erofs")), "erofs-utils is not installed");
        // Device nodes need root to be extracted; the check itself does not.
        boolean root = "root".equals(System.getProperty("user.name"));
        var command = new ArrayList<>(List.of("fsck.erofs"));
        if (root) {
            command.add("--extract=" + extracted);
        }
        command.add(image.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        Assumptions.assumeTrue(root, "only root can extract device nodes");
    }
}
