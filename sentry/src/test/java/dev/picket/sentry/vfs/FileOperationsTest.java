package dev.picket.sentry.vfs;

import static dev.picket.platform.linux.Fcntl.*;
import static dev.picket.sentry.vfs.TestFiles.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.credentials.Credentials;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FileOperationsTest {
    private TestFiles files;

    @BeforeEach
    void make() throws Exception {
        files = TestFiles.inMemory();
    }

    @AfterEach
    void close() {
        files.close();
    }

    // ---- open

    @Test
    void exclusive_creation_refuses_even_a_dangling_link() throws Exception {
        files.makeLink("nowhere", "/l");
        assertErrno(Errno.EEXIST, () -> files.open("/l", O_CREAT | O_EXCL | O_WRONLY));
        assertFalse(files.exists("/nowhere"));
    }

    @Test
    void creation_follows_a_dangling_link() throws Exception {
        files.makeDirectory("/d");
        files.makeLink("d/target", "/l");
        files.write("/l", "made");
        assertEquals("made", files.read("/d/target"));
        files.makeLink("missing/target", "/m");
        assertErrno(Errno.ENOENT, () -> files.open("/m", O_CREAT | O_WRONLY));
        assertErrno(Errno.ELOOP, () -> files.open("/m", O_CREAT | O_WRONLY | O_NOFOLLOW));
    }

    @Test
    void directories_are_not_written() throws Exception {
        files.makeDirectory("/d");
        assertErrno(Errno.EISDIR, () -> files.open("/d", O_WRONLY));
        assertErrno(Errno.EISDIR, () -> files.open("/d", O_CREAT | O_RDONLY));
        assertErrno(Errno.EISDIR, () -> files.open("/new/", O_CREAT | O_WRONLY));
        assertErrno(Errno.EISDIR, () -> files.open("/", O_CREAT | O_WRONLY));
        files.write("/f", "");
        assertErrno(Errno.ENOTDIR, () -> files.open("/f", O_DIRECTORY));
    }

    @Test
    void a_link_itself_is_opened_only_as_a_path() throws Exception {
        files.write("/f", "x");
        files.makeLink("f", "/l");
        assertErrno(Errno.ELOOP, () -> files.open("/l", O_NOFOLLOW));
        OpenFile path = files.open("/l", O_PATH | O_NOFOLLOW);
        assertEquals(FileMode.S_IFLNK, path.inode().type());
        assertErrno(Errno.EBADF, () -> TestFiles.read(path, 1));
    }

    @Test
    void flags_of_opening_are_not_flags_of_the_file() throws Exception {
        OpenFile file = files.open("/f", O_CREAT | O_EXCL | O_RDWR | O_TRUNC | O_APPEND | O_CLOEXEC);
        assertEquals(O_RDWR | O_APPEND | O_LARGEFILE, file.flags());
    }

    @Test
    void a_new_file_may_be_written_by_its_maker_whatever_its_mode() throws Exception {
        files.changeMode("/", 0777);
        TestFiles user = files.as(1000);
        OpenFile file = FileOperations.open(user.caller(), user.find("/"), "locked", O_CREAT | O_WRONLY, 0400);
        assertEquals(1, TestFiles.write(file, "x"));
        assertErrno(Errno.EACCES, () -> user.open("/locked", O_WRONLY));
        assertEquals("x", user.read("/locked"));
    }

    @Test
    void modes_are_checked_for_owner_group_and_others() throws Exception {
        files.write("/f", "x");
        files.changeOwner("/f", 1000, 2000);
        files.changeMode("/f", 0640);
        assertEquals("x", files.as(1000).read("/f"));
        assertErrno(Errno.EACCES, () -> files.as(1001).read("/f"));
        TestFiles member = files.as(new Credentials(5, 5, 5, 5, 5, 5, 5, 5, new int[] {2000}, 0, 0, 0, 0, 0, null));
        assertEquals("x", member.read("/f"));
        assertErrno(Errno.EACCES, () -> member.open("/f", O_WRONLY));
        files.changeMode("/f", 0040);
        assertErrno(Errno.EACCES, () -> files.as(1000).read("/f"));
        assertEquals("x", files.read("/f"));
    }

    @Test
    void an_override_executes_only_what_somebody_may_execute() throws Exception {
        files.write("/f", "x");
        files.changeMode("/f", 0600);
        assertErrno(Errno.EACCES, () -> FileOperations.openExecutable(files.caller(), files.find("/"), "f", 0));
        files.changeMode("/f", 0601);
        FileOperations.openExecutable(files.caller(), files.find("/"), "f", 0).release();
    }

    @Test
    void a_read_only_mount_takes_nothing() throws Exception {
        files.makeDirectory("/m");
        files.mounts().mount(files.find("/m"), TestFiles.tmpfs(files.frames(), 0), 0, "none");
        files.write("/m/f", "x");
        files.mounts().remount(files.find("/m"), Mount.READ_ONLY);
        assertErrno(Errno.EROFS, () -> files.open("/m/f", O_WRONLY));
        assertErrno(Errno.EROFS, () -> files.open("/m/new", O_CREAT | O_WRONLY));
        assertErrno(Errno.EROFS, () -> files.makeDirectory("/m/d"));
        assertErrno(Errno.EROFS, () -> files.unlink("/m/f"));
        assertErrno(Errno.EROFS, () -> files.rename("/m/f", "/m/g"));
        assertErrno(Errno.EROFS, () -> files.changeMode("/m/f", 0));
        assertErrno(Errno.EROFS, () -> files.truncate("/m/f", 0));
        assertEquals("x", files.read("/m/f"));
    }

    @Test
    void an_unnamed_file_may_get_a_name_unless_it_is_exclusive() throws Exception {
        OpenFile file = FileOperations.open(files.caller(), files.find("/"), "/", O_TMPFILE | O_RDWR, 0600);
        TestFiles.write(file, "hidden");
        assertEquals(0, file.inode().attributes().links());
        assertEquals(List.of(), files.list("/"));
        FileOperations.link(files.caller(), file.path(), files.find("/"), "named");
        assertEquals("hidden", files.read("/named"));
        assertEquals(1, files.stat("/named").links());

        OpenFile closed = FileOperations.open(files.caller(), files.find("/"), "/", O_TMPFILE | O_EXCL | O_RDWR, 0600);
        assertErrno(Errno.ENOENT, () -> FileOperations.link(files.caller(), closed.path(), files.find("/"), "other"));
    }

    // ---- Making and removing names

    @Test
    void names_are_made_once() throws Exception {
        files.makeDirectory("/d");
        assertErrno(Errno.EEXIST, () -> files.makeDirectory("/d"));
        assertErrno(Errno.EEXIST, () -> files.makeDirectory("/"));
        assertErrno(Errno.EEXIST, () -> files.makeDirectory("/d/.."));
        assertErrno(Errno.EEXIST, () -> files.makeLink("x", "/d"));
        files.makeDirectory("/e/");
        assertErrno(Errno.ENOENT, () -> files.makeLink("x", "/l/"));
        assertErrno(Errno.ENOENT, () -> files.makeLink("", "/l"));
    }

    @Test
    void directories_and_files_are_removed_by_different_calls() throws Exception {
        files.makeDirectory("/d");
        files.write("/d/f", "");
        assertErrno(Errno.EISDIR, () -> files.unlink("/d"));
        assertErrno(Errno.ENOTDIR, () -> files.removeDirectory("/d/f"));
        assertErrno(Errno.ENOTDIR, () -> files.unlink("/d/f/"));
        assertErrno(Errno.ENOTEMPTY, () -> files.removeDirectory("/d"));
        assertErrno(Errno.EINVAL, () -> files.removeDirectory("/d/."));
        assertErrno(Errno.ENOTEMPTY, () -> files.removeDirectory("/d/.."));
        assertErrno(Errno.EBUSY, () -> files.removeDirectory("/"));
        files.unlink("/d/f");
        files.removeDirectory("/d/");
        assertFalse(files.exists("/d"));
    }

    @Test
    void in_a_sticky_directory_only_owners_remove() throws Exception {
        files.makeDirectory("/tmp");
        files.changeMode("/tmp", 01777);
        files.as(1000).write("/tmp/f", "");
        assertErrno(Errno.EPERM, () -> files.as(1001).unlink("/tmp/f"));
        assertErrno(Errno.EPERM, () -> files.as(1001).rename("/tmp/f", "/tmp/g"));
        files.as(1000).rename("/tmp/f", "/tmp/g");
        files.as(1000).unlink("/tmp/g");
    }

    @Test
    void a_set_group_id_directory_hands_its_group_on() throws Exception {
        files.makeDirectory("/d");
        files.changeOwner("/d", 0, 50);
        files.changeMode("/d", 02777);
        files.as(1000).write("/d/f", "");
        files.as(1000).makeDirectory("/d/e");
        assertEquals(50, files.stat("/d/f").group());
        assertEquals(50, files.stat("/d/e").group());
        assertEquals(FileMode.S_ISGID, files.stat("/d/e").mode() & FileMode.S_ISGID);
    }

    @Test
    void links_count() throws Exception {
        files.write("/f", "x");
        files.link("/f", "/g");
        assertEquals(2, files.stat("/f").links());
        assertEquals(files.stat("/f").inode(), files.stat("/g").inode());
        files.unlink("/f");
        assertEquals("x", files.read("/g"));
        assertEquals(1, files.stat("/g").links());
        files.makeDirectory("/d");
        assertErrno(Errno.EPERM, () -> files.link("/d", "/e"));
        files.makeDirectory("/d/sub");
        assertEquals(3, files.stat("/d").links());
        files.removeDirectory("/d/sub");
        assertEquals(2, files.stat("/d").links());
    }

    @Test
    void devices_need_the_capability() throws Exception {
        files.changeMode("/", 0777);
        TestFiles user = files.as(1000);
        Path root = user.find("/");
        assertErrno(
                Errno.EPERM, () -> FileOperations.makeNode(user.caller(), root, "dev", FileMode.S_IFCHR | 0666, 0x103));
        FileOperations.makeNode(user.caller(), root, "fifo", FileMode.S_IFIFO | 0666, 0);
        FileOperations.makeNode(files.caller(), root, "dev", FileMode.S_IFCHR | 0666, 0x103);
        assertEquals(0x103, files.stat("/dev").deviceNumber());
        assertErrno(Errno.ENXIO, () -> files.open("/dev", O_RDONLY));
    }

    // ---- rename

    @Test
    void rename_replaces_what_is_of_its_kind() throws Exception {
        files.write("/f", "f");
        files.write("/g", "g");
        files.rename("/f", "/g");
        assertEquals("f", files.read("/g"));
        assertFalse(files.exists("/f"));
        files.makeDirectory("/d");
        files.makeDirectory("/e");
        assertErrno(Errno.EISDIR, () -> files.rename("/g", "/d"));
        assertErrno(Errno.ENOTDIR, () -> files.rename("/d", "/g"));
        files.write("/e/x", "");
        assertErrno(Errno.ENOTEMPTY, () -> files.rename("/d", "/e"));
        files.rename("/e", "/d");
        assertTrue(files.exists("/d/x"));
    }

    @Test
    void a_directory_does_not_move_into_itself() throws Exception {
        files.makeDirectory("/d");
        files.makeDirectory("/d/e");
        files.makeDirectory("/d/e/f");
        assertErrno(Errno.EINVAL, () -> files.rename("/d", "/d/e/f/g"));
        assertErrno(Errno.EINVAL, () -> files.rename("/d", "/d/e"));
        assertErrno(Errno.ENOTEMPTY, () -> files.rename("/d/e/f", "/d"));
        assertErrno(Errno.EBUSY, () -> files.rename("/d/.", "/x"));
        assertErrno(Errno.EBUSY, () -> files.rename("/d/e", "/d/.."));
    }

    @Test
    void two_names_of_one_file_both_stay() throws Exception {
        files.write("/f", "x");
        files.link("/f", "/g");
        files.rename("/f", "/g");
        assertTrue(files.exists("/f") && files.exists("/g"));
    }

    @Test
    void rename_minds_slashes_and_flags() throws Exception {
        files.write("/f", "f");
        files.write("/g", "g");
        files.makeDirectory("/d");
        assertErrno(Errno.ENOTDIR, () -> files.rename("/f/", "/h"));
        assertErrno(Errno.ENOTDIR, () -> files.rename("/f", "/h/"));
        files.rename("/d", "/h/");
        assertErrno(Errno.EEXIST, () -> files.rename("/f", "/g", RENAME_NOREPLACE));
        assertErrno(Errno.ENOENT, () -> files.rename("/f", "/none", RENAME_EXCHANGE));
        files.rename("/f", "/h", RENAME_EXCHANGE);
        assertEquals("f", files.read("/h"));
        assertEquals(FileMode.S_IFDIR, files.find("/f").inode().type());
    }

    @Test
    void an_open_file_knows_its_new_name_and_that_it_was_removed() throws Exception {
        files.makeDirectory("/d");
        files.write("/d/f", "x");
        OpenFile file = files.open("/d/f", O_RDONLY);
        files.rename("/d", "/e");
        assertEquals("/e/f", PathName.of(files.caller().root(), file));
        files.unlink("/e/f");
        assertEquals("/e/f (deleted)", PathName.of(files.caller().root(), file));
        assertEquals("x", TestFiles.read(file, 10));
        files.write("/e/f", "other");
        assertEquals("/e/f (deleted)", PathName.of(files.caller().root(), file));
    }

    @Test
    void concurrent_renames_in_opposite_directions_end() throws Exception {
        files.makeDirectory("/a");
        files.makeDirectory("/b");
        files.makeDirectory("/a/one");
        files.makeDirectory("/b/two");
        var there = new Thread(() -> moveBackAndForth("/a/one", "/b/one"));
        var back = new Thread(() -> moveBackAndForth("/b/two", "/a/two"));
        there.start();
        back.start();
        there.join(20_000);
        back.join(20_000);
        assertFalse(there.isAlive() || back.isAlive());
        assertEquals(List.of("one"), files.list("/a"));
        assertEquals(List.of("two"), files.list("/b"));
    }

    private void moveBackAndForth(String one, String other) {
        try {
            for (int i = 0; i < 2_000; i++) {
                files.rename(one, other);
                files.rename(other, one);
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    // ---- Metadata

    @Test
    void only_owners_change_modes_and_only_the_privileged_give_away() throws Exception {
        files.changeMode("/", 0777);
        TestFiles user = files.as(1000);
        user.write("/f", "x");
        assertErrno(Errno.EPERM, () -> files.as(1001).changeMode("/f", 0777));
        user.changeMode("/f", 06755);
        assertErrno(Errno.EPERM, () -> user.changeOwner("/f", 1001, -1));
        assertErrno(Errno.EPERM, () -> user.changeOwner("/f", -1, 7));
        assertEquals(06755, files.stat("/f").mode() & 07777);
        files.changeOwner("/f", 5, 6);
        assertEquals(0755, files.stat("/f").mode() & 07777);
        assertEquals(5, files.stat("/f").user());
    }

    @Test
    void writing_takes_privileges_from_a_program() throws Exception {
        files.changeMode("/", 0777);
        TestFiles user = files.as(1000);
        user.write("/f", "x");
        user.changeMode("/f", 04777);
        files.as(1001).write("/f", "y");
        assertEquals(0777, files.stat("/f").mode() & 07777);
    }

    @Test
    void times_are_set_by_owners_and_touched_by_writers() throws Exception {
        files.write("/f", "x");
        files.changeMode("/f", 0666);
        TestFiles user = files.as(1000);
        assertErrno(Errno.EPERM, () -> Metadata.changeTimes(user.caller(), user.find("/f"), 1L, 2L, false));
        Metadata.changeTimes(user.caller(), user.find("/f"), 3L, 4L, true);
        assertEquals(3, files.stat("/f").accessTimeNanos());
        assertEquals(4, files.stat("/f").modificationTimeNanos());
        files.changeMode("/f", 0644);
        assertErrno(Errno.EACCES, () -> Metadata.changeTimes(user.caller(), user.find("/f"), 3L, 4L, true));
    }

    @Test
    void extended_attributes_have_their_own_rules() throws Exception {
        files.write("/f", "x");
        files.makeLink("f", "/l");
        Path file = files.find("/f");
        byte[] value = {1, 2, 3};
        ExtendedAttributes.set(files.caller(), file, "user.a", value, 0);
        assertEquals(3, ExtendedAttributes.get(files.caller(), file, "user.a").length);
        assertErrno(Errno.EEXIST, () -> ExtendedAttributes.set(files.caller(), file, "user.a", value, 1));
        assertErrno(Errno.ENODATA, () -> ExtendedAttributes.set(files.caller(), file, "user.b", value, 2));
        assertErrno(Errno.EPERM, () -> ExtendedAttributes.set(files.caller(), file, "trusted.a", value, 0));
        assertErrno(Errno.EOPNOTSUPP, () -> ExtendedAttributes.set(files.caller(), file, "system.a", value, 0));
        assertErrno(
                Errno.EPERM, () -> ExtendedAttributes.set(files.caller(), files.findLink("/l"), "user.a", value, 0));
        TestFiles admin = files.as(TestFiles.user(0, -1L));
        ExtendedAttributes.set(admin.caller(), file, "trusted.a", value, 0);
        assertEquals(1, ExtendedAttributes.names(files.caller(), file).length);
        assertEquals(2, ExtendedAttributes.names(admin.caller(), file).length);
        ExtendedAttributes.remove(files.caller(), file, "user.a");
        assertErrno(Errno.ENODATA, () -> ExtendedAttributes.get(files.caller(), file, "user.a"));
    }
}
