package dev.picket.sentry.fs.overlay;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.sentry.vfs.TestFiles.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.picket.platform.host.NativeMemory;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.tmpfs.HeapBudget;
import dev.picket.sentry.fs.tmpfs.TmpfsFileSystem;
import dev.picket.sentry.memory.FrameAllocator;
import dev.picket.sentry.memory.Mappable;
import dev.picket.sentry.vfs.CreateRequest;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.Inode;
import dev.picket.sentry.vfs.OpenFile;
import dev.picket.sentry.vfs.TestCaller;
import dev.picket.sentry.vfs.TestFiles;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OverlayTest {
    private final HeapBudget heap = new HeapBudget(64 << 20);
    private TestFiles files;
    private TmpfsFileSystem lower;
    private TmpfsFileSystem upper;

    @BeforeEach
    void make() throws Exception {
        files = TestFiles.of(frames -> {
            lower = TestFiles.tmpfs(frames, 0);
            Inode etc = directory(lower.root(), "etc");
            file(etc, "passwd", "root");
            file(etc, "hosts", "localhost");
            Inode deep = directory(directory(lower.root(), "usr"), "lib");
            file(deep, "libc", "code".repeat(3_000));
            deep.link("libc.so", deep.lookup(null, "libc"));
            return new OverlayFileSystem(List.of(lower), upper(frames, 0), 50);
        });
    }

    private TmpfsFileSystem upper(FrameAllocator frames, long limit) {
        upper = new TmpfsFileSystem(frames, 41, limit, 0755, heap);
        return upper;
    }

    private static Inode directory(Inode parent, String name) throws ErrnoException {
        return parent.create(null, name, new CreateRequest(FileMode.S_IFDIR | 0755, 0, 0, 0, null));
    }

    private static void file(Inode parent, String name, String text) throws ErrnoException {
        Inode made = parent.create(null, name, new CreateRequest(FileMode.S_IFREG | 0644, 0, 0, 0, null));
        OpenFile file = made.open(new TestCaller(TestFiles.user(0, -1), null), null, O_WRONLY);
        TestFiles.write(file, text);
        file.release();
    }

    /** What is below, which must never change. */
    private String below(String... names) throws ErrnoException {
        Inode inode = lower.root();
        for (String name : names) {
            inode = inode.lookup(null, name);
        }
        OpenFile file = inode.open(new TestCaller(TestFiles.user(0, -1), null), null, O_RDONLY);
        try {
            return TestFiles.read(file, 1 << 16);
        } finally {
            file.release();
        }
    }

    @AfterEach
    void close() {
        files.close();
    }

    @Test
    void writing_copies_up_and_leaves_what_is_below() throws Exception {
        OpenFile file = files.open("/etc/passwd", O_RDWR);
        TestFiles.writeAt(file, "R", 0);
        assertEquals("Root", files.read("/etc/passwd"));
        assertEquals("root", below("etc", "passwd"));
    }

    @Test
    void numbers_and_metadata_stay_when_a_file_is_copied_up() throws Exception {
        var before = files.stat("/usr/lib/libc");
        files.changeMode("/usr/lib/libc", 0755);
        var after = files.stat("/usr/lib/libc");
        assertEquals(before.inode(), after.inode());
        assertEquals(before.device(), after.device());
        assertEquals(before.modificationTimeNanos(), after.modificationTimeNanos());
        assertEquals(before.sizeBytes(), after.sizeBytes());
        assertEquals(0755, after.mode() & 0777);
        assertEquals("code".repeat(3_000), files.read("/usr/lib/libc"));
    }

    @Test
    void hard_links_below_stay_one_file() throws Exception {
        assertEquals(2, files.stat("/usr/lib/libc").links());
        files.write("/usr/lib/libc", "new");
        assertEquals("new", files.read("/usr/lib/libc.so"));
        files.unlink("/usr/lib/libc");
        assertEquals(1, files.stat("/usr/lib/libc.so").links());
        assertEquals("new", files.read("/usr/lib/libc.so"));
        files.unlink("/usr/lib/libc.so");
        assertEquals(0, upper.budget().pages());
    }

    @Test
    void the_number_of_links_is_not_forgotten_with_the_inode() throws Exception {
        files.unlink("/usr/lib/libc");
        for (int i = 0; i < 6_000; i++) {
            files.exists("/etc/none" + i); // pushes names out of the cache
        }
        System.gc();
        assertEquals(1, files.stat("/usr/lib/libc.so").links());
    }

    @Test
    void truncating_on_open_does_not_copy_what_is_cut_off() throws Exception {
        OpenFile file = files.open("/usr/lib/libc", O_WRONLY | O_TRUNC);
        assertEquals(0, upper.budget().pages());
        assertEquals(0, file.inode().attributes().sizeBytes());
    }

    @Test
    void removed_names_are_hidden_and_can_be_made_anew() throws Exception {
        files.unlink("/etc/passwd");
        assertFalse(files.exists("/etc/passwd"));
        assertEquals(List.of("hosts"), files.list("/etc"));
        files.write("/etc/passwd", "again");
        assertEquals("again", files.read("/etc/passwd"));
        assertEquals(List.of("passwd", "hosts"), files.list("/etc"));
        files.unlink("/etc/passwd");
        files.unlink("/etc/hosts");
        files.removeDirectory("/etc");
        files.makeDirectory("/etc");
        assertEquals(List.of(), files.list("/etc"));
        assertFalse(files.exists("/etc/passwd"));
        assertEquals("root", below("etc", "passwd"));
    }

    @Test
    void a_directory_with_something_below_is_not_empty() throws Exception {
        assertErrno(Errno.ENOTEMPTY, () -> files.removeDirectory("/etc"));
        files.makeDirectory("/empty");
        assertErrno(Errno.ENOTEMPTY, () -> files.rename("/empty", "/etc"));
    }

    @Test
    void directories_are_renamed_with_all_that_is_below() throws Exception {
        files.rename("/usr", "/opt");
        assertFalse(files.exists("/usr"));
        assertEquals("code".repeat(3_000), files.read("/opt/lib/libc"));
        files.makeDirectory("/usr");
        assertEquals(List.of(), files.list("/usr"));
        files.rename("/opt/lib", "/usr/lib");
        files.write("/usr/lib/libc", "new");
        assertEquals(List.of("libc", "libc.so"), files.list("/usr/lib"));
        files.rename("/usr/lib", "/lib");
        files.rename("/usr", "/old");
        assertEquals("new", files.read("/lib/libc.so"));
    }

    @Test
    void exchange_swaps_what_is_below_with_what_is_above() throws Exception {
        files.write("/etc/new", "new");
        files.rename("/etc/new", "/etc/passwd", RENAME_EXCHANGE);
        assertEquals("root", files.read("/etc/new"));
        assertEquals("new", files.read("/etc/passwd"));
        files.unlink("/etc/passwd");
        assertFalse(files.exists("/etc/passwd"));
        assertErrno(Errno.EINVAL, () -> files.rename("/etc/new", "/etc/w", RENAME_WHITEOUT));
    }

    @Test
    void a_reader_from_before_sees_what_is_written_after() throws Exception {
        OpenFile reader = files.open("/etc/passwd", O_RDONLY);
        assertEquals("ro", TestFiles.read(reader, 2));
        files.write("/etc/passwd", "ROOT");
        assertEquals("OT", TestFiles.read(reader, 2));
        files.unlink("/etc/passwd");
        assertEquals("ROOT", TestFiles.readAt(reader, 10, 0));
        reader.release();
        assertEquals(0, upper.budget().pages());
    }

    @Test
    void a_reader_from_before_sees_what_was_written_though_the_name_is_gone() throws Exception {
        OpenFile reader = files.open("/etc/passwd", O_RDONLY);
        OpenFile other = files.open("/etc/passwd", O_RDONLY);
        files.write("/etc/passwd", "ROOT");
        files.unlink("/etc/passwd");
        assertEquals("ROOT", TestFiles.readAt(reader, 10, 0));
        reader.release();
        assertEquals(1, upper.budget().pages());
        other.release();
        assertEquals(0, upper.budget().pages());
    }

    @Test
    void a_mapping_of_what_is_below_stays_when_the_file_is_copied_up() throws Exception {
        OpenFile reader = files.open("/usr/lib/libc", O_RDONLY);
        Mappable mappable = reader.mappable();
        mappable.retain();
        var backing = mappable.translate(0, 4096, false);
        files.write("/usr/lib/libc", "x");
        assertEquals('c', NativeMemory.getByte(backing.file().address(backing.offset())));
        assertEquals(backing, mappable.translate(0, 4096, false));
        assertEquals(files.stat("/usr/lib/libc").inode(), mappable.mappedInode());
        mappable.release();
    }

    @Test
    void a_full_upper_layer_refuses_and_changes_nothing() throws Exception {
        files.close();
        files = TestFiles.of(frames -> {
            lower = TestFiles.tmpfs(frames, 0);
            file(lower.root(), "f", "x".repeat(20_000));
            return new OverlayFileSystem(List.of(lower), upper(frames, 8_192), 50);
        });
        assertErrno(Errno.ENOSPC, () -> files.open("/f", O_WRONLY));
        assertEquals("x".repeat(20_000), files.read("/f"));
        assertEquals(0, upper.budget().pages());
        files.write("/f", "fits");
        assertEquals("fits", files.read("/f"));
    }

    @Test
    void layers_are_merged_the_uppermost_first() throws Exception {
        files.close();
        files = TestFiles.of(frames -> {
            var first = TestFiles.tmpfs(frames, 0);
            var second = TestFiles.tmpfs(frames, 0);
            file(directory(first.root(), "d"), "both", "first");
            file(first.root().lookup(null, "d"), "one", "1");
            file(directory(second.root(), "d"), "both", "second");
            file(second.root().lookup(null, "d"), "two", "2");
            file(first.root(), "x", "file");
            file(directory(second.root(), "x"), "hidden", "");
            List<FileSystem> layers = List.of(first, second);
            return new OverlayFileSystem(layers, upper(frames, 0), 50);
        });
        assertEquals("first", files.read("/d/both"));
        assertEquals(List.of("both", "one", "two"), files.list("/d"));
        assertEquals("file", files.read("/x"));
        assertErrno(Errno.ENOTDIR, () -> files.find("/x/hidden"));
        files.unlink("/d/both");
        assertEquals(List.of("one", "two"), files.list("/d"));
        files.rename("/d", "/e");
        files.unlink("/e/one");
        files.unlink("/e/two");
        files.removeDirectory("/e");
        assertEquals(List.of("x"), files.list("/"));
    }

    @Test
    void a_reader_of_a_directory_sees_everything_once_though_all_is_copied_up() throws Exception {
        files.close();
        files = TestFiles.of(frames -> {
            lower = TestFiles.tmpfs(frames, 0);
            for (int i = 0; i < 60; i++) {
                file(lower.root(), "f" + i, "x");
            }
            return new OverlayFileSystem(List.of(lower), upper(frames, 0), 50);
        });
        OpenFile directory = files.open("/", O_RDONLY | O_DIRECTORY);
        List<String> seen = new ArrayList<>();
        for (int round = 0; ; round++) {
            List<String> names = files.list(directory, 5);
            if (names.isEmpty()) {
                break;
            }
            seen.addAll(names);
            for (int i = 0; i < 60; i += 7) {
                files.changeMode("/f" + (i + round) % 60, 0600 + round % 8);
            }
        }
        assertEquals(60, seen.size());
        assertEquals(60, new HashSet<>(seen).size());
    }

    @Test
    void entries_and_stat_agree_on_numbers() throws Exception {
        files.write("/etc/passwd", "up");
        files.write("/etc/new", "made");
        OpenFile directory = files.open("/etc", O_RDONLY | O_DIRECTORY);
        Map<String, Long> numbers = new HashMap<>();
        directory.readDirectory(files.caller(), (name, inode, type, next) -> numbers.put(name, inode) == null);
        for (String name : List.of(".", "..", "passwd", "hosts", "new")) {
            assertEquals(files.stat("/etc/" + name).inode(), numbers.get(name), name);
        }
    }

    @Test
    void an_overlay_is_a_tree_of_names() throws Exception {
        for (int seed = 1; seed <= 5; seed++) {
            files.close();
            againstModel(new Random(seed));
        }
    }

    /** Random operations on names, against a map from path to contents (null for directories). */
    private void againstModel(Random random) throws Exception {
        Map<String, String> model = new HashMap<>();
        files = TestFiles.of(frames -> {
            lower = TestFiles.tmpfs(frames, 0);
            for (String top : List.of("a", "b")) {
                Inode one = directory(lower.root(), top);
                model.put("/" + top, null);
                for (String name : List.of("a", "b", "c")) {
                    file(one, name, top + name);
                    model.put("/" + top + "/" + name, top + name);
                }
                Inode two = directory(one, "d");
                model.put("/" + top + "/d", null);
                file(two, "a", "deep");
                model.put("/" + top + "/d/a", "deep");
            }
            return new OverlayFileSystem(List.of(lower), upper(frames, 0), 50);
        });
        for (int step = 0; step < 1_500; step++) {
            String path = randomPath(random);
            String other = randomPath(random);
            switch (random.nextInt(5)) {
                case 0 -> expect(writable(model, path), () -> {
                    files.write(path, "step");
                    model.put(path, "step");
                });
                case 1 -> expect(isDirectory(model, parent(path)) && !model.containsKey(path), () -> {
                    files.makeDirectory(path);
                    model.put(path, null);
                });
                case 2 -> expect(model.get(path) != null, () -> {
                    files.unlink(path);
                    model.remove(path);
                });
                case 3 -> expect(isDirectory(model, path) && below(model, path).isEmpty(), () -> {
                    files.removeDirectory(path);
                    model.remove(path);
                });
                default -> expect(movable(model, path, other), () -> {
                    files.rename(path, other);
                    move(model, path, other);
                });
            }
            if (step % 50 == 0) {
                check(model);
            }
            if (step % 300 == 0) {
                System.gc(); // forgets inodes that nobody holds
            }
        }
        check(model);
    }

    private void expect(boolean possible, TestFiles.Call call) throws ErrnoException {
        if (possible) {
            call.run();
            return;
        }
        try {
            call.run();
        } catch (ErrnoException e) {
            return;
        }
        throw new AssertionError("should have failed");
    }

    private static String randomPath(Random random) {
        var path = new StringBuilder();
        for (int depth = 1 + random.nextInt(3); depth > 0; depth--) {
            path.append('/').append((char) ('a' + random.nextInt(4)));
        }
        return path.toString();
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash == 0 ? "/" : path.substring(0, slash);
    }

    private static boolean isDirectory(Map<String, String> model, String path) {
        return path.equals("/") || model.containsKey(path) && model.get(path) == null;
    }

    private static boolean writable(Map<String, String> model, String path) {
        return isDirectory(model, parent(path)) && !isDirectory(model, path);
    }

    private static List<String> below(Map<String, String> model, String path) {
        return model.keySet().stream()
                .filter(name -> name.startsWith(path + "/"))
                .toList();
    }

    private static boolean movable(Map<String, String> model, String from, String to) {
        if (!model.containsKey(from) || !isDirectory(model, parent(to)) || to.startsWith(from + "/")) {
            return false;
        }
        if (from.equals(to) || !model.containsKey(to)) {
            return true;
        }
        if (isDirectory(model, from)) {
            return isDirectory(model, to) && below(model, to).isEmpty();
        }
        return !isDirectory(model, to);
    }

    private static void move(Map<String, String> model, String from, String to) {
        if (from.equals(to)) {
            return;
        }
        for (String name : below(model, from)) {
            model.put(to + name.substring(from.length()), model.remove(name));
        }
        model.put(to, model.remove(from));
    }

    private void check(Map<String, String> model) throws ErrnoException {
        var found = new HashMap<String, String>();
        collect("", found);
        assertEquals(new TreeSet<>(model.keySet()), new TreeSet<>(found.keySet()));
        assertEquals(model, found);
    }

    private void collect(String path, Map<String, String> found) throws ErrnoException {
        List<String> names = files.list(path.isEmpty() ? "/" : path);
        assertEquals(names.size(), new HashSet<>(names).size());
        int directories = 0;
        for (String name : names) {
            String child = path + "/" + name;
            if (files.find(child).inode().type() == FileMode.S_IFDIR) {
                directories++;
                found.put(child, null);
                collect(child, found);
            } else {
                found.put(child, files.read(child));
            }
        }
        assertEquals(directories + 2, files.stat(path.isEmpty() ? "/" : path).links(), path);
    }
}
