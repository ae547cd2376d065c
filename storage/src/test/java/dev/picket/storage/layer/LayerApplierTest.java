package dev.picket.storage.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.storage.failure.StorageException;
import dev.picket.storage.layer.Inode.SymbolicLink;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerApplierTest {
    @TempDir
    Path directory;

    private String refused(byte[]... layers) {
        return assertThrows(StorageException.Invalid.class, () -> Trees.stack(directory, layers))
                .getMessage();
    }

    @Test
    void absolute_names_are_below_the_root() throws Exception {
        FileTree tree = Trees.stack(
                directory, new TarBuilder().file("/etc//./motd", "hi").build());

        assertEquals("hi", Trees.content(tree, "etc/motd"));
    }

    @Test
    void dots_that_stay_below_the_root_are_resolved() throws Exception {
        FileTree tree =
                Trees.stack(directory, new TarBuilder().file("a/b/../c", "x").build());

        assertEquals(List.of("a", "a/c"), Trees.paths(tree));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "/../x", "a/../../x", "..", "a/b/../../../x", "./../x"})
    void names_that_climb_above_the_root_are_refused(String name) {
        assertTrue(refused(new TarBuilder().file(name, "x").build()).contains("outside of the root"));
    }

    @Test
    void hard_links_that_climb_above_the_root_are_refused() {
        byte[] tar = new TarBuilder().hardLink("x", "../../etc/shadow").build();

        assertTrue(refused(tar).contains("outside of the root"));
    }

    @Test
    void hard_links_to_what_the_archive_lacks_are_refused() {
        assertTrue(
                refused(new TarBuilder().hardLink("x", "/etc/shadow").build()).contains("invalid hard link"));
        assertTrue(refused(new TarBuilder().hardLink("x", "x").build()).contains("invalid hard link"));
        byte[] toDirectory =
                new TarBuilder().directory("d", 0755).hardLink("x", "d").build();
        assertTrue(refused(toDirectory).contains("directory"));
    }

    @Test
    void hard_links_share_the_file() throws Exception {
        byte[] tar = new TarBuilder()
                .file("a", "one")
                .hardLink("b", "a")
                .hardLink("a", "a")
                .build();
        FileTree tree = Trees.stack(directory, tar);

        assertSame(Trees.find(tree, "a"), Trees.find(tree, "b"));
    }

    @Test
    void a_file_behind_a_link_to_the_hosts_root_stays_in_the_tree() throws Exception {
        byte[] tar = new TarBuilder()
                .symbolicLink("escape", "/../../../tmp/picket-escape")
                .file("escape/owned", "x")
                .build();
        FileTree tree = Trees.stack(directory, tar);

        assertEquals("x", Trees.content(tree, "tmp/picket-escape/owned"));
        assertTrue(Trees.find(tree, "escape") instanceof SymbolicLink);
    }

    @Test
    void a_loop_of_links_in_the_way_is_refused() {
        byte[] tar = new TarBuilder()
                .symbolicLink("a", "b")
                .symbolicLink("b", "a")
                .file("a/x", "x")
                .build();

        assertTrue(refused(tar).contains("too many symbolic links"));
    }

    @Test
    void an_upper_layer_finds_its_way_through_links_of_a_lower() throws Exception {
        byte[] lower = new TarBuilder()
                .directory("usr/lib", 0755)
                .symbolicLink("lib", "usr/lib")
                .build();
        byte[] upper = new TarBuilder().file("lib/x.so", "elf").build();

        assertEquals("elf", Trees.content(Trees.stack(directory, lower, upper), "usr/lib/x.so"));
    }

    @Test
    void later_members_win_over_earlier_ones() throws Exception {
        byte[] tar = new TarBuilder()
                .file("a", "one")
                .file("a", "two")
                .directory("d", 0700)
                .file("d/x", "x")
                .directory("d", 0711)
                .file("e", "file")
                .directory("e", 0755)
                .build();
        FileTree tree = Trees.stack(directory, tar);

        assertEquals("two", Trees.content(tree, "a"));
        assertEquals(0711, Trees.find(tree, "d").attributes().permissions());
        assertEquals("x", Trees.content(tree, "d/x"));
        assertTrue(Trees.find(tree, "e") instanceof Inode.Directory);
    }

    @Test
    void whiteouts_hide_what_lower_layers_have() throws Exception {
        byte[] lower = new TarBuilder()
                .file("d/a", "a")
                .file("d/b", "b")
                .file("c", "c")
                .build();
        byte[] upper = new TarBuilder()
                .file("d/.wh.a", "")
                .file(".wh.c", "")
                .file(".wh.none", "")
                .build();

        assertEquals(List.of("d", "d/b"), Trees.paths(Trees.stack(directory, lower, upper)));
    }

    @Test
    void whiteouts_spare_what_their_own_layer_adds_whatever_the_order() throws Exception {
        byte[] lower = new TarBuilder().file("d/old", "old").build();
        byte[] before = new TarBuilder().file(".wh.d", "").file("d/new", "new").build();
        byte[] after = new TarBuilder().file("d/new", "new").file(".wh.d", "").build();

        assertEquals(List.of("d", "d/new"), Trees.paths(Trees.stack(directory, lower, before)));
        assertEquals(List.of("d", "d/new"), Trees.paths(Trees.stack(directory, lower, after)));
    }

    @Test
    void opaque_directories_show_their_own_layer_only() throws Exception {
        byte[] lower =
                new TarBuilder().file("d/old", "old").file("d/sub/old", "old").build();
        byte[] upper = new TarBuilder()
                .directory("d", 0700)
                .file("d/sub/new", "new")
                .file("d/.wh..wh..opq", "")
                .build();
        FileTree tree = Trees.stack(directory, lower, upper);

        assertEquals(List.of("d", "d/sub", "d/sub/new"), Trees.paths(tree));
        assertEquals(0700, Trees.find(tree, "d").attributes().permissions());
    }

    @Test
    void a_whiteout_of_a_dot_is_refused() {
        assertTrue(refused(new TarBuilder().file("d/.wh...", "").build()).contains("whiteout"));
        assertTrue(refused(new TarBuilder().file(".wh.", "").build()).contains("whiteout"));
    }

    @Test
    void an_upper_file_breaks_the_hard_link_of_a_lower_one() throws Exception {
        byte[] lower = new TarBuilder().file("a", "one").hardLink("b", "a").build();
        byte[] upper = new TarBuilder().file("a", "two").build();
        FileTree tree = Trees.stack(directory, lower, upper);

        assertNotSame(Trees.find(tree, "a"), Trees.find(tree, "b"));
        assertEquals("one", Trees.content(tree, "b"));
    }

    @Test
    void a_root_that_is_no_directory_is_refused() {
        assertTrue(refused(new TarBuilder().symbolicLink("./", "/etc").build()).contains("root directory"));
    }

    @Test
    void more_files_than_the_limit_are_refused() {
        var tar = new TarBuilder();
        for (int i = 0; i <= Trees.LIMITS.entries(); i++) {
            tar.header("f", '6', 0644, 0, "", 0, 0);
        }

        assertTrue(refused(tar.build()).contains("more than 10000 files"));
    }

    @Test
    void deep_and_long_names_are_refused() {
        byte[] deep = new TarBuilder()
                .gnuLong('L', "d/".repeat(600) + "f")
                .file("x", "")
                .build();
        byte[] longName =
                new TarBuilder().gnuLong('L', "n".repeat(256)).file("x", "").build();
        byte[] longPath = new TarBuilder()
                .gnuLong('L', "dir/".repeat(1100) + "f")
                .file("x", "")
                .build();

        assertTrue(refused(deep).contains("deep"));
        assertTrue(refused(longName).contains("longer than 255"));
        assertTrue(refused(longPath).contains("longer than 4095"));
    }

    @Test
    void links_cannot_make_the_tree_deeper_than_names_can() {
        // Each hop through the link doubles the way: a/a/…/loop/a/a/….
        var tar = new TarBuilder();
        String chain = "d/".repeat(400);
        tar.gnuLong('L', chain + "x").file("x", "");
        tar.gnuLong('K', chain).symbolicLink("deep", "");
        tar.gnuLong('L', "deep/" + "e/".repeat(400) + "f").file("x", "");

        assertTrue(refused(tar.build()).contains("deep"));
    }

    @Test
    void a_hole_counts_against_the_size_of_the_image() {
        byte[] tar = new TarBuilder()
                .pax("GNU.sparse.major", "1")
                .pax("GNU.sparse.realsize", Long.toString(1L << 60))
                .header("huge", '0', 0644, 512, "", 0, 0)
                .data("0\n".getBytes())
                .build();

        assertTrue(refused(tar).contains("exceed"));
        assertNull(Trees.find(new FileTree(Trees.LIMITS), "huge"));
    }
}
