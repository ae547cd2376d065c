package dev.picket.sentry.fs.dev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.picket.platform.linux.DeviceNumber;
import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.platform.linux.FileMode;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.kernel.AnonymousFiles;
import dev.picket.sentry.tty.MasterFile;
import dev.picket.sentry.tty.SlaveFile;
import dev.picket.sentry.tty.Terminals;
import dev.picket.sentry.vfs.FileOperations;
import dev.picket.sentry.vfs.Mount;
import dev.picket.sentry.vfs.TestFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DevicesTest {
    private final Terminals terminals = new Terminals();
    private TestFiles files;
    private DeviceRegistry registry;

    @BeforeEach
    void mount() throws ErrnoException {
        files = TestFiles.inMemory();
        registry = new DeviceRegistry(new AnonymousFiles().fifos(), terminals);
        files.mounts().setSpecialFiles(registry);
        files.makeDirectory("/dev");
        var devices = TestFiles.tmpfs(files.frames(), 1 << 20);
        DeviceNodes.make(files.caller(), devices);
        files.mounts().mount(files.find("/dev"), devices, 0, "tmpfs");
        files.mounts().mount(files.find("/dev/pts"), new DevptsFileSystem(terminals, 60), 0, "devpts");
    }

    @AfterEach
    void close() {
        files.close();
    }

    @Test
    void null_swallows_and_is_empty() throws ErrnoException {
        var file = files.open("/dev/null", Fcntl.O_RDWR);
        assertEquals(5, TestFiles.write(file, "hello"));
        assertEquals("", TestFiles.read(file, 10));
        file.release();
    }

    @Test
    void zero_and_full_read_zeros_and_full_is_full() throws ErrnoException {
        var zero = files.open("/dev/zero", Fcntl.O_RDWR);
        assertEquals("\0\0\0", TestFiles.read(zero, 3));
        assertNull(zero.mappable(), "anonymous memory");
        var full = files.open("/dev/full", Fcntl.O_RDWR);
        assertEquals("\0\0\0", TestFiles.read(full, 3));
        TestFiles.assertErrno(Errno.ENOSPC, () -> TestFiles.write(full, "x"));
        zero.release();
        full.release();
    }

    @Test
    void random_bytes_differ() throws ErrnoException {
        var random = files.open("/dev/urandom", Fcntl.O_RDONLY);
        assertNotEquals(TestFiles.read(random, 32), TestFiles.read(random, 32));
        random.release();
    }

    @Test
    void nodes_of_other_numbers_open_nothing() throws ErrnoException {
        var caller = files.caller();
        int mode = FileMode.S_IFCHR | 0666;
        FileOperations.makeNode(caller, caller.root(), "/memory", mode, DeviceNumber.of(1, 1));
        FileOperations.makeNode(caller, caller.root(), "/terminal", mode, DeviceNumber.of(136, 0));
        FileOperations.makeNode(caller, caller.root(), "/null", mode, DeviceNumber.of(1, 3));
        TestFiles.assertErrno(Errno.ENXIO, () -> files.open("/memory", Fcntl.O_RDONLY));
        TestFiles.assertErrno(Errno.ENXIO, () -> files.open("/terminal", Fcntl.O_RDONLY));
        files.open("/null", Fcntl.O_RDONLY).release();
        files.mounts().remount(files.find("/"), Mount.NO_DEVICES);
        TestFiles.assertErrno(Errno.EACCES, () -> files.open("/null", Fcntl.O_RDONLY));
    }

    @Test
    void ptmx_makes_a_terminal_that_shows_in_pts_until_it_is_closed() throws ErrnoException {
        var master = assertInstanceOf(MasterFile.class, files.open("/dev/ptmx", Fcntl.O_RDWR));
        assertEquals(FileMode.S_IFCHR | 0620, files.stat("/dev/pts/0").mode());
        assertEquals(DeviceNumber.of(136, 0), files.stat("/dev/pts/0").deviceNumber());
        TestFiles.assertErrno(Errno.EIO, () -> files.open("/dev/pts/0", Fcntl.O_RDWR));
        master.terminal().setLocked(false);
        var slave = assertInstanceOf(SlaveFile.class, files.open("/dev/pts/0", Fcntl.O_RDWR));
        assertSame(master.terminal(), slave.terminal());
        TestFiles.write(slave, "hi");
        assertEquals("hi", TestFiles.read(master, 10));
        slave.release();
        master.release();
        assertFalse(files.exists("/dev/pts/0"));
    }

    @Test
    void there_is_no_terminal_without_a_session() throws ErrnoException {
        TestFiles.assertErrno(Errno.ENXIO, () -> files.open("/dev/tty", Fcntl.O_RDWR));
        TestFiles.assertErrno(Errno.ENXIO, () -> files.open("/dev/console", Fcntl.O_RDWR));
        var terminal = terminals.create(0);
        terminal.setLocked(false);
        registry.setConsole(terminal);
        files.open("/dev/console", Fcntl.O_RDWR).release();
    }

    @Test
    void fifos_work_in_any_file_system() throws ErrnoException {
        FileOperations.makeNode(files.caller(), files.caller().root(), "/dev/fifo", FileMode.S_IFIFO | 0600, 0);
        var both = files.open("/dev/fifo", Fcntl.O_RDWR);
        var writer = files.open("/dev/fifo", Fcntl.O_WRONLY);
        TestFiles.write(writer, "through");
        assertEquals("through", TestFiles.read(both, 10));
        both.release();
        writer.release();
    }
}
