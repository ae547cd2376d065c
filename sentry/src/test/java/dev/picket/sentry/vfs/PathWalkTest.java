package dev.picket.sentry.vfs;

import static dev.picket.sentry.vfs.TestFiles.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.errno.ErrnoException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PathWalkTest {
    private TestFiles files;

    @BeforeEach
    void make() throws Exception {
        files = TestFiles.inMemory();
        files.makeDirectory("/a");
        files.makeDirectory("/a/b");
        files.write("/a/b/f", "text");
    }

    @AfterEach
    void close() {
        files.close();
    }

    @Test
    void dots_and_double_slashes_lead_where_they_should() throws Exception {
        assertSame(files.find("/a/b/f").dentry(), files.find("//a/./b/../b//f").dentry());
        assertSame(files.find("/a").dentry(), files.find("/a/b/..").dentry());
    }

    @Test
    void nothing_is_above_the_root() throws Exception {
        assertEquals(files.find("/"), files.find("/../../.."));
        assertEquals(files.find("/a"), files.find("/../a/../../a"));
    }

    @Test
    void a_changed_root_is_not_left_by_dots_or_absolute_links() throws Exception {
        files.makeLink("/../../a", "/a/b/up");
        files.makeLink("../../..", "/a/b/dots");
        TestFiles inside = files.rootedAt("/a/b");
        assertEquals("text", inside.read("/../../f"));
        assertEquals(inside.find("/"), inside.find("dots"));
        assertErrno(Errno.ENOENT, () -> inside.find("up"));
    }

    @Test
    void an_empty_path_is_nothing() {
        assertErrno(Errno.ENOENT, () -> files.find(""));
    }

    @Test
    void a_file_is_no_directory() {
        assertErrno(Errno.ENOTDIR, () -> files.find("/a/b/f/x"));
        assertErrno(Errno.ENOTDIR, () -> files.find("/a/b/f/"));
        assertErrno(Errno.ENOTDIR, () -> files.find("/a/b/f/."));
        assertErrno(Errno.ENOTDIR, () -> files.find("/a/b/f/.."));
    }

    @Test
    void names_are_bounded_and_so_are_paths() throws Exception {
        assertErrno(Errno.ENAMETOOLONG, () -> files.find("/" + "n".repeat(256)));
        assertErrno(Errno.ENOENT, () -> files.find("/" + "n".repeat(255)));
        assertErrno(Errno.ENAMETOOLONG, () -> files.find("/".repeat(4096)));
        assertEquals(files.find("/"), files.find("/".repeat(4095)));
    }

    @Test
    void links_are_followed_forty_times() throws Exception {
        files.makeLink("/a/b/f", "/l0");
        for (int i = 1; i <= 40; i++) {
            files.makeLink("l" + (i - 1), "/l" + i);
        }
        assertEquals("text", files.read("/l39"));
        assertErrno(Errno.ELOOP, () -> files.read("/l40"));
        files.makeLink("self", "/self");
        assertErrno(Errno.ELOOP, () -> files.find("/self"));
        assertErrno(Errno.ELOOP, () -> files.find("/self/x"));
    }

    @Test
    void a_slash_behind_a_link_follows_it() throws Exception {
        files.makeLink("a", "/to-a");
        assertEquals(files.find("/a"), files.findLink("/to-a/"));
        files.makeLink("a/b/f", "/to-f");
        assertErrno(Errno.ENOTDIR, () -> files.findLink("/to-f/"));
        assertFalse(files.findLink("/to-a").equals(files.find("/a")));
    }

    @Test
    void a_directory_that_may_not_be_searched_stops_the_walk() throws Exception {
        files.changeMode("/a", 0700);
        TestFiles user = files.as(1000);
        assertErrno(Errno.EACCES, () -> user.find("/a/b"));
        assertErrno(Errno.EACCES, () -> user.find("/a/missing"));
        assertErrno(Errno.EACCES, () -> user.find("/a/."));
        assertEquals("/a", user.name(user.find("/a")));
    }

    @Test
    void a_removed_directory_is_empty_and_stays_so() throws Exception {
        files.makeDirectory("/gone");
        files.caller().setWorkingDirectory(files.find("/gone"));
        files.removeDirectory("/gone");
        assertErrno(Errno.ENOENT, () -> files.open("new", Fcntl.O_CREAT | Fcntl.O_WRONLY));
        assertErrno(Errno.ENOENT, () -> files.find("x"));
        assertEquals(files.find("/"), files.find(".."));
        assertEquals("/gone (deleted)", files.name(files.find(".")));
        assertErrno(
                Errno.ENOENT, () -> PathName.ofWorkingDirectory(files.caller().root(), files.find(".")));
    }

    @Test
    void mounts_are_crossed_both_ways() throws Exception {
        files.write("/a/b/below", "below");
        files.mounts().mount(files.find("/a/b"), TestFiles.tmpfs(files.frames(), 0), 0, "none");
        assertFalse(files.exists("/a/b/below"));
        files.write("/a/b/above", "above");
        assertEquals("above", files.read("/a/b/../b/above"));
        assertEquals(files.find("/a"), files.find("/a/b/.."));
        assertEquals("/a/b/above", files.name(files.find("/a/b/above")));
        files.mounts().mount(files.find("/a/b"), TestFiles.tmpfs(files.frames(), 0), 0, "none");
        assertFalse(files.exists("/a/b/above"));
        assertEquals(files.find("/a"), files.find("/a/b/.."));
        files.mounts().unmount(files.find("/a/b"), false);
        files.mounts().unmount(files.find("/a/b"), false);
        assertTrue(files.exists("/a/b/below"));
        assertErrno(Errno.EINVAL, () -> files.mounts().unmount(files.find("/a/b"), false));
    }

    @Test
    void what_is_mounted_on_is_busy() throws Exception {
        files.makeDirectory("/m");
        files.mounts().mount(files.find("/m"), TestFiles.tmpfs(files.frames(), 0), 0, "none");
        assertErrno(Errno.EBUSY, () -> files.removeDirectory("/m"));
        assertErrno(Errno.EBUSY, () -> files.rename("/m", "/n"));
        assertErrno(Errno.EXDEV, () -> files.rename("/a/b/f", "/m/f"));
        assertErrno(Errno.EXDEV, () -> files.link("/a/b/f", "/m/f"));
    }

    @Test
    void a_bind_mount_shows_a_part_and_is_left_upward_by_its_own_place() throws Exception {
        files.makeDirectory("/bound");
        files.mounts().bind(files.find("/a/b"), files.find("/bound"));
        assertEquals("text", files.read("/bound/f"));
        assertEquals(files.find("/"), files.find("/bound/.."));
        files.write("/bound/new", "new");
        assertEquals("new", files.read("/a/b/new"));
    }

    @Test
    void openat2_keeps_a_walk_beneath() throws Exception {
        files.makeLink("../../a", "/a/b/out");
        files.makeLink("/a/b/f", "/a/b/absolute");
        files.makeLink("f", "/a/b/inside");
        Path start = files.find("/a/b");
        assertErrno(Errno.EXDEV, () -> beneath(start, ".."));
        assertErrno(Errno.EXDEV, () -> beneath(start, "/a"));
        assertErrno(Errno.EXDEV, () -> beneath(start, "out"));
        assertErrno(Errno.EXDEV, () -> beneath(start, "absolute"));
        assertEquals(files.find("/a/b/f"), beneath(start, "inside"));
        assertEquals(files.find("/a/b/f"), beneath(files.find("/a"), "b/../b/f"));
    }

    private Path beneath(Path start, String path) throws ErrnoException {
        return PathWalk.resolve(files.caller(), start, path, PathWalk.FOLLOW | PathWalk.BENEATH);
    }

    @Test
    void openat2_makes_the_start_a_root() throws Exception {
        files.makeLink("/b/f", "/a/b/rooted");
        Path start = files.find("/a");
        int flags = PathWalk.FOLLOW | PathWalk.IN_ROOT;
        assertEquals(files.find("/a/b/f"), PathWalk.resolve(files.caller(), start, "b/rooted", flags));
        assertEquals(start, PathWalk.resolve(files.caller(), start, "../../..", flags));
        assertEquals(files.find("/a/b"), PathWalk.resolve(files.caller(), start, "/../b", flags));
    }

    @Test
    void openat2_refuses_links_and_crossings() throws Exception {
        files.makeLink("b", "/a/l");
        int noLinks = PathWalk.FOLLOW | PathWalk.NO_LINKS;
        assertErrno(Errno.ELOOP, () -> PathWalk.resolve(files.caller(), files.find("/"), "a/l/f", noLinks));
        assertErrno(Errno.ELOOP, () -> PathWalk.resolve(files.caller(), files.find("/"), "a/l", noLinks));
        files.makeDirectory("/m");
        files.mounts().mount(files.find("/m"), TestFiles.tmpfs(files.frames(), 0), 0, "none");
        int noCrossing = PathWalk.NO_CROSSING;
        assertErrno(Errno.EXDEV, () -> PathWalk.resolve(files.caller(), files.find("/"), "m", noCrossing));
        assertErrno(Errno.EXDEV, () -> PathWalk.resolve(files.caller(), files.find("/m"), "..", noCrossing));
    }
}
