package dev.picket.storage.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.failure.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarReaderTest {
    @TempDir
    Path directory;

    private List<TarEntry> read(byte[] tar) throws IOException, StorageException {
        return read(tar, true);
    }

    private List<TarEntry> read(byte[] tar, boolean endMarkRequired) throws IOException, StorageException {
        Path file = Files.createTempFile(directory, "archive", ".tar");
        Files.write(file, tar);
        // Stays open: the entries read from it.
        FileChannel channel = FileChannel.open(file);
        var reader = new TarReader(channel, endMarkRequired);
        var entries = new ArrayList<TarEntry>();
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            entries.add(entry);
        }
        assertNull(reader.next());
        return entries;
    }

    private String refused(byte[] tar) {
        return assertThrows(StorageException.Invalid.class, () -> read(tar)).getMessage();
    }

    private static byte[] content(TarEntry entry) throws IOException {
        return entry.data().stream().readAllBytes();
    }

    @Test
    void members_come_with_their_attributes() throws Exception {
        byte[] tar = new TarBuilder()
                .owner(1000, 100)
                .file("bin/tool", "abc".getBytes(), 04755)
                .device("dev/null", '3', 1, 3)
                .symbolicLink("l", "/target")
                .build();
        List<TarEntry> entries = read(tar);

        TarEntry file = entries.get(0);
        assertEquals("bin/tool", file.name());
        assertEquals(04755, file.attributes().permissions());
        assertEquals(1000, file.attributes().uid());
        assertEquals(100, file.attributes().gid());
        assertEquals(1_700_000_000L, file.attributes().mtimeSeconds());
        assertArrayEquals("abc".getBytes(), content(file));
        assertEquals(TarEntry.Type.CHARACTER_DEVICE, entries.get(1).type());
        assertEquals(3, entries.get(1).minor());
        assertEquals("/target", entries.get(2).linkName());
    }

    @Test
    void pax_records_override_the_header() throws Exception {
        byte[] tar = new TarBuilder()
                .pax("path", "päx/" + "n".repeat(120))
                .pax("uid", "4000000000")
                .pax("mtime", "1600000000.123456789")
                .pax("SCHILY.xattr.user.a", "v\u00ff\0w")
                .pax("SCHILY.xattr.com.apple.quarantine", "x")
                .file("short", "x")
                .build();
        TarEntry entry = read(tar).get(0);

        assertEquals("päx/" + "n".repeat(120), entry.name());
        assertEquals(4_000_000_000L, Integer.toUnsignedLong(entry.attributes().uid()));
        assertEquals(1_600_000_000L, entry.attributes().mtimeSeconds());
        assertEquals(123_456_789, entry.attributes().mtimeNanos());
        assertEquals(Set.of("user.a"), entry.attributes().xattrs().keySet());
        assertArrayEquals(
                "v\u00ff\0w".getBytes(StandardCharsets.ISO_8859_1),
                entry.attributes().xattrs().get("user.a"));
    }

    @Test
    void times_before_1970_round_down() throws Exception {
        TarEntry entry = read(new TarBuilder()
                        .pax("mtime", "-1.25")
                        .file("f", "")
                        .build())
                .get(0);

        assertEquals(-2, entry.attributes().mtimeSeconds());
        assertEquals(750_000_000, entry.attributes().mtimeNanos());
    }

    @Test
    void gnu_long_names_and_links_are_whole() throws Exception {
        byte[] tar = new TarBuilder()
                .gnuLong('K', "t".repeat(300))
                .gnuLong('L', "n/".repeat(150) + "x")
                .symbolicLink("short", "short")
                .build();
        TarEntry entry = read(tar).get(0);

        assertEquals("n/".repeat(150) + "x", entry.name());
        assertEquals("t".repeat(300), entry.linkName());
    }

    @Test
    void names_are_bytes_whatever_their_encoding() throws Exception {
        assertEquals(
                "caf\u00e9\u0001\u00ff",
                read(new TarBuilder().file("caf\u00e9\u0001\u00ff", "").build())
                        .get(0)
                        .name());
    }

    @Test
    void binary_numbers_are_read() throws Exception {
        TarEntry entry = read(new TarBuilder()
                        .owner(3_000_000, 0)
                        .mtime(1L << 34)
                        .file("f", "")
                        .build())
                .get(0);

        assertEquals(3_000_000, entry.attributes().uid());
        assertEquals(1L << 34, entry.attributes().mtimeSeconds());
    }

    @Test
    void an_archive_cut_anywhere_is_refused() throws Exception {
        byte[] whole = new TarBuilder()
                .directory("d", 0755)
                .pax("path", "d/" + "n".repeat(200))
                .file("x", "y".repeat(1500))
                .gnuLong('L', "d/long")
                .file("z", "z")
                .unfinished();

        for (int length = 0; length <= whole.length; length += 61) {
            int cut = length;
            assertThrows(StorageException.Invalid.class, () -> read(Arrays.copyOf(whole, cut)), () -> "cut at " + cut);
        }
        assertTrue(refused(whole).contains("truncated"));
        assertEquals(3, read(whole, false).size());
    }

    @Test
    void a_size_beyond_the_archive_is_refused() {
        byte[] tar =
                new TarBuilder().header("huge", '0', 0644, 1L << 40, "", 0, 0).build();
        byte[] negative = new TarBuilder().pax("size", "-5").file("f", "").build();
        byte[] overflow = new TarBuilder()
                .pax("size", "9223372036854775807")
                .file("f", "")
                .build();
        byte[] hugePax =
                new TarBuilder().header("x", 'x', 0, 1L << 30, "", 0, 0).build();

        assertTrue(refused(tar).contains("truncated"));
        assertTrue(refused(negative).contains("invalid extended header"));
        assertTrue(refused(overflow).contains("truncated"));
        assertTrue(refused(hugePax).contains("longer than"));
    }

    @Test
    void a_bad_checksum_is_refused() {
        byte[] tar = new TarBuilder().file("f", "").build();
        tar[0] ^= 1;

        assertTrue(refused(tar).contains("invalid tar header"));
        assertTrue(refused("this is not a tar archive ".repeat(100).getBytes()).contains("tar header"));
    }

    @Test
    void unknown_types_are_refused() {
        assertTrue(refused(new TarBuilder().header("f", 'Q', 0, 0, "", 0, 0).build())
                .contains("type 81"));
    }

    @Test
    void sparse_maps_that_overlap_or_overrun_are_refused() {
        for (String map : List.of("0,10,5,10", "100,10", "0,600", "5", "0,-1", "0,9223372036854775807,1,1")) {
            byte[] tar = new TarBuilder()
                    .pax("GNU.sparse.map", map)
                    .pax("GNU.sparse.size", "100")
                    .file("s", "x".repeat(20))
                    .build();
            assertTrue(refused(tar).matches(".*(invalid map|does not place|extended header).*"), map);
        }
    }

    @Test
    void sparse_files_have_their_holes() throws Exception {
        byte[] tar = new TarBuilder()
                .pax("GNU.sparse.map", "2,3,10,2")
                .pax("GNU.sparse.size", "15")
                .pax("GNU.sparse.name", "real")
                .file("GNUSparseFile.0/real", "abcde")
                .build();
        TarEntry entry = read(tar).get(0);

        assertEquals("real", entry.name());
        assertEquals("\0\0abc\0\0\0\0\0de\0\0\0", new String(content(entry), StandardCharsets.ISO_8859_1));
    }

    @Test
    void garbage_never_fails_in_an_undeclared_way() throws Exception {
        byte[] tar = new TarBuilder()
                .pax("GNU.sparse.map", "2,3,10,2")
                .pax("GNU.sparse.size", "15")
                .pax("mtime", "5.5")
                .file("f", "abcde")
                .gnuLong('L', "long")
                .header("s", 'S', 0644, 0, "", 0, 0)
                .build();
        var random = new Random(1);
        int refused = 0;
        int read = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = tar.clone();
            for (int j = 0; j < 3; j++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            for (int block = 0; block + 512 <= damaged.length; block += 512) {
                if (damaged[block + 257] == 'u') {
                    // Sound checksums let the damage reach what is behind the check.
                    byte[] header = Arrays.copyOfRange(damaged, block, block + 512);
                    TarBuilder.checksum(header);
                    System.arraycopy(header, 0, damaged, block, 512);
                }
            }
            try {
                read(damaged);
                read++;
            } catch (StorageException.Invalid e) {
                refused++;
            }
        }
        assertTrue(refused > 300 && read > 300, "refused " + refused + ", read " + read);
    }

    /** GNU tar itself as the oracle, in each of its formats, holes and long names included. */
    @Test
    void what_gnu_tar_writes_is_read() throws Exception {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/tar")) || Files.isExecutable(Path.of("/bin/tar")),
                "GNU tar is not here");
        Path source = Files.createDirectory(directory.resolve("source"));
        Files.write(source.resolve("plain"), "plain".getBytes());
        Files.write(source.resolve("n".repeat(150)), "long".getBytes());
        try (FileChannel sparse =
                FileChannel.open(source.resolve("sparse"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < 40; i++) {
                sparse.write(ByteBuffer.wrap(("part" + i).getBytes()), i * 100_000L);
            }
        }
        byte[] expected = Files.readAllBytes(source.resolve("sparse"));
        for (List<String> format : List.of(
                List.of("--format=gnu"),
                List.of("--format=posix", "--sparse-version=0.0"),
                List.of("--format=posix", "--sparse-version=0.1"),
                List.of("--format=posix", "--sparse-version=1.0"))) {
            Path tar = directory.resolve("out.tar");
            var command = new ArrayList<>(List.of("tar", "-C", source.toString(), "-S", "-cf", tar.toString()));
            command.addAll(format);
            command.add(".");
            Process process = new ProcessBuilder(command).inheritIO().start();
            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());

            FileTree tree = Trees.stack(directory, Files.readAllBytes(tar));
            assertEquals("plain", Trees.content(tree, "plain"), () -> "" + format);
            assertEquals("long", Trees.content(tree, "n".repeat(150)), () -> "" + format);
            assertArrayEquals(
                    expected, Trees.content(tree, "sparse").getBytes(StandardCharsets.ISO_8859_1), () -> "" + format);
            Inode.RegularFile sparse = (Inode.RegularFile) Trees.find(tree, "sparse");
            assertTrue(sparse.data().rangeCount() > 10, () -> "holes are kept in " + format);
        }
    }
}
