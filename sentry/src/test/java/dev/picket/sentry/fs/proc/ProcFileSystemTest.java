package dev.picket.sentry.fs.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.picket.platform.linux.Errno;
import dev.picket.platform.linux.Fcntl;
import dev.picket.sentry.credentials.Credentials;
import dev.picket.sentry.errno.ErrnoException;
import dev.picket.sentry.fs.sys.CgroupFileSystem;
import dev.picket.sentry.fs.sys.SysFileSystem;
import dev.picket.sentry.kernel.Kernel;
import dev.picket.sentry.kernel.KernelOptions;
import dev.picket.sentry.memory.FakePlatform;
import dev.picket.sentry.vfs.FileSystem;
import dev.picket.sentry.vfs.TestFiles;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProcFileSystemTest {
    private static final String HOST_CPU =
            """
            processor	: 0
            vendor_id	: GenuineIntel
            model name	: Some CPU
            physical id	: 0
            siblings	: 128
            core id		: 0
            cpu cores	: 64
            apicid		: 0
            fpu		: yes
            flags		: fpu sse2 amx_tile hypervisor avx2
            bogomips	: 4000.00

            processor	: 1
            """;

    private TestFiles files;
    private Kernel kernel;

    @BeforeEach
    void mount() throws ErrnoException {
        files = TestFiles.inMemory();
        var options = new KernelOptions("sandbox", 3, 256L << 20, 1024, 100, 0, 0);
        kernel = new Kernel(new FakePlatform(), files.frames(), files.mounts(), null, null, options);
        mount("/proc", new ProcFileSystem(kernel, 50, ProcessorDescription.parse(HOST_CPU)));
        mount("/sys", new SysFileSystem(kernel, 51));
        mount("/cgroup", new CgroupFileSystem(kernel, 52));
    }

    private void mount(String path, FileSystem fileSystem) throws ErrnoException {
        files.makeDirectory(path);
        files.mounts().mount(files.find(path), fileSystem, 0, fileSystem.type());
    }

    @AfterEach
    void close() {
        kernel.close();
        files.close();
    }

    private List<String> list(String path) throws ErrnoException {
        List<String> names = new ArrayList<>();
        var directory = files.open(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        // Two entries at a time, as a caller with a small buffer gets them.
        for (int[] room = {2}; room[0] == 2; ) {
            room[0] = 0;
            directory.readDirectory(files.caller(), (name, inode, type, next) -> {
                if (room[0] == 2) {
                    return false;
                }
                room[0]++;
                names.add(name);
                return true;
            });
        }
        directory.release();
        return names;
    }

    @Test
    void memory_is_the_sandboxs() throws ErrnoException {
        assertTrue(files.read("/proc/meminfo").startsWith("MemTotal:         262144 kB\n"));
        assertEquals("268435456\n", files.read("/cgroup/memory.max"));
        assertEquals("100\n", files.read("/cgroup/pids.max"));
    }

    @Test
    void processors_are_the_sandboxs_but_their_kind_is_the_hosts() throws ErrnoException {
        String text = files.read("/proc/cpuinfo");
        assertEquals(3, text.split("processor\t: ", -1).length - 1);
        assertTrue(text.contains("model name\t: Some CPU\n"));
        assertTrue(text.contains("cpu cores\t: 3\n"));
        assertTrue(text.contains("flags\t\t: fpu sse2 avx2\n"), text);
        assertFalse(text.contains("128"));
        assertEquals("0-2\n", files.read("/sys/devices/system/cpu/online"));
        assertEquals("300000 100000\n", files.read("/cgroup/cpu.max"));
        assertEquals(4, files.read("/proc/stat").split("cpu", -1).length - 1, "the sum, and three CPUs");
    }

    @Test
    void listing_has_what_can_be_opened() throws ErrnoException {
        for (String name : list("/proc")) {
            if (!name.startsWith(".")
                    && !List.of("self", "thread-self", "mounts", "net", "sys", "sysvipc")
                            .contains(name)) {
                files.read("/proc/" + name);
            }
        }
        assertTrue(list("/proc").containsAll(List.of(".", "..", "self", "cpuinfo", "meminfo", "sys", "uptime")));
        assertEquals(List.of(".", "..", "kernel", "vm", "fs", "net"), list("/proc/sys"));
    }

    @Test
    void host_name_is_changed_by_the_privileged_only() throws ErrnoException {
        assertEquals("sandbox\n", files.read("/proc/sys/kernel/hostname"));
        TestFiles.assertErrno(Errno.EPERM, () -> files.write("/proc/sys/kernel/hostname", "other\n"));
        var admin = files.as(TestFiles.user(0, 1L << Credentials.CAP_SYS_ADMIN));
        admin.write("/proc/sys/kernel/hostname", "other\n");
        assertEquals("other\n", files.read("/proc/sys/kernel/hostname"));
        assertEquals("other", kernel.namespaces().uts().hostNames().hostName());
    }

    @Test
    void contents_stay_while_read_in_pieces_and_are_new_after_a_rewind() throws ErrnoException {
        var file = files.open("/proc/sys/kernel/random/uuid", Fcntl.O_RDONLY);
        String first = TestFiles.read(file, 10) + TestFiles.read(file, 100);
        assertEquals(37, first.length());
        assertEquals("", TestFiles.read(file, 100));
        file.seek(0, Fcntl.SEEK_SET);
        assertNotEquals(first, TestFiles.read(file, 100));
        file.release();
    }

    @Test
    void nothing_can_be_made_or_removed() {
        TestFiles.assertErrno(Errno.ENOENT, () -> files.write("/proc/new", "x"));
        TestFiles.assertErrno(Errno.EPERM, () -> files.unlink("/proc/meminfo"));
        TestFiles.assertErrno(Errno.EACCES, () -> files.as(1000).write("/proc/meminfo", "x"));
        TestFiles.assertErrno(Errno.EIO, () -> files.write("/proc/meminfo", "x"));
    }

    @Test
    void mounts_are_shown_to_nobody_without_a_process() {
        TestFiles.assertErrno(Errno.ENOENT, () -> files.read("/proc/self/mounts"));
        TestFiles.assertErrno(Errno.ENOENT, () -> files.read("/proc/1/stat"));
        TestFiles.assertErrno(Errno.ENOENT, () -> files.read("/proc/01/stat"));
    }
}
